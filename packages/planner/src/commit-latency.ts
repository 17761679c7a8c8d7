import { fixedTime, quantileBetween, type Distribution } from "./distribution.ts";
import { MissingCounts } from "./missing-counts.ts";
import { orderStatistic, withinAll } from "./order-statistic.ts";
import { PlannerError, requireInteger } from "./planner-error.ts";
import { sumOf } from "./sum.ts";

/** More than this, and comparing every leader with every pair of slow members takes too long to wait for. */
export const mostTimedMembers = 15;

/** Members, how far they are from each other, and how fast their disks are. */
export interface Topology {
  /** One name each. */
  readonly names: readonly string[];
  /** Row: the one who asks; column: the one who answers. The diagonal is not read. */
  readonly roundTrips: readonly (readonly Distribution[])[];
  /** Writing to the log with its sync. */
  readonly syncs: readonly Distribution[];
  /** In which sets of voters each is: 0 for a learner, 1 for a voter; while joint, 2 for the new voters and 3 for both. */
  readonly sets: readonly (0 | 1 | 2 | 3)[];
  /** How many of each set decide. */
  readonly quorums: readonly [number] | readonly [number, number];
}

/** The same time to every other member and for every disk, unless told otherwise. */
export function uniformTopology(n: number, roundTrip: Distribution, sync: Distribution, quorum: number): Topology {
  return {
    names: Array.from({ length: n }, (_, at) => String(at + 1)),
    roundTrips: Array.from({ length: n }, () => Array<Distribution>(n).fill(roundTrip)),
    syncs: Array<Distribution>(n).fill(sync),
    sets: Array<1>(n).fill(1),
    quorums: [quorum],
  };
}

/**
 * How long a leader takes from having an entry to its commit. The leader's own sync overlaps the others' (Ongaro 2014, §10.2.1),
 * so each member is done after
 *   the leader: its sync; a follower: the round trip to it, and its sync;
 * and the entry is committed when the quorum-th fastest of them is done, the leader counted (Raft §5.3; MISSION row 15): an
 * order statistic. While joint, when that is so in both sets: members of both count in both. Members' times are taken to be
 * independent. `slow` members never answer. Throws `PlannerError` when the others are no quorum.
 */
export function commitLatency(topology: Topology, leader: number, slow: readonly number[] = []): Distribution {
  requireTopology(topology);
  requireInteger("The leader's number", leader, 0, topology.names.length - 1);
  const { sets, quorums } = topology;
  const done = sets.map((set, member) =>
    set === 0 || slow.includes(member) ? undefined : timeOf(topology, leader, member),
  );
  for (const [set, quorum] of quorums.entries()) {
    const able = sets.filter((of, member) => (of & (1 << set)) !== 0 && done[member] !== undefined).length;
    if (able < quorum) throw new PlannerError(`${able} members answer, but ${quorum} must: nothing is committed.`);
  }
  if (quorums.length === 1) {
    return orderStatistic(
      quorums[0],
      done.filter((_, member) => sets[member] === 1),
    );
  }
  return jointLatency(sets, quorums, done);
}

/** From a leader to a member and back, as it counts for a commit. */
function timeOf({ roundTrips, syncs }: Topology, leader: number, member: number): Distribution {
  const sync = syncs[member] as Distribution;
  if (member === leader) return sync;
  return sumOf((roundTrips[leader] as readonly Distribution[])[member] as Distribution, sync);
}

function jointLatency(
  sets: Topology["sets"],
  quorums: readonly [number, number],
  done: readonly (Distribution | undefined)[],
): Distribution {
  const sizes = quorums.map((_, set) => sets.filter((of) => (of & (1 << set)) !== 0).length);
  const mayMiss = quorums.map((quorum, set) => (sizes[set] as number) - quorum);
  const cdf = (ms: number): number => {
    let counts = new MissingCounts(sizes);
    for (const [member, of] of sets.entries()) counts = counts.with(of, 1 - (done[member]?.cdf(ms) ?? 0));
    return 1 - counts.beyond(mayMiss);
  };
  const able = done.filter((time) => time !== undefined);
  if (able.every(({ fixed }) => fixed !== undefined)) {
    const times = able.map(({ fixed }) => fixed as number).sort((a, b) => a - b);
    return fixedTime(times.find((ms) => cdf(ms) > 0.5) as number);
  }
  return { cdf, quantile: (p) => quantileBetween(cdf, p, 0, withinAll(p, able)) };
}

