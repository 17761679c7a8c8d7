import type { RandomStream } from "./random-streams.ts";
import { drawnSwarm } from "./swarm.ts";
import type { FaultPlan, Pace, SwarmOptions } from "./swarm.ts";
import { keepsDriftBound, withPruning } from "./swarm-membership.ts";
import type { World } from "./world.ts";

/**
 * How many of the runs that would keep their logs whole prune them: watches and leases must outlive states that are sent. And how
 * many of those whose disks may be damaged have disks that lose much.
 */
const share = { pruned: 0.3, lossy: 0.5 };

/**
 * The world that a seed draws for members that replicate the production store: every fault, operator and pruned log that is
 * drawn for whole members, a leadership that moves in any case, and clients of a workload of their own.
 */
export function drawStoreSwarm(world: World, random: RandomStream): SwarmOptions {
  const drawn = drawnSwarm(world, "whole members", undefined);
  const t = drawn.timing.electionTimeoutMs;
  const isPruned = random.chance(share.pruned);
  const isLossy = random.chance(share.lossy);
  const swarm = isPruned && drawn.states === undefined ? withPruning(drawn, random) : drawn;
  const { operators = { spareClockRates: [] }, states } = swarm;
  // How much may be lost at a time is known for a cluster that stays the same, and whose logs hold everything.
  const mayLose = states === undefined && operators.spareClockRates.length === 0;
  const handOverEveryMs = t * random.between(5, 30);
  return {
    ...swarm,
    faults: isLossy && mayLose ? { ...swarm.faults, ...losses(random, t) } : swarm.faults,
    registers: { ...swarm.registers, processes: 4, everyMs: t / random.pick([20, 60]), again: 0 },
    operators: { ...operators, handOverEveryMs: operators.handOverEveryMs ?? handOverEveryMs },
  };
}

/** Logs and states are damaged, and disks come back empty or as they were a while ago. */
function losses(random: RandomStream, t: number): FaultPlan {
  const pace = (low: number, high: number, lasts: number): Pace => ({
    everyMs: t * random.between(low, high),
    lastsMs: t * random.between(0.02, lasts),
  });
  return {
    damage: pace(2, 8, 2),
    damagedState: pace(1, 4, 2),
    ...(random.chance(0.5) ? { wipedDisk: pace(6, 15, 2) } : {}),
    ...(random.chance(0.5) ? { oldCopy: pace(2, 8, 1) } : {}),
  };
}

/** The same world with another election timeout: what faults and operators were drawn to do in such timeouts stays as many of them. */
export function withElectionTimeout(swarm: SwarmOptions, electionTimeoutMs: number): SwarmOptions {
  const factor = electionTimeoutMs / swarm.timing.electionTimeoutMs;
  const faults = stretched<Pace>({ ...swarm.faults }, ({ everyMs, lastsMs }) => ({
    everyMs: everyMs * factor,
    lastsMs: lastsMs * factor,
  }));
  const timing = { ...swarm.timing, electionTimeoutMs };
  const { spareClockRates = [], ...paces } = swarm.operators ?? {};
  const operators = { spareClockRates, ...stretched<number>(paces, (everyMs) => everyMs * factor) };
  return { ...swarm, timing, faults, operators };
}

function stretched<Value>(plan: Readonly<Record<string, Value>>, by: (value: Value) => Value): Record<string, Value> {
  return Object.fromEntries(Object.entries(plan).map(([name, pace]) => [name, by(pace)]));
}

/** Lets nobody read by a clock where clocks keep no bound: what was drawn before may have changed since. */
export function readingByFitClocks(swarm: SwarmOptions): SwarmOptions {
  if (swarm.load.byClock === undefined || keepsDriftBound(swarm)) return swarm;
  const { byClock: _, ...load } = swarm.load;
  return { ...swarm, load };
}
