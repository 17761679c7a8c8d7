// `npm run verify`: `npm test` with larger budgets, and the line for the ledger in docs/verification.md.
import { parseArgs } from "node:util";
import { ensureInstalled, seconds, supportedNode } from "./prepare.mjs";
import { root, run } from "./run-command.mjs";
import { join } from "node:path";

/** What packages/simulator/test/smoke.test.ts runs when QUORATE_SEEDS is 1: worlds of the core, and of whole members. */
const budget = "(2,000 + 200)";

const usage = `Usage: npm run verify [-- --seeds N --kills N --absence SECONDS]

The long form of npm test: more simulation seeds, more killed leaders, longer absences. With the defaults it takes less
than 75 minutes on two cores. Prints a line for the ledger in docs/verification.md.

Options
  --seeds N          times the simulation's budget of ${budget} seeds (default 15)
  --kills N          times that the leader is killed under load (default 50)
  --absence SECONDS  how long a follower is stopped or cut off (default 30)
`;

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "15" },
    kills: { type: "string", default: "50" },
    absence: { type: "string", default: "30" },
    help: { type: "boolean" },
  },
});
if (values.help) {
  console.log(usage);
  process.exit(0);
}
for (const name of ["seeds", "kills", "absence"]) {
  if (!/^[1-9]\d{0,4}$/.test(values[name])) {
    console.error(`--${name} must be a whole number from 1 to 99999, not "${values[name]}".\n\n${usage}`);
    process.exit(2);
  }
}

await ensureInstalled();
const started = Date.now();
const { code } = await run(supportedNode(), [join(root, "scripts", "test.mjs")], {
  forwardSignals: true,
  env: {
    ...process.env,
    QUORATE_SEEDS: values.seeds,
    QUORATE_KILL_ROUNDS: values.kills,
    QUORATE_ABSENCE_SECONDS: values.absence,
  },
});
const { output } = await run("git", ["rev-parse", "--short=12", "HEAD"], { quiet: true });
const { output: changes } = await run("git", ["status", "--porcelain"], { quiet: true });
const commit = `${output.trim()}${changes.trim() === "" ? "" : " + changes"}`;
const day = new Date().toISOString().slice(0, 10);
const command = `npm run verify -- --seeds ${values.seeds} --kills ${values.kills} --absence ${values.absence}`;
console.log("\nFor docs/verification.md:");
console.log(
  `| ${day} | \`${commit}\` | \`${command}\` | ${values.seeds} x ${budget} seeds, ${seconds(started)} | ${code === 0 ? "none" : "FAILED: describe the finding"} |`,
);
process.exitCode = code;
