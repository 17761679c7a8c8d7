import { defaultTiming, majority } from "@quorate/raft";
import type { Limits, MemberId, Timing } from "@quorate/raft";
import { delayShapes, perfectLink } from "./network-conditions.ts";
import type { LinkSettings } from "./network-conditions.ts";
import type { RandomStream } from "./random-streams.ts";
import { withDiskErrors } from "./swarm-disk-faults.ts";
import { withMembership, withOperations } from "./swarm-membership.ts";
import type { RegisterPlan } from "./workload.ts";
import type { World } from "./world.ts";

/** How long syncs take. */
export interface DiskPace {
  /** On average, in ms. */
  readonly meanSyncMs: number;
  /** How often a sync stalls, and for how long on average. */
  readonly stallProbability: number;
  readonly meanStallMs: number;
}

export const fastDisk: DiskPace = { meanSyncMs: 0.2, stallProbability: 0, meanStallMs: 0 };

/** How often something happens, on average, and how long it lasts, on average; in ms. */
export interface Pace {
  readonly everyMs: number;
  readonly lastsMs: number;
}

/** Which faults a run has. An absent one never happens. */
export interface FaultPlan {
  /** One process dies; it starts again after `lastsMs`. */
  readonly crash?: Pace;
  /** A process dies between two effects of one turn. */
  readonly crashInTurn?: Pace;
  /** All processes die at once. */
  readonly crashAll?: Pace;
  /** A process stands still, and then takes in all that waits. */
  readonly pause?: Pace;
  /** The network falls apart, in one of the shapes of `partitions.ts`. */
  readonly partition?: Pace;
  /** One direction of one link stops: messages are late, not lost. */
  readonly clog?: Pace;
  /** Crashes again and again, often before it is up. */
  readonly crashLoop?: Pace;
  /** A process dies between two operations of its disk. */
  readonly crashAtDisk?: Pace;
  /** A machine sleeps, and its monotonic clock with it. */
  readonly suspend?: Pace;
  /** A process takes its time for each event. */
  readonly slow?: Pace;
  /** Clocks jump: the monotonic one forward by `lastsMs` on average, the wall clock anywhere. */
  readonly clockJump?: Pace;
  /** The connections of some members stop one after the other, and go on in another order. */
  readonly swizzle?: Pace;
  /** Messages of some types do not get through in one direction. */
  readonly filter?: Pace;
  /** One direction of one link takes longer, by up to `lastsMs / 2`. */
  readonly slowLink?: Pace;
  /** The connections of two members break. */
  readonly reset?: Pace;
  /** An old message arrives again. */
  readonly replay?: Pace;
  /** Reads, writes or syncs fail. */
  readonly diskErrors?: Pace;
  readonly diskFull?: Pace;
  /** Nothing on one disk completes for a while. */
  readonly diskStall?: Pace;
  /** What was durable is not, within what can be recovered. */
  readonly damage?: Pace;
  /** The same of the marks beside a log, and of the state that its entries made. */
  readonly damagedMarks?: Pace;
  readonly damagedState?: Pace;
  /** A disk comes back empty, or as it was a while ago, and nobody is told. */
  readonly wipedDisk?: Pace;
  readonly oldCopy?: Pace;
}

/** What stays broken of a member when everything else is healed. */
export const lastingFaults = ["down", "paused", "cut off", "deaf", "mute"] as const;
export type LastingFault = (typeof lastingFaults)[number];

/** One run's world, drawn from its seed: swarm testing turns each fault fully off in many runs (Groce et al., ISSTA 2012). */
export interface SwarmOptions {
  readonly members: number;
  readonly timing: Timing;
  readonly limits: Partial<Limits>;
  readonly link: LinkSettings;
  /** The rate of each member's monotonic clock. */
  readonly clockRates: readonly number[];
  readonly gatherMs: number;
  readonly disk: DiskPace;
  readonly faults: FaultPlan;
  readonly load: LoadPlan;
  /** Members that are never healed, fewer than half: the others must get along without them. */
  readonly leftBehind: readonly { readonly id: MemberId; readonly fault: LastingFault }[];
  /** What carries the messages of production members: the network's own messages, or the transport over byte streams. */
  readonly carrier: "messages" | "transport";
  readonly registers: RegisterPlan;
  /** What operators do to the cluster; members stay who they are and leaders lead where it is absent. */
  readonly operators?: OperatorPlan;
  /** How logs are pruned and states sent; logs keep everything where it is absent. */
  readonly states?: StatePlan;
  /** Virtual time before everything is healed, in ms. */
  readonly durationMs: number;
}

