// `npm run store-sim`: production members that replicate the store in the simulator, seed after seed, under each workload with its
// own checkers: watches, leases, compaction, permissions (docs/simulation.md). Prints a row for the ledger in docs/verification.md.
import { parseArgs } from "node:util";
import { simulateWorkload, workloads } from "@quorate/simulator";
import type { WorkloadName } from "@quorate/simulator";

const usage = `Usage: npm run store-sim -- [--workload NAME] [--seeds N] [--from SEED]

  --workload NAME  ${workloads.join(", ")}; all of them unless given
  --seeds N        of each (default 100)
  --from SEED      the first one (default: any; it is printed)

Exit code: 0 nothing was found, 1 a finding, 2 called wrongly.
`;

const text = { type: "string" } as const;
const values = parse();
const seeds = wholeNumber(values.seeds);
const from = values.from === undefined ? 1 + Math.floor(Math.random() * 1_000_000_000) : wholeNumber(values.from);
const chosen = workloads.filter((name) => values.workload === undefined || name === values.workload);
if (chosen.length === 0) wrong(`There is no workload "${values.workload}".`);

const findings: string[] = [];
const began = performance.now();
let [events, virtualMs] = [0, 0];
for (const name of chosen) run(name);
const time = `${(events / 1e6).toFixed(1)} M events, ${Math.round(virtualMs / 1000)} s of virtual time, in ${Math.round((performance.now() - began) / 1000)} s`;
console.log(`${chosen.join(", ")}: ${seeds} seeds each from ${from}: ${time}; ${findings.join("; ") || "none"}`);
process.exitCode = findings.length === 0 ? 0 : 1;

function run(name: WorkloadName): void {
  for (let seed = from; seed < from + seeds; seed++) {
    const { violation, ...result } = simulateWorkload(name, { seed });
    events += result.events;
    virtualMs += result.virtualMs;
    if (violation === undefined) continue;
    console.log(`${name}, seed ${seed}: ${violation.message}`);
    findings.push(`${name} seed ${seed}: ${violation.property}`);
  }
}

function parse() {
  try {
    return parseArgs({ options: { workload: text, seeds: { ...text, default: "100" }, from: text } }).values;
  } catch (error) {
    return wrong(error instanceof Error ? error.message : String(error));
  }
}

function wholeNumber(given: string): number {
  return /^[1-9]\d{0,9}$/.test(given) ? Number(given) : wrong(`"${given}" is no number of seeds, and no seed.`);
}

function wrong(what: string): never {
  console.error(`${what}\n\n${usage}`);
  process.exit(2);
}
