// `npm test`: everything that is checked, from a fresh clone. Runs on Node.js 20 too; the stages run on the pinned one.
import { parseArgs } from "node:util";
import { ensureInstalled, seconds } from "./prepare.mjs";
import { describeCounts, stages, sum } from "./stages.mjs";

const names = new Set(stages.map(({ name }) => name));
const usage = `Usage: npm test [-- --only STAGE[,STAGE...]]

Installs what is missing, then runs every stage and sums up. One failing stage fails the whole.

Options
  --only STAGE   only these stages (comma-separated, or given several times)
  --help         this text

Stages
${stages.map(({ name, title }) => `  ${name.padEnd(12)} ${title}`).join("\n")}

Environment
  CI=true              clients that are missing (etcdctl, python3-etcd3) are failures instead of skips
  QUORATE_SEEDS        multiplies the simulation's budget of seeds (default 1)
  QUORATE_CONFORMANCE  folder of the etcd-raft conformance data
`;

/** @returns {{ only: readonly string[], help: boolean }} */
function options() {
  try {
    const { values } = parseArgs({ options: { only: { type: "string", multiple: true }, help: { type: "boolean" } } });
    return { only: (values.only ?? []).flatMap((list) => list.split(",")), help: values.help === true };
  } catch (error) {
    return usageError(error.message);
  }
}

function usageError(message) {
  console.error(`${message}\n\n${usage}`);
  process.exit(2);
}

const { only, help } = options();
if (help) {
  console.log(usage);
  process.exit(0);
}
const unknown = only.filter((name) => !names.has(name));
if (unknown.length > 0) usageError(`There is no stage ${unknown.join(", ")}.`);

await ensureInstalled();
const begun = Date.now();
const results = [];
for (const stage of stages.filter(({ name }) => only.length === 0 || only.includes(name))) {
  console.log(`\n\u2500\u2500 ${stage.title} ${"\u2500".repeat(Math.max(2, 70 - stage.title.length))}`);
  const started = Date.now();
  const counts = await stage.run();
  const took = seconds(started);
  for (const skip of counts.skips) console.log(`  SKIPPED: ${skip}`);
  console.log(`  ${counts.failed === 0 ? "\u2714" : "\u2718"} ${stage.name}: ${describeCounts(counts)} (${took})`);
  results.push({ stage, counts, took });
}

console.log(`\n\u2500\u2500 Summary ${"\u2500".repeat(63)}`);
for (const { stage, counts, took } of results) {
  console.log(
    `  ${counts.failed === 0 ? "\u2714" : "\u2718"} ${stage.name.padEnd(12)} ${describeCounts(counts).padEnd(40)} ${took}`,
  );
  for (const failure of counts.failures) console.log(`      \u2718 ${failure}`);
}
const total = sum(results.map(({ counts }) => counts));
console.log(`  in ${seconds(begun)}${total.skipped > 0 ? `, ${total.skipped} skipped (see above)` : ""}\n`);
console.log(`${total.passed} passed, ${total.failed} failed`);
process.exitCode = total.failed === 0 ? 0 : 1;
