import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { examineFolder, idsOf } from "./examine.ts";

const folder = fileURLToPath(new URL("fixtures/etcd-3.4", import.meta.url));

interface State {
  readonly name: string;
  readonly how: string;
  readonly finds: readonly string[];
}

const states = JSON.parse(readFileSync(join(folder, "states.json"), "utf8")) as readonly State[];

for (const { name, how, finds } of states) {
  test(`etcd 3.4, ${name}: ${finds.length === 0 ? "nothing is wrong" : finds.join(", ")}`, () => {
    const report = examineFolder(join(folder, name));
    const found = idsOf(report);
    for (const id of finds)
      assert.ok(found.includes(id as (typeof found)[number]), `${how} Found: ${found.join(", ")}`);
    if (finds.length === 0) assert.deepEqual(idsOf(report, "serious"), []);
    for (const { evidence } of report.findings) {
      for (const { file, line, text } of evidence) {
        const whole = readFileSync(join(folder, name, file), "utf8").split("\n")[line - 1] ?? "";
        assert.ok(whole.startsWith(text.replace(/…$/, "")), `${file}:${line} is not the line that is shown`);
      }
    }
  });
}

test("members are called by their names, whatever their lines call them", () => {
  const { members, leaderships } = examineFolder(join(folder, "healthy"));
  assert.deepEqual(members, ["m1", "m2", "m3"]);
  assert.deepEqual(
    leaderships.map(({ leader, term }) => [leader, term]),
    [["m1", 2]],
  );
});
