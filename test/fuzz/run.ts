// `npm run fuzz [-- --minutes 5 --seed 1 --surface http]`: bytes that are wrong, and requests that are right and extreme, on every surface that clients see.
import { parseArgs } from "node:util";
import { againWith, fuzz, FuzzFinding, surfaces, type SurfaceName } from "./fuzz.ts";
import { Target } from "./target.ts";

const names = Object.keys(surfaces) as SurfaceName[];
const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "1" },
    seed: { type: "string" },
    cases: { type: "string" },
    surface: { type: "string", default: "all" },
  },
});
const chosen = names.filter((name) => values.surface === "all" || values.surface === name);
if (chosen.length === 0) {
  console.error(`--surface is one of ${names.join(", ")}, or all.`);
  process.exit(2);
}
const seed = Number(values.seed ?? Date.now() % 1_000_000_000);
const shareMs = (Number(values.minutes) * 60_000) / chosen.length;
const cases = values.cases === undefined ? Number.POSITIVE_INFINITY : Number(values.cases);
let current = "";
// What ends the process would have ended the member.
process.on("uncaughtException", (error) => {
  console.error(`${error.stack ?? String(error)}\nAgain: ${current}`);
  process.exit(1);
});
const target = await Target.start();
try {
  for (const surface of chosen) {
    const until = performance.now() + shareMs;
    const goOn = (done: number): boolean => {
      current = againWith(surface, seed + done, 1);
      return done < cases && (cases !== Number.POSITIVE_INFINITY || performance.now() < until);
    };
    const done = await fuzz(target, { surface, seed, goOn });
    console.log(`${surface}: ${done.toLocaleString("en")} cases from seed ${seed}, nothing found`);
  }
} catch (error) {
  if (!(error instanceof FuzzFinding)) throw error;
  console.error(error.message);
  process.exitCode = 1;
} finally {
  await target.close();
}
