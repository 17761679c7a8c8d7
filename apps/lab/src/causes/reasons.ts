import type { Point } from "./happened-before.ts";
import type { History } from "./history.ts";
import type { Explain, Fall, Reason } from "./reason.ts";
import { reasonsOfChanges } from "./change-reasons.ts";
import { reasonsOfCommits } from "./commit-reasons.ts";
import { reasonsOfElections } from "./election-reasons.ts";
import { reasonsOfLogs } from "./log-reasons.ts";
import { nearestCauses } from "./nearest-causes.ts";
import { reasonsOfReads } from "./read-reasons.ts";

const explanations: Readonly<Record<string, Explain>> = {
  "election safety": reasonsOfElections.twoLeaders,
  "one vote a term": reasonsOfElections.twoVotes,
  "vote never taken back": reasonsOfElections.twoVotes,
  "supported elections": reasonsOfElections.unsupported,
  "leader completeness": reasonsOfCommits.lost,
  "state machine safety": reasonsOfCommits.replaced,
  "quorum durability": reasonsOfCommits.fewDisks,
  "commit in own term": reasonsOfCommits.olderTerm,
  "log matching": reasonsOfLogs.apart,
  "read freshness": reasonsOfReads.stale,
  "configuration safety": reasonsOfChanges.configuration,
  "quiet handover": reasonsOfChanges.handover,
  "monotonic state": reasonsOfChanges.matchIndex,
  invariant: reasonsOfCommits.fewDisks,
};

/** What a fall hangs on: as its property knows; otherwise, and where it finds nothing, what led to it by messages. */
export function reasonsFor(history: History, fall: Fall, end: Point): readonly Reason[] {
  const found = explanations[fall.property]?.(history, fall, end) ?? [];
  return found.length > 0 ? found : nearestCauses(history, end);
}
