/**
 * "Sometimes" assertions: states that a simulation must reach every now and then, or its checkers prove nothing
 * (FoundationDB's and Antithesis's "sometimes", TigerBeetle's coverage marks).
 */
export const markNames = [
  "leader elected",
  "split vote",
  "pre-vote refused",
  "pre-vote refused because a leader is alive",
  "leader change with an uncommitted tail",
  "conflicting entries truncated",
  "append refused for a conflicting term",
  "full in-flight window",
  "crash with unsynced data",
  "crash between two effects",
  "two leaders at once",
  "leader stepped down without a quorum",
  "commit of an older term's entries",
  "follower caught up from the log on disk",
  "read answered by a follower",
  "read served after a leader change",
  "read refused",
  "proposal refused as busy",
  "member stranded in a later term taken back",
  "restart with committed entries to apply",
  "duplicate delivery",
  "stale message replayed",
  "message dropped by a full link",
  "machine suspended",
  "quarantine entered",
  "quarantine left",
  "converged without some members",
] as const;

/** States that only a cluster can reach whose members, leaders and logs change in other ways than by faults. */
export const membershipMarkNames = [
  "log pruned",
  "state installed",
  "log begun anew behind a state",
  "configuration changed",
  "joint configuration left",
  "change abandoned",
  "configuration rolled back",
  "learner promoted",
  "leader removed",
  "leadership handed over",
  "read answered by the clock",
] as const;

/** States that only production members can reach: they have disks, files and clients who wait for an answer. */
export const replicaMarkNames = [
  "torn tail cut",
  "damaged segment",
  "damaged marks",
  "damaged state",
  "state made anew",
  "disk wiped",
  "older copy of a disk restored",
  "forgotten start noticed",
  "crash at a disk operation",
  "disk error stopped a member",
  "disk full",
  "start failed for its disk",
  "outcome unknown to a client",
  "outcome learned after its client gave up",
  "operation tried again",
  "history linearizable",
] as const;

/** What only a network of datagrams does, which production members never see. */
export const datagramMarkNames: readonly MarkName[] = ["duplicate delivery", "stale message replayed"];
export type MarkName =
  | (typeof markNames)[number]
  | (typeof membershipMarkNames)[number]
  | (typeof replicaMarkNames)[number];

/** How often each state was reached. */
export class Marks {
  readonly #counts = new Map<MarkName, number>();

  reach(name: MarkName): void {
    this.#counts.set(name, this.count(name) + 1);
  }

  count(name: MarkName): number {
    return this.#counts.get(name) ?? 0;
  }

  addAll(others: Marks): void {
    for (const [name, count] of others.#counts) this.#counts.set(name, this.count(name) + count);
  }

  /** Those of `names` that were never reached. */
  missing(names: readonly MarkName[] = markNames): MarkName[] {
    return names.filter((name) => this.count(name) === 0);
  }
}
