import type { Clock, Logger, TimerHandle, Timers } from "@quorate/host";
import type { LeaseCommand } from "../lease-operations.ts";
import type { CommandResult } from "../operations.ts";
import type { Leases } from "../tables/leases.ts";
import { LeaseReign } from "./lease-reign.ts";

/** What a lessor needs from the member that it serves. Completions never come from inside of the call. */
export interface LessorParts {
  readonly clock: Pick<Clock, "monotonicMs">;
  readonly timers: Pick<Timers, "after" | "cancel" | "afterPendingInput">;
  readonly logger: Logger;
  /** Of the state that the member works with now. */
  readonly leases: () => Leases;
  /** Completes once the command is applied here, with its result. */
  readonly propose: (command: LeaseCommand, done: (error: Error | undefined, result: CommandResult) => void) => void;
  /** Completes once all that was committed anywhere before the call is applied here: a linearizable read. */
  readonly confirm: (done: (error: Error | undefined) => void) => void;
  /** The term in which this member leads as far as it knows at this moment; undefined when it does not. */
  readonly leadsIn: () => number | undefined;
  readonly electionTimeoutMs: () => number;
  /**
   * How much of a lease may pass before the log is told, in ms, or two thirds of a shorter one: what a change of leaders gives it
   * back at most. 5 minutes unless given.
   */
  readonly checkpointMs?: number;
}

/** `not-leader`: ask whoever leads, or again a little later. `failed`: the outcome is open. */
export type LessorFailure = { readonly type: "not-leader" } | { readonly type: "failed"; readonly error: Error };

export type RenewOutcome =
  | LessorFailure
  /** For so many seconds, from when it was asked on; 0 for a lease that is not there. */
  | { readonly type: "renewed"; readonly ttl: number };

export type TimeToLiveOutcome =
  | LessorFailure
  | {
      readonly type: "time-to-live";
      /** Whole seconds; -1 for a lease that is not there. */
      readonly ttl: number;
      /** 0 for a lease that is not there. */
      readonly granted: number;
    };

/** What one member has done for leases while it led. */
export interface LessorCounts {
  /** Renewals that gave a lease its time again. */
  renewed: number;
  /** Leases that ran out and were ended. */
  expired: number;
}

/** How long to wait before trying again to learn whether one leads, in ms. */
const retryMs = 50;

/**
 * Keeps the time of leases while its member leads, and has those that have run out revoked. Nobody else looks at a clock: what
 * the log says of a lease is the same on every member.
 *
 * ## Why no lease ends early
 *
 * A lease that was granted or renewed for t seconds ends t seconds after that was asked, by the clocks of those that led
 * meanwhile, or later; unless a client revokes it. By a clock that is at most r fast, that is t / (1 + r).
 *
 * 1. *Only the log ends a lease.* A leader that sees a lease run out proposes a `lease-expire`; the lease is there until that is
 *    applied, on every member at the same place of the log.
 * 2. *Only a leader of the entry's own term.* The command names the term in which its leader saw that, and counts only in an entry
 *    of that term. A leader appends entries of no term but its own, so what an old leader has seen cannot come into the log
 *    through a new one: a proposal that was held back, or passed on by a member that was deposed meanwhile, is refused as it is
 *    applied. A stalled leader that wakes up may append it to its own log, in its old term; but once another leader has
 *    committed an entry of its own, no entry of an older term can be committed behind that (Leader Completeness and Log
 *    Matching, Raft §5.3 and 5.4).
 * 3. *No renewal after the decision.* Within a term one lessor decides. What it has declared to be over it renews no more,
 *    whatever becomes of the proposal. Nor does it say that the lease is over before the log does: until then another leader may
 *    give it time again, and who was told that it is over would see it come back to life (`waiting-renewals.ts`).
 * 4. *A new leader begins behind all that.* It takes no part before it has applied everything that was committed when it was confirmed
 *    as leader, its own first entry included. So whatever older terms have put into the log is applied by then, and nothing
 *    that it renews is ended by them.
 * 5. *A renewal is confirmed.* It is answered only after a round of heartbeats that began after it was asked: so no newer leader
 *    had begun before. One that begins later gives the lease all of `remaining` again, and an election timeout on top.
 * 6. *`remaining` is never too small.* It is what was left when a leader proposed to note it, and time has passed since. A renewal of
 *    a lease of which less is noted than it was granted is answered only once the log says otherwise. Notes are fenced by term
 *    as expiries are.
 * 7. *The same id is not the same lease.* Both commands name the entry that granted the lease, so they cannot meet one that was granted
 *    after the first was revoked.
 *
 * A client should count from when it sent its request, not from when the answer came. And none of this tells a client that was stalled
 * that its lease is over: whatever must not be touched by two at a time needs a fencing token (docs/locks-and-elections.md).
 */
export class Lessor {
  /** Since the start. */
  readonly counts: LessorCounts = { renewed: 0, expired: 0 };
  readonly #parts: LessorParts;
  #term: number | undefined;
  #reign: LeaseReign | undefined;
  #retry: TimerHandle | undefined;

  constructor(parts: LessorParts) {
    this.#parts = parts;
  }

  /** Leases of which this member keeps the time; 0 while it does not lead. */
  get size(): number {
    return this.#reign?.size ?? 0;
  }

  /** Tells who leads: `term` while this member does, otherwise undefined. Repeating it changes nothing. */
  lead(term: number | undefined): void {
    if (term === this.#term) return;
    this.stop();
    this.#term = term;
    if (term !== undefined) this.#begin(term);
  }

  stop(): void {
    if (this.#retry !== undefined) this.#parts.timers.cancel(this.#retry);
    this.#retry = undefined;
    this.#reign?.end();
    this.#reign = undefined;
    this.#term = undefined;
  }

  /** Renews a lease for as long as it was granted. */
  renew(id: bigint, done: (outcome: RenewOutcome) => void): void {
    this.#confirmed(done, (reign) => reign.renew(id, done));
  }

  /** How much of a lease is left. */
  timeToLive(id: bigint, done: (outcome: TimeToLiveOutcome) => void): void {
    this.#confirmed(done, (reign) => done({ type: "time-to-live", ...reign.timeToLive(id) }));
  }

  /** Goes on once this member has been found to lead still, after the call. */
  #confirmed(done: (failure: LessorFailure) => void, use: (reign: LeaseReign) => void): void {
    const reign = this.#reign;
    if (reign === undefined || !reign.isReady) {
      this.#parts.timers.afterPendingInput(() => done({ type: "not-leader" }));
      return;
    }
    this.#parts.confirm((error) => {
      if (error !== undefined) done({ type: "failed", error });
      // A read is served on followers too: only one that this member served as the leader of that term confirms anything.
      else if (this.#reign !== reign || this.#parts.leadsIn() !== reign.term) done({ type: "not-leader" });
      else use(reign);
    });
  }

  /** From here on this member may lead; it is certain once that is confirmed. */
  #begin(term: number): void {
    const { confirm, timers, leadsIn } = this.#parts;
    this.#retry = undefined;
    confirm((error) => {
      if (this.#term !== term || this.#reign !== undefined) return;
      if (error !== undefined || leadsIn() !== term) {
        this.#retry = timers.after(retryMs, () => this.#begin(term));
        return;
      }
      this.#reign = new LeaseReign({ ...this.#parts, counts: this.counts }, term, () => {
        // Another state was put in the place of the one whose leases were timed.
        this.#reign = undefined;
        this.#begin(term);
      });
    });
  }
}
