import type { Entry, LogIndex, MemberId, Term, TimeMs } from "@quorate/raft";
import { ReplicaError } from "./errors.ts";
import type { Outcome } from "./interface.ts";
import type { Outcomes } from "./outcomes.ts";

/**
 * Proposals that travel together: gathered in one turn, appended in one go, in the log without a gap. One object for all
 * of them keeps the hot path free of an object for each.
 */
export class ProposalBatch<Result> {
  /** Emptied once their place in the log is known. */
  commands: Uint8Array[] = [];
  readonly outcomes: Outcome<Result>[] = [];
  bytes = 0;
  /** When its callers are told that it took too long, in monotonic ms. */
  readonly deadline: TimeMs;
  /** How long it may wait for a leader to be known. */
  readonly holdUntil: TimeMs;
  /** Not to be handed over before: whoever is thought to lead has just turned it away. */
  retryAt: TimeMs = Number.NEGATIVE_INFINITY;
  /** The leader that it was forwarded to; 0 when it was not. */
  forwardedTo: MemberId = 0;
  /** Where the first command stands, once known, and in which term; 0 before. */
  firstIndex: LogIndex = 0;
  term: Term = 0;
  /** Outcomes already told, from the front. */
  #settled = 0;

  constructor(deadline: TimeMs, holdUntil: TimeMs) {
    this.deadline = deadline;
    this.holdUntil = holdUntil;
  }

  get unsettled(): number {
    return this.outcomes.length - this.#settled;
  }

  /** The place in the log is known; the commands need not be kept any longer. */
  place(firstIndex: LogIndex, term: Term): void {
    this.firstIndex = firstIndex;
    this.term = term;
    this.commands = [];
  }

  /**
   * Tells the outcomes that applying `entries` (contiguous; `results` beside them) decides. An entry of ours is the one
   * with our index *and* our term. Where another term's stands at our index, ours never was and never will be committed
   * (Log Matching, Leader Completeness); the same holds at every index from an applied entry of a later term on, since a
   * log's terms never fall. Until then an entry that lost its leader may still be committed by the next one, so its
   * callers wait. Returns how many were told.
   */
  settle(entries: readonly Entry[], results: readonly (Result | undefined)[], outcomes: Outcomes): number {
    const before = this.#settled;
    const first = (entries[0] as Entry).index;
    const last = entries.at(-1) as Entry;
    const count = this.outcomes.length;
    while (this.#settled < count) {
      const index = this.firstIndex + this.#settled;
      if (index > last.index) break;
      const entry = entries[index - first] as Entry;
      const outcome = this.outcomes[this.#settled++] as Outcome<Result>;
      if (entry.term === this.term) outcomes.succeed(outcome, results[index - first] as Result);
      else outcomes.fail(outcome, this.#replaced(entry.term));
    }
    if (this.#settled < count && last.term > this.term) {
      outcomes.failAll(this.#takeRest(), this.#replaced(last.term));
    }
    return this.#settled - before;
  }

  #takeRest(): Outcome<Result>[] {
    const rest = this.outcomes.slice(this.#settled);
    this.#settled = this.outcomes.length;
    return rest;
  }

  #replaced(term: Term): ReplicaError {
    return new ReplicaError(
      "leader-changed",
      `the leader of term ${this.term} was replaced, and an entry of term ${term} stands in the command's place`,
    );
  }

  /** Tells every caller that has no outcome yet. Returns how many were told. */
  failRest(error: ReplicaError, outcomes: Outcomes): number {
    const count = this.unsettled;
    outcomes.failAll(this.#takeRest(), error);
    return count;
  }

  /** As `failRest`, for those placed at `index` or before it. */
  failUpTo(index: LogIndex, error: ReplicaError, outcomes: Outcomes): number {
    const from = this.#settled;
    const count = Math.max(from, index - this.firstIndex + 1);
    this.#settled = Math.min(count, this.outcomes.length);
    outcomes.failAll(this.outcomes.slice(from, this.#settled), error);
    return this.#settled - from;
  }
}
