import { realRules } from "@quorate/raft";
import type { Rules } from "@quorate/raft";
import type { SwarmOptions } from "../swarm.ts";

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
