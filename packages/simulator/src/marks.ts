/**
 * "Sometimes" assertions: states that a simulation must reach every now and then, or its checkers prove nothing
 * (FoundationDB's and Antithesis's "sometimes", TigerBeetle's coverage marks).
 */
export const markNames = [
  "leader elected",
  "split vote",
  "pre-vote refused",
  "leader change with an uncommitted tail",
  "conflicting entries truncated",
  "full in-flight window",
  "crash with unsynced data",
  "crash between two effects",
  "two leaders at once",
  "leader stepped down without a quorum",
  "commit of an older term's entries",
  "follower caught up from the log on disk",
  "read answered by a follower",
  "read refused",
  "proposal refused as busy",
  "member stranded in a later term taken back",
  "restart with committed entries to apply",
] as const;
export type MarkName = (typeof markNames)[number];

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

  /** Those that were never reached. */
  missing(): MarkName[] {
    return markNames.filter((name) => this.count(name) === 0);
  }
}
