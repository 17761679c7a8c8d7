import type { RandomStream } from "./random-streams.ts";
import type { FaultPlan, OperatorPlan, SimulatedKind, StatePlan, SwarmOptions } from "./swarm.ts";

/** Members that may join later. */
const mostSpares = 4;

/** How often a run has operators, prunes its logs, and lets leaders answer by their clocks. */
const share = { operators: 0.25, states: 0.3, byClock: 0.5, operations: 0.3 };

/**
 * A drawn swarm with what came last: operators who change the configuration and move the leadership, logs that are pruned
 * and states that are sent, reads that are answered by the clock. Drawn from a stream of its own, so that a seed's faults and
 * requests stay what they were.
 */
export function withMembership(swarm: SwarmOptions, of: SimulatedKind, random: RandomStream): SwarmOptions {
  const isOperated = random.chance(share.operators);
  const isPruned = random.chance(share.states);
  const byClock = random.chance(share.byClock) ? random.between(0.3, 1) : 0;
  let drawn = withReadsByClock(swarm, byClock);
  if (isOperated) drawn = of === "cores" ? withOperators(drawn, random) : withHandovers(drawn, random);
  // The histories of a user's service are told by what every member applies, one command after the other.
  if (isPruned && of !== "services") drawn = withPruning(drawn, random);
  return drawn;
}

/** Rests on clocks that keep their bound, and on nothing else that moves by itself (docs/raft.md, "Lease reads"). */
export function withReadsByClock(swarm: SwarmOptions, byClock: number): SwarmOptions {
  if (byClock === 0 || !keepsDriftBound(swarm)) return swarm;
  return { ...swarm, load: { ...swarm.load, byClock } };
}

/** Whether no two members' clocks differ in rate by more than the configuration says, and none jumps. */
export function keepsDriftBound({ clockRates, timing, faults, operators }: SwarmOptions): boolean {
  const rates = [...clockRates, ...(operators?.spareClockRates ?? [])];
  const isWithin = Math.min(...rates) >= Math.max(...rates) * (1 - timing.clockDriftPpm / 1_000_000);
  return isWithin && faults.clockJump === undefined;
}

export function withOperators(swarm: SwarmOptions, random: RandomStream): SwarmOptions {
  const t = swarm.timing.electionTimeoutMs;
  const half = swarm.timing.clockDriftPpm / 2_000_000;
  const maybe = (probability: number, low: number, high: number): number | undefined =>
    random.chance(probability) ? t * random.between(low, high) : undefined;
  const spares = random.integer(1, mostSpares);
  const [changeEveryMs, abandonEveryMs, handOverEveryMs] = [maybe(0.9, 0.3, 4), maybe(0.4, 0.5, 4), maybe(0.5, 0.5, 6)];
  const operators: OperatorPlan = {
    spareClockRates: Array.from({ length: spares }, () => random.between(1 - half, 1 + half)),
    ...(changeEveryMs === undefined ? {} : { changeEveryMs }),
    ...(abandonEveryMs === undefined ? {} : { abandonEveryMs }),
    ...(handOverEveryMs === undefined ? {} : { handOverEveryMs }),
  };
  return { ...withoutDamage(swarm), operators, leftBehind: [] };
}

/** Whole members join, leave, are promoted and replaced. Drawn last, from a stream of its own, as everything that came later. */
export function withOperations(swarm: SwarmOptions, random: RandomStream): SwarmOptions {
  if (!random.chance(share.operations)) return swarm;
  const t = swarm.timing.electionTimeoutMs;
  const operationEveryMs = t * random.between(0.5, 5);
  const { operators, ...operated } = withOperators(swarm, random);
  const { changeEveryMs: _, ...others } = operators as OperatorPlan;
  const { byClock, ...load } = operated.load;
  const planned = { ...operated, operators: { ...others, operationEveryMs } };
  // The clocks of members that may join were not known when that was drawn.
  return byClock === undefined || keepsDriftBound(planned) ? planned : { ...planned, load };
}

/** The members stay; who leads them, and how long they wait for each other, changes. */
export function withHandovers(swarm: SwarmOptions, random: RandomStream): SwarmOptions {
  const t = swarm.timing.electionTimeoutMs;
  const operators: OperatorPlan = {
    spareClockRates: [],
    changeEveryMs: t * random.between(0.5, 4),
    handOverEveryMs: t * random.between(0.3, 6),
  };
  return { ...swarm, operators };
}

export function withPruning(swarm: SwarmOptions, random: RandomStream): SwarmOptions {
  const states: StatePlan = {
    keptEntries: random.pick([0, 5, 50]),
    stateBytes: random.pick([100, 2000, 1_000_000]),
    chunks: random.integer(1, 8),
    installMs: random.between(0, swarm.timing.electionTimeoutMs / 2),
  };
  const stateAdvantageBytes = random.pick([0, 500, 10_000]);
  return { ...withoutDamage(swarm), states, limits: { ...swarm.limits, stateAdvantageBytes } };
}

/** How many copies may be damaged at a time is known for a cluster that stays the same, and whose logs hold everything. */
export function withoutDamage(swarm: SwarmOptions): SwarmOptions {
  const gone = new Set<keyof FaultPlan>(["damage", "damagedMarks", "damagedState", "wipedDisk", "oldCopy"]);
  const faults = Object.fromEntries(
    Object.entries(swarm.faults).filter(([name]) => !gone.has(name as keyof FaultPlan)),
  );
  return { ...swarm, faults };
}
