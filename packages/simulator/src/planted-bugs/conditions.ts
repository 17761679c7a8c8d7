import { realRules } from "@quorate/raft";
import type { Rules } from "@quorate/raft";
import type { SwarmOptions } from "../swarm.ts";
import { withoutDamage } from "../swarm-membership.ts";

/** The real rules but for these. */
export function without(rules: Partial<Rules>): Rules {
  return { ...realRules, ...rules };
}

/** Frequent crashes of all kinds: what forgetting needs. */
export function withCrashes(swarm: SwarmOptions): SwarmOptions {
  const t = swarm.timing.electionTimeoutMs;
  const crash = { everyMs: t / 2, lastsMs: t / 50 };
  return {
    ...swarm,
    faults: { ...swarm.faults, crash, crashInTurn: crash },
    disk: { ...swarm.disk, meanSyncMs: t / 10 },
  };
}

/** Leaders change all the time, with entries on their way. */
export function withPartitions(swarm: SwarmOptions): SwarmOptions {
  const t = swarm.timing.electionTimeoutMs;
  return { ...swarm, faults: { ...swarm.faults, partition: { everyMs: 2 * t, lastsMs: 2 * t } } };
}

/** Late duplicates of everything, in a network that keeps no order. */
export function withDatagrams(swarm: SwarmOptions): SwarmOptions {
  return { ...swarm, link: { ...swarm.link, style: "datagrams", duplicateProbability: 0.3 } };
}

/** Messages take about as long as an election: votes are split, and answers come when the question is forgotten. */
export function withSlowVotes(swarm: SwarmOptions): SwarmOptions {
  const t = swarm.timing.electionTimeoutMs;
  const link = {
    ...swarm.link,
    style: "datagrams",
    minDelayMs: t / 20,
    meanDelayMs: t / 3,
    lossProbability: 0,
  } as const;
  return { ...swarm, link: { ...link, duplicateProbability: 0.3 } };
}

/** More is asked for than small limits let through, over slow disks: everything that can fill up does. */
export function withFlood(swarm: SwarmOptions): SwarmOptions {
  const t = swarm.timing.electionTimeoutMs;
  return {
    ...swarm,
    limits: {
      maxUncommittedBytes: 500,
      maxUncommittedEntries: 1000,
      maxAppendBytes: 100,
      maxInflightAppends: 2,
      maxInflightBytes: 200,
      maxPendingReads: 2,
      logCacheBytes: 100_000,
      maxUnappliedBytes: 100_000,
    },
    link: { ...swarm.link, minDelayMs: t / 20, meanDelayMs: t / 20 },
    disk: { ...swarm.disk, meanSyncMs: t / 10 },
    load: { proposeEveryMs: t / 50, readEveryMs: t / 50, maxBatch: 10, maxCommandBytes: 200, toLeader: 0.9 },
  };
}

/** Next to nothing of what is applied may stay in memory. */
export function withSmallCaches(swarm: SwarmOptions): SwarmOptions {
  return { ...swarm, limits: { ...swarm.limits, logCacheBytes: 500 } };
}

/** Many clients of one register, each of which waits long for its answer. */
export function withRegisters(swarm: SwarmOptions): SwarmOptions {
  const t = swarm.timing.electionTimeoutMs;
  return { ...swarm, registers: { processes: 6, keys: 1, everyMs: t / 40, giveUpMs: 2 * t, again: 0 } };
}

/** Votes are asked for slowly, again and again, of members that die and come back meanwhile. */
export function withLateVotes(swarm: SwarmOptions): SwarmOptions {
  const t = swarm.timing.electionTimeoutMs;
  const crash = { everyMs: t / 2, lastsMs: t / 50 };
  const slow = withSlowVotes(swarm);
  return { ...slow, faults: { ...slow.faults, crash, replay: { everyMs: t / 50, lastsMs: 1 } } };
}

/** Voters change all the time, while leaders do; in one run of three of five members whose clocks keep their bound. */
export function withChanges(swarm: SwarmOptions): SwarmOptions {
  const t = swarm.timing.electionTimeoutMs;
  const { damage: _, ...faults } = withPartitions(swarm).faults;
  const operators = {
    spareClockRates: swarm.clockRates.slice(0, 3),
    changeEveryMs: t / 2,
    abandonEveryMs: 2 * t,
    handOverEveryMs: 5 * t,
  };
  return { ...swarm, faults, operators, leftBehind: [] };
}

/** Whole members join, are promoted, replaced and removed all the time, while leaders change. */
export function withOperatedMembers(swarm: SwarmOptions): SwarmOptions {
  const t = swarm.timing.electionTimeoutMs;
  const operators = {
    spareClockRates: swarm.clockRates.slice(0, 3),
    operationEveryMs: t / 2,
    abandonEveryMs: 4 * t,
    handOverEveryMs: 5 * t,
  };
  return { ...withoutDamage(withPartitions(swarm)), operators, leftBehind: [] };
}

