// `npm run doctor:measure [-- --incidents 520 --healthy 520 --from 1 --write]`: precision and recall of the doctor on simulated clusters.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { measure, measurementTable } from "./measurement.ts";

const document = fileURLToPath(new URL("../../../docs/doctor.md", import.meta.url));
const [begin, end] = ["<!-- measured: begin -->", "<!-- measured: end -->"];

const { values } = parseArgs({
  options: {
    incidents: { type: "string", default: "520" },
    healthy: { type: "string", default: "520" },
    from: { type: "string", default: "1" },
    write: { type: "boolean", default: false },
  },
});
const counts = { incidents: Number(values.incidents), healthy: Number(values.healthy), from: Number(values.from) };
const measurement = measure(counts, (done) => {
  if (done % 50 === 0) console.error(`${done} of ${counts.incidents + counts.healthy} runs`);
});
const table = measurementTable(measurement);
console.log(table);
for (const error of [...measurement.falseAlarms, ...measurement.errors].slice(0, 60)) console.log(error);
if (values.write) {
  const text = readFileSync(document, "utf8");
  const [before, after] = [text.indexOf(begin), text.indexOf(end)];
  writeFileSync(document, `${text.slice(0, before + begin.length)}\n${table}\n${text.slice(after)}`);
}
process.exitCode = measurement.falseAlarms.length === 0 ? 0 : 1;
