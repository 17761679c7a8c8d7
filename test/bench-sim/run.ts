/**
 * `npm run bench:sim`: how fast the simulator is, on one core. Two figures have a goal: events of production members (real
 * core, real log) in a second, and how much faster than real time five idle members run.
 */
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { defaultTiming } from "@quorate/raft";
import { runPlan, runSeed } from "@quorate/simulator";
import type { WorldKind } from "@quorate/simulator";
import { idleCluster } from "./idle-cluster.ts";

const goals = { eventsPerSecond: 100_000, timesRealTime: 1000 };
const { values } = parseArgs({
  options: { seconds: { type: "string", default: "10" }, from: { type: "string", default: "1" } },
});
const seconds = Number(values.seconds);
const from = Number(values.from);
if (!(seconds > 0) || !Number.isSafeInteger(from)) {
  console.error("Usage: npm run bench:sim -- [--seconds N] [--from SEED]");
  process.exit(2);
}

interface Measured {
  readonly seeds: number;
  readonly events: number;
  readonly virtualMs: number;
  readonly wallSeconds: number;
  /** What this process had of the processor, which on a busy machine is less than the time that passed. */
  readonly cpuSeconds: number;
}

function measure(world: WorldKind, forSeconds: number): Measured {
  const begun = performance.now();
  const cpu = process.cpuUsage();
  const totals = { seeds: 0, events: 0, virtualMs: 0 };
  while (performance.now() - begun < forSeconds * 1000) {
    const { events, virtualMs } = runSeed({ world, seed: from + totals.seeds });
    totals.seeds++;
    totals.events += events;
    totals.virtualMs += virtualMs;
  }
  return { ...totals, wallSeconds: (performance.now() - begun) / 1000, cpuSeconds: cpuSecondsSince(cpu) };
}

function cpuSecondsSince(start: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1_000_000;
}

const perSecond = (events: number, time: number): string => Math.round(events / time).toLocaleString("en");

console.log(`${cpus()[0]?.model ?? "unknown processor"}, Node.js ${process.version}`);
for (const world of ["core", "replica"] as const) {
  measure(world, Math.min(3, seconds));
  const { seeds, events, virtualMs, wallSeconds, cpuSeconds } = measure(world, seconds);
  const goal = world === "replica" ? ` (goal ${goals.eventsPerSecond.toLocaleString("en")})` : "";
  console.log(
    `${world}: ${seeds} seeds, ${events} events: ${perSecond(events, cpuSeconds)} events per second of processor time${goal}, ` +
      `${perSecond(events, wallSeconds)} by the clock, ${(virtualMs / 1000 / wallSeconds).toFixed(1)} x real time under faults and load`,
  );
}

for (const world of ["core", "replica"] as const) {
  const plan = idleCluster(world, 5, defaultTiming, 600_000);
  runPlan(plan, undefined);
  const begun = performance.now();
  const cpu = process.cpuUsage();
  const { virtualMs, events, elections } = runPlan(plan, undefined);
  const cpuSeconds = cpuSecondsSince(cpu);
  const times = virtualMs / 1000 / ((performance.now() - begun) / 1000);
  console.log(
    `five idle members (${world}), T = ${defaultTiming.electionTimeoutMs} ms: ${(virtualMs / 1000).toFixed(0)} s of virtual time, ` +
      `${events} events, ${elections} election: ${(virtualMs / 1000 / cpuSeconds).toFixed(0)} x real time per second of ` +
      `processor time (goal ${goals.timesRealTime.toLocaleString("en")}), ${times.toFixed(0)} x by the clock`,
  );
}
