// `npm run lease-sim`: production members that keep leases in the simulator, seed after seed, and every planted bug until a seed
// shows it. See docs/leases.md.
import { parseArgs } from "node:util";
import { killWorkloadBug, simulateLeases, workloadBugs } from "@quorate/simulator";

const { values } = parseArgs({
  options: { seeds: { type: "string", default: "100" }, from: { type: "string", default: "1" } },
});
const [seeds, from] = [Number(values.seeds), Number(values.from)];
process.exitCode = cleanRuns() && bugsAreFound() ? 0 : 1;

function cleanRuns(): boolean {
  let [events, virtualMs, expired, renewals] = [0, 0, 0, 0];
  for (let seed = from; seed < from + seeds; seed++) {
    const run = simulateLeases({ seed });
    if (run.violation !== undefined) {
      console.log(`seed ${seed}: ${run.violation.message}`);
      return false;
    }
    events += run.events;
    virtualMs += run.virtualMs;
    expired += run.counts.expired;
    renewals += run.counts.renewals;
  }
  const time = `${Math.round(virtualMs / 1000)} s of virtual time, ${events} events`;
  console.log(`${seeds} seeds from ${from}: clean; ${expired} leases ran out, ${renewals} renewals; ${time}`);
  return true;
}

function bugsAreFound(): boolean {
  let isComplete = true;
  for (const bug of workloadBugs.filter(({ workload }) => workload === "leases")) {
    const kill = killWorkloadBug(bug, { from, count: bug.seeds });
    const found = kill === undefined ? undefined : `after ${kill.seeds} seeds, by "${kill.property}"`;
    console.log(`${bug.name}: ${found ?? `NOT FOUND in ${bug.seeds} seeds`}`);
    isComplete &&= kill !== undefined;
  }
  return isComplete;
}
