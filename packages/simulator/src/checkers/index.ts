import type { Limits, LogIndex, MemberId } from "@quorate/raft";
import type { Checker, DurableLog } from "../observation.ts";
import type { CommittedLog } from "./committed-log.ts";
import { boundedQueues } from "./bounded-queues.ts";
import { configurationSafety } from "./configuration-safety.ts";
import { electionSafety } from "./election-safety.ts";
import { knownStarts } from "./known-starts.ts";
import { leaderAppendOnly } from "./leader-append-only.ts";
import { leaderCompleteness } from "./leader-completeness.ts";
import { logMatching } from "./log-matching.ts";
import { monotonicState } from "./monotonic-state.ts";
import { ownTermCommit } from "./own-term-commit.ts";
import { ownVoteDurability } from "./own-vote-durability.ts";
import { promiseDurability } from "./promise-durability.ts";
import { quietHandover } from "./quiet-handover.ts";
import { quorumDurability } from "./quorum-durability.ts";
import { readFreshness } from "./read-freshness.ts";
import { stateAgreement } from "./state-agreement.ts";
import { stateMachineSafety } from "./state-machine-safety.ts";
import { supportedElections } from "./supported-elections.ts";
import { voteKept } from "./vote-kept.ts";
import { voteOnce } from "./vote-once.ts";

export interface WatchedCluster {
  readonly committed: CommittedLog;
  /** What a member's disk holds, whether its process runs or not. */
  readonly diskOf: (id: MemberId) => DurableLog | undefined;
  /** What the member's state machine held when it started. */
  readonly appliedAtStart: (id: MemberId) => LogIndex;
  /** What every member was told to keep to. */
  readonly limits: Limits;
  /** What is proposed in one go, at most. */
  readonly largestBatchBytes: number;
  /** The newest start of a peer that a member's disk surely knows, 0 for none; absent where members keep no such knowledge. */
  readonly knownStartOf?: (id: MemberId, peer: MemberId) => number;
}

/**
 * The five properties of Raft's Figure 3: what a user relies on. A planted bug is told by these where they can tell it,
 * since the other checkers look at means, not at ends, and see a broken rule long before it does harm.
 */
export function figure3Checkers({ committed, appliedAtStart }: WatchedCluster): Checker[] {
  return [
    electionSafety(),
    leaderAppendOnly(),
    logMatching(),
    leaderCompleteness(committed),
    stateMachineSafety(committed, appliedAtStart),
  ];
}

/** Everything that is watched in a run of the real code. */
export function allCheckers(cluster: WatchedCluster): Checker[] {
  const { committed, diskOf, limits, largestBatchBytes, knownStartOf } = cluster;
  return [
    ...figure3Checkers(cluster),
    voteOnce(),
    voteKept(),
    monotonicState(),
    promiseDurability(),
    ownVoteDurability(),
    quorumDurability(committed, diskOf),
    configurationSafety(),
    ownTermCommit(),
    readFreshness(committed),
    supportedElections(),
    boundedQueues(limits, largestBatchBytes),
    quietHandover(),
    stateAgreement(),
    ...(knownStartOf === undefined ? [] : [knownStarts(knownStartOf)]),
  ];
}