/** What matters of a latency, in ms. */
export interface Percentiles {
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
}

export function percentilesOf({ quantile }: Distribution): Percentiles {
  return { p50: quantile(0.5), p99: quantile(0.99), p999: quantile(0.999) };
}

export interface LeaderLatency extends Percentiles {
  /** Index of the member that leads. */
  readonly leader: number;
}

/** The commit latency under each voter that could lead, best p50 first (then best p99). A voter that leaves does not lead. */
export function compareLeaders(topology: Topology): readonly LeaderLatency[] {
  const newest = topology.quorums.length === 2 ? 2 : 1;
  return topology.sets
    .flatMap((set, leader) => ((set & newest) === 0 ? [] : [leader]))
    .map((leader) => Object.assign(percentilesOf(commitLatency(topology, leader)), { leader }))
    .sort(compareLatency);
}

/** The better p50 first, then the better p99; what differs in the seventh digit only is rounding, and equal. */
export function compareLatency(a: Percentiles, b: Percentiles): number {
  const six = (ms: number): number => Number(ms.toPrecision(6));
  return six(a.p50) - six(b.p50) || six(a.p99) - six(b.p99);
}

export interface SlowEffect {
  /** Which members are slow: of all choices of as many, one that makes commits slowest (by p99, then p50). */
  readonly slow: readonly number[];
  /** Undefined when nothing can be committed without them. */
  readonly latency: Percentiles | undefined;
}

/**
 * What it costs when 1, 2, ... `most` followers become slow without bound, and the worst ones at that: what remains is the
 * quorum-th fastest of the others. Element k is for k slow members; the first is for none.
 */
export function slowMembers(topology: Topology, leader: number, most: number): readonly SlowEffect[] {
  const others = topology.sets.flatMap((set, member) => (set === 0 || member === leader ? [] : [member]));
  return Array.from({ length: Math.min(most, others.length) + 1 }, (_, count) => {
    const effects = choicesOf(others, count).map(
      (slow): SlowEffect => ({ slow, latency: latencyWithout(topology, leader, slow) }),
    );
    return effects.reduce((worst, one) => (isSlower(one.latency, worst.latency) ? one : worst));
  });
}

function latencyWithout(topology: Topology, leader: number, slow: readonly number[]): Percentiles | undefined {
  try {
    return percentilesOf(commitLatency(topology, leader, slow));
  } catch (error) {
    if (error instanceof PlannerError) return undefined;
    throw error;
  }
}

function isSlower(one: Percentiles | undefined, other: Percentiles | undefined): boolean {
  if (one === undefined || other === undefined) return one === undefined && other !== undefined;
  return one.p99 > other.p99 || (one.p99 === other.p99 && one.p50 > other.p50);
}

function choicesOf(from: readonly number[], count: number): readonly (readonly number[])[] {
  if (count === 0) return [[]];
  return from.flatMap((first, at) => choicesOf(from.slice(at + 1), count - 1).map((rest) => [first].concat(rest)));
}

function requireTopology({ names, roundTrips, syncs, sets, quorums }: Topology): void {
  const n = names.length;
  requireInteger("The number of members with times", n, 1, mostTimedMembers);
  if (roundTrips.length !== n || roundTrips.some((row) => row.length !== n)) {
    throw new PlannerError(`Round trips of ${n} members are ${n} rows of ${n} times.`);
  }
  if (syncs.length !== n || sets.length !== n) {
    throw new PlannerError(`There are ${n} members, but ${syncs.length} disks and ${sets.length} roles.`);
  }
  for (const [set, quorum] of quorums.entries()) {
    const size = sets.filter((of) => (of & (1 << set)) !== 0).length;
    requireInteger(`The quorum of ${size} voters`, quorum, 1, Math.max(1, size));
  }
}