export interface LoadPlan {
  readonly proposeEveryMs: number;
  readonly readEveryMs: number;
  /** Commands in one proposal, and bytes in one command, at most. */
  readonly maxBatch: number;
  readonly maxCommandBytes: number;
  /** How often the leader is asked, and not just anybody. */
  readonly toLeader: number;
  /** How often a read may be answered by the clock alone (lease reads); never where it is absent. */
  readonly byClock?: number;
}

/** Changes of the configuration and handovers, at random times. */
export interface OperatorPlan {
  /** The rates of the monotonic clocks of members that may join later; as many as may. */
  readonly spareClockRates: readonly number[];
  /** How often something is asked for, on average, in ms; none of it where it is absent. */
  readonly changeEveryMs?: number;
  /** What operators ask whole members for: one joins, leaves, is promoted, others vote. */
  readonly operationEveryMs?: number;
  readonly abandonEveryMs?: number;
  readonly handOverEveryMs?: number;
}

/** How a log is kept short, and how a state is sent to a member that its log cannot catch up. */
export interface StatePlan {
  /** Entries before a checkpoint that stay in the log. */
  readonly keptEntries: number;
  /** What sending a state costs, as the core is told. */
  readonly stateBytes: number;
  /** How many messages a state takes. */
  readonly chunks: number;
  /** How long it takes to install one that has arrived, in ms; a quarter of an election timeout unless given. */
  readonly installMs?: number;
  /** How often a checkpoint is kept after a sync, of modelled logs, from 0 to 1; a tenth unless given. */
  readonly checkpointShare?: number;
}

/** A stream that loses one message in a hundred breaks all the time; a datagram network bears much more. */
export const worstStreamLoss = 0.01;

export function drawSwarm(random: RandomStream): SwarmOptions {
  const electionTimeoutMs = random.pick([50, 100, 150, 300]);
  const clockDriftPpm = random.pick([0, defaultTiming.clockDriftPpm, 100_000]);
  const members = random.chance(0.75) ? 3 : 5;
  const half = clockDriftPpm / 2_000_000;
  const t = electionTimeoutMs;
  const swarm: SwarmOptions = {
    members,
    timing: { electionTimeoutMs, clockDriftPpm },
    limits: drawLimits(random),
    link: drawLink(random, t),
    clockRates: Array.from({ length: members }, () => random.between(1 - half, 1 + half)),
    gatherMs: random.chance(0.5) ? 0 : random.between(0, 1),
    disk: {
      meanSyncMs: random.pick([0.1, 1, t / 10]),
      stallProbability: random.chance(0.5) ? 0 : random.between(0, 0.05),
      meanStallMs: random.between(0, 2 * t),
    },
    faults: drawFaults(random, t),
    load: {
      proposeEveryMs: random.pick([t / 50, t / 10, t / 2]),
      readEveryMs: random.pick([t / 10, t / 2, 5 * t]),
      maxBatch: random.pick([1, 3, 10]),
      maxCommandBytes: random.pick([1, 40, 200]),
      toLeader: random.between(0.3, 1),
    },
    durationMs: random.between(8, 25) * t,
    // What follows was added later: drawn last, it leaves what a seed drew before as it was.
    ...drawLater(random, members, t),
  };
  const faults = { ...swarm.faults, ...drawLaterFaults(random, t) };
  if (!random.chance(0.08)) return { ...swarm, faults };
  // Clocks that keep no bound: nothing but liveness may rest on them, and that not for long.
  return { ...swarm, faults, clockRates: swarm.clockRates.map(() => random.between(0.6, 1.7)) };
}

function drawLaterFaults(random: RandomStream, t: number): FaultPlan {
  return present({
    damagedMarks: maybePace(random, t, [0.15, 2, 8, 2]),
    damagedState: maybePace(random, t, [0.15, 2, 8, 2]),
    wipedDisk: maybePace(random, t, [0.12, 4, 15, 2]),
    oldCopy: maybePace(random, t, [0.15, 2, 8, 1]),
  });
}

function drawLater(
  random: RandomStream,
  members: number,
  t: number,
): Pick<SwarmOptions, "leftBehind" | "carrier" | "registers"> {
  const count = random.chance(0.5) ? 0 : random.integer(1, majority(members) - 1);
  const ids = random.shuffled(Array.from({ length: members }, (_, at) => at + 1)).slice(0, count);
  return {
    leftBehind: ids.map((id) => ({ id, fault: random.pick(lastingFaults) })),
    carrier: random.chance(0.5) ? "transport" : "messages",
    registers: {
      processes: random.pick([2, 4, 6]),
      keys: random.pick([1, 2, 5]),
      everyMs: random.pick([t / 20, t / 5]),
      giveUpMs: t * random.pick([0.5, 2, 12]),
      again: random.pick([0, 0.5]),
    },
  };
}

