import { majority, realRules } from "@quorate/raft";
import type { ElectionOutcome, Rules } from "@quorate/raft";
import type { Distortion } from "./core/core-member.ts";
import type { DeviceBugs } from "./core/log-device.ts";
import type { SwarmOptions } from "./swarm.ts";

/**
 * Bugs that real implementations shipped, planted in one rule or one component each. A checker that has never caught one
 * proves nothing; a simulation that does not catch one of these within its budget does not look where it hides.
 */
export interface PlantedBug {
  readonly name: string;
  /** The rule or component that is broken. */
  readonly breaks: keyof Rules | "durable log";
  readonly rules?: Rules;
  readonly deviceBugs?: DeviceBugs;
  readonly distort?: Distortion;
  /** The faults that it needs more of than a run draws on average. */
  readonly adjust?: (swarm: SwarmOptions) => SwarmOptions;
  /** What may fall first: names of checkers, or "invariant" where the core itself notices. */
  readonly caughtBy: readonly string[];
  /** It is caught within this many seeds, counted from 1. */
  readonly seeds: number;
}

function without(rules: Partial<Rules>): Rules {
  return { ...realRules, ...rules };
}

/** Frequent crashes of all kinds: what forgetting needs. */
function withCrashes(swarm: SwarmOptions): SwarmOptions {
  const t = swarm.timing.electionTimeoutMs;
  const crash = { everyMs: t / 2, lastsMs: t / 50 };
  return {
    ...swarm,
    faults: { ...swarm.faults, crash, crashInTurn: crash },
    disk: { ...swarm.disk, meanSyncMs: t / 10 },
  };
}

/** Leaders change all the time, with entries on their way. */
function withPartitions(swarm: SwarmOptions): SwarmOptions {
  const t = swarm.timing.electionTimeoutMs;
  return { ...swarm, faults: { ...swarm.faults, partition: { everyMs: 2 * t, lastsMs: 2 * t } } };
}

export const plantedBugs: readonly PlantedBug[] = [
  {
    name: "entries are spliced behind any entry of the right index",
    breaks: "previousMatches",
    rules: without({ previousMatches: (ours) => ours !== undefined }),
    caughtBy: ["log matching", "state machine safety", "quorum durability", "invariant"],
    seeds: 300,
  },
  {
    name: "every append cuts the log where it begins",
    breaks: "firstConflict",
    rules: without({
      firstConflict: (termAt, entries) => {
        const first = entries[0]?.index;
        return first !== undefined && termAt(first) !== undefined ? first : undefined;
      },
    }),
    caughtBy: ["quorum durability", "invariant", "promise durability", "leader completeness"],
    seeds: 100,
  },
  {
    name: "a conflicting entry is kept",
    breaks: "firstConflict",
    rules: without({ firstConflict: () => undefined }),
    caughtBy: ["log matching", "state machine safety", "quorum durability", "invariant"],
    seeds: 100,
  },
  {
    name: "votes are given without a look at the log",
    breaks: "isUpToDate",
    rules: without({ isUpToDate: () => true }),
    caughtBy: ["leader completeness", "invariant"],
    seeds: 100,
  },
  {
    name: "a log is up to date when its last term is",
    breaks: "isUpToDate",
    rules: without({ isUpToDate: (candidate, ours) => candidate.term >= ours.term }),
    caughtBy: ["leader completeness", "invariant"],
    seeds: 300,
  },
  {
    name: "a log is up to date when it is as long",
    breaks: "isUpToDate",
    rules: without({ isUpToDate: (candidate, ours) => candidate.index >= ours.index }),
    adjust: withPartitions,
    caughtBy: ["leader completeness", "invariant"],
    seeds: 1000,
  },
  {
    name: "every candidate of a term gets a vote",
    breaks: "mayGrantVote",
    rules: without({ mayGrantVote: ({ upToDate }) => upToDate }),
    caughtBy: ["one vote a term", "election safety", "invariant"],
    seeds: 100,
  },
  {
    name: "answers leave before the disk has what they promise",
    breaks: "mayPromise",
    rules: without({ mayPromise: () => true }),
    caughtBy: ["promise durability"],
    seeds: 5,
  },
  {
    name: "the leader counts entries that its own disk does not hold",
    breaks: "leaderMatch",
    rules: without({ leaderMatch: (last) => last }),
    caughtBy: ["quorum durability", "state machine safety", "invariant"],
    seeds: 50,
  },
  {
    name: "a follower acknowledges its whole log, checked or not",
    breaks: "acknowledged",
    rules: without({ acknowledged: (_end, ownLast) => ownLast }),
    caughtBy: ["quorum durability", "promise durability", "invariant"],
    seeds: 100,
  },
  {
    name: "a late acknowledgment takes the match index back",
    breaks: "mergeMatch",
    rules: without({ mergeMatch: (_known, acknowledged) => acknowledged }),
    caughtBy: ["monotonic state", "invariant"],
    seeds: 100,
  },
  {
    name: "half of the members are enough to commit",
    breaks: "decided",
    rules: without({
      decided: ({ voters }, matchOf) =>
        voters.map(matchOf).sort((a, b) => b - a)[majority(voters.length) - 2] as number,
    }),
    caughtBy: ["quorum durability", "state machine safety", "invariant"],
    seeds: 20,
  },
  {
    name: "one vote less than a majority elects",
    breaks: "electionOutcome",
    rules: without({
      electionOutcome: ({ voters }, voteOf): ElectionOutcome =>
        voters.filter((id) => voteOf(id) === true).length >= majority(voters.length) - 1 ? "won" : "pending",
    }),
    caughtBy: ["election safety", "leader completeness", "invariant"],
    seeds: 100,
  },
  {
    name: "entries of older terms are committed by counting (Figure 8)",
    breaks: "mayCommit",
    rules: without({ mayCommit: (decided, commit) => decided.index > commit }),
    caughtBy: ["commit in own term", "leader completeness"],
    seeds: 300,
  },
  {
    name: "a new leader serves reads before it knows what is committed",
    breaks: "mayServeRead",
    rules: without({
      mayServeRead: ({ confirmedRound, readRound }) => readRound !== undefined && confirmedRound >= readRound,
    }),
    caughtBy: ["read freshness"],
    seeds: 300,
  },
  {
    name: "the vote is not written",
    breaks: "durable log",
    deviceBugs: { hardState: (written) => ({ ...written, vote: 0 }) },
    caughtBy: ["promise durability"],
    seeds: 5,
  },
  {
    name: "the term is not written",
    breaks: "durable log",
    deviceBugs: { hardState: (written, before) => ({ ...written, term: before.term }) },
    adjust: withCrashes,
    caughtBy: ["promise durability", "monotonic state", "invariant"],
    seeds: 5,
  },
  {
    name: "the log says stored before the sync is done",
    breaks: "durable log",
    deviceBugs: { reportsEarly: true },
    adjust: withCrashes,
    caughtBy: ["promise durability", "quorum durability", "state machine safety", "invariant"],
    seeds: 5,
  },
];