/** Followers are asked for reads all the time, die and come back at once, and answers come late and twice. */
export function withReadsOfTheRestarted(swarm: SwarmOptions): SwarmOptions {
  const t = swarm.timing.electionTimeoutMs;
  const crash = { everyMs: t / 4, lastsMs: t / 100 };
  return {
    ...withDatagrams(swarm),
    faults: { crash, replay: { everyMs: t / 100, lastsMs: 1 } },
    load: { ...swarm.load, readEveryMs: t / 50, proposeEveryMs: t / 50, toLeader: 0.2 },
    limits: {},
  };
}

/** The leadership moves again and again, under load, in a network in which that takes its time. */
export function withHandoversUnderLoad(swarm: SwarmOptions): SwarmOptions {
  const t = swarm.timing.electionTimeoutMs;
  return {
    ...swarm,
    link: { ...swarm.link, minDelayMs: t / 20, meanDelayMs: t / 20 },
    load: { ...swarm.load, proposeEveryMs: t / 50, toLeader: 0.9 },
    operators: { spareClockRates: [], handOverEveryMs: t / 2 },
    leftBehind: [],
  };
}

/** Logs keep next to nothing, members fall behind, and a state takes its time. */
export function withPrunedLogs(swarm: SwarmOptions): SwarmOptions {
  const t = swarm.timing.electionTimeoutMs;
  const { damage: _, ...faults } = withPartitions(withCrashes(swarm)).faults;
  return {
    ...swarm,
    faults: { ...faults, crash: { everyMs: 2 * t, lastsMs: t } },
    limits: { ...swarm.limits, stateAdvantageBytes: 0, logCacheBytes: 1 },
    states: { keptEntries: 3, stateBytes: 100, chunks: 3 },
    operators: { spareClockRates: swarm.clockRates.slice(0, 2), changeEveryMs: t },
    leftBehind: [],
  };
}

/** Logs that keep nothing behind a checkpoint, under a load that fills one small file after the other. */
export function withPrunedMembers(swarm: SwarmOptions): SwarmOptions {
  const t = swarm.timing.electionTimeoutMs;
  return {
    ...withoutDamage(swarm),
    limits: {},
    load: { ...swarm.load, proposeEveryMs: t / 50, maxBatch: 10, maxCommandBytes: 1000, toLeader: 0.9 },
    states: { keptEntries: 0, stateBytes: 1_000_000, chunks: 3 },
    leftBehind: [],
  };
}

/** Clocks differ as much as they may, messages take their time, and those who lead, sleep or hand over are asked by the clock. */
export function withLeases(swarm: SwarmOptions): SwarmOptions {
  const t = swarm.timing.electionTimeoutMs;
  const { clockJump: _, damage: __, ...faults } = withPartitions(swarm).faults;
  return {
    ...swarm,
    faults: { ...faults, suspend: { everyMs: 2 * t, lastsMs: 2 * t } },
    timing: { ...swarm.timing, clockDriftPpm: 100_000 },
    clockRates: swarm.clockRates.map((_, at) => (at === 0 ? 0.95 : 1.05)),
    link: { ...swarm.link, minDelayMs: t / 20, meanDelayMs: t / 20 },
    load: { ...swarm.load, byClock: 1, readEveryMs: t / 40, proposeEveryMs: t / 40, toLeader: 0.3 },
    operators: { spareClockRates: [], handOverEveryMs: t },
    leftBehind: [],
  };
}

/** Syncs and writes fail, processes die between two operations of their disk, and then the power is cut. */
export function withFailingDisks(swarm: SwarmOptions): SwarmOptions {
  const t = swarm.timing.electionTimeoutMs;
  const diskErrors = { everyMs: t / 3, lastsMs: t / 3 };
  const crashAtDisk = { everyMs: t / 2, lastsMs: t / 10 };
  return { ...swarm, faults: { ...swarm.faults, diskErrors, crashAtDisk, crash: { everyMs: t, lastsMs: t / 10 } } };
}

/** Segments fill quickly, and processes die while they begin the next one. */
export function withSmallSegments(swarm: SwarmOptions): SwarmOptions {
  const t = swarm.timing.electionTimeoutMs;
  const load = { ...swarm.load, proposeEveryMs: t / 50, maxBatch: 10, maxCommandBytes: 1000, toLeader: 1 };
  return { ...swarm, load, limits: {}, faults: { crashAtDisk: { everyMs: t / 8, lastsMs: t / 50 } } };
}

/** Logs lose what was durable, of one member after the other, while leaders change and others lag behind. */
export function withDamage(swarm: SwarmOptions): SwarmOptions {
  const t = swarm.timing.electionTimeoutMs;
  const crash = { everyMs: t, lastsMs: t };
  const partition = { everyMs: 2 * t, lastsMs: 2 * t };
  // How many copies may be damaged at a time is known for logs that hold everything, and a cluster that stays the same.
  const { states: _, operators: __, ...rest } = swarm;
  return { ...rest, faults: { ...swarm.faults, crash, partition, damage: { everyMs: t / 2, lastsMs: t / 50 } } };
}

/** Five members: with three, whoever has a vote beside its own has a majority. */
export function withFive(swarm: SwarmOptions): SwarmOptions {
  const rates = swarm.clockRates;
  const clockRates = Array.from({ length: 5 }, (_, at) => rates[at % rates.length] as number);
  return { ...swarm, members: 5, clockRates };
}