/** What members are simulated: cores on modelled logs, production members, or those with a state machine of a user's own. */
export type SimulatedKind = "cores" | "whole members" | "services";

/** The swarm of a world's seed, changed as wanted. */
export function drawnSwarm(
  world: World,
  of: SimulatedKind,
  adjust: ((swarm: SwarmOptions) => SwarmOptions) | undefined,
): SwarmOptions {
  const drawn = drawSwarm(world.streams.stream("swarm"));
  const failing = of === "cores" ? drawn : withDiskErrors(drawn, world.streams.stream("disk errors"));
  const operated = withMembership(failing, of, world.streams.stream("membership"));
  const later = of === "whole members" ? withOperations(operated, world.streams.stream("operations")) : operated;
  return adjust?.(later) ?? later;
}

function drawLimits(random: RandomStream): Partial<Limits> {
  if (random.chance(0.3)) return {};
  return {
    maxUncommittedBytes: random.pick([500, 20_000]),
    maxUncommittedEntries: random.pick([10, 1000]),
    maxAppendBytes: random.pick([1, 100, 2000]),
    maxInflightAppends: random.pick([1, 2, 8]),
    maxInflightBytes: random.pick([200, 10_000]),
    maxPendingReads: random.pick([2, 100]),
    logCacheBytes: random.pick([1, 500, 100_000]),
    maxUnappliedBytes: random.pick([2000, 100_000]),
  };
}

function drawLink(random: RandomStream, t: number): LinkSettings {
  const style = random.chance(0.5) ? "stream" : "datagrams";
  const worstLoss = style === "stream" ? worstStreamLoss : 0.3;
  return {
    ...perfectLink,
    style,
    minDelayMs: random.pick([0.05, t / 100, t / 20]),
    meanDelayMs: random.pick([0.05, t / 100, t / 10]),
    lossProbability: random.chance(0.4) ? 0 : random.between(0, worstLoss),
    duplicateProbability: random.chance(0.5) ? 0 : random.between(0, 0.3),
    delayShape: random.pick(delayShapes),
    capacity: random.chance(0.8) ? 0 : random.integer(3, 30),
  };
}

function drawFaults(random: RandomStream, t: number): FaultPlan {
  const maybe = (...how: PaceShape): Pace | undefined => maybePace(random, t, how);
  return present({
    crash: maybe(0.6, 1, 10, 4),
    crashInTurn: maybe(0.4, 1, 10, 4),
    crashAll: maybe(0.2, 5, 20, 1),
    pause: maybe(0.3, 2, 10, 3),
    partition: maybe(0.6, 2, 8, 6),
    clog: maybe(0.4, 0.5, 4, 2),
    crashLoop: maybe(0.1, 4, 15, 2),
    crashAtDisk: maybe(0.2, 1, 10, 2),
    suspend: maybe(0.1, 2, 10, 3),
    slow: maybe(0.15, 2, 10, 4),
    clockJump: maybe(0.15, 1, 10, 2),
    swizzle: maybe(0.15, 3, 10, 4),
    filter: maybe(0.2, 1, 6, 4),
    slowLink: maybe(0.2, 1, 6, 4),
    reset: maybe(0.15, 0.5, 4, 1),
    replay: maybe(0.3, 0.05, 0.5, 1),
    diskErrors: maybe(0.15, 3, 10, 1),
    diskFull: maybe(0.15, 3, 10, 2),
    diskStall: maybe(0.15, 2, 10, 2),
    damage: maybe(0.25, 2, 8, 2),
  });
}

/** How likely a fault is to be in a run; how often it then is on average, from and to, and how long it lasts at most, in T. */
type PaceShape = readonly [probability: number, everyLow: number, everyHigh: number, lasts: number];

function maybePace(random: RandomStream, t: number, shape: PaceShape): Pace | undefined {
  const [probability, everyLow, everyHigh, lasts] = shape;
  if (!random.chance(probability)) return undefined;
  return { everyMs: t * random.between(everyLow, everyHigh), lastsMs: t * random.between(0.02, lasts) };
}

function present(plan: Readonly<Record<string, Pace | undefined>>): FaultPlan {
  return Object.fromEntries(Object.entries(plan).filter(([, pace]) => pace !== undefined));
}
