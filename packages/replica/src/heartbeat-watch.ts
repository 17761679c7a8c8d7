import type { MemberId, Term, TimeMs } from "@quorate/raft";

/** The longest gap is that of the last one to two of these, in ms. */
const windowMs = 30_000;

/**
 * How long heartbeats of one leader in one term stay away from a follower, at the longest: the margin that is left before it
 * stands for election. Counted where they are taken in, so whatever delays them counts: the leader's event loop and ours, the
 * network, and what is sent before them.
 */
export class HeartbeatWatch {
  #from: MemberId = 0;
  #term: Term = 0;
  #heardAt: TimeMs = 0;
  #windowBeganAt: TimeMs = Number.NEGATIVE_INFINITY;
  #longestMs = 0;
  #longestBeforeMs = 0;

  /** A heartbeat of a leader arrived. */
  heard(from: MemberId, term: Term, now: TimeMs): void {
    const isSame = from === this.#from && term === this.#term;
    // The delayed heartbeat of an older term is nobody's.
    if (!isSame && term <= this.#term) return;
    this.#turn(now);
    if (isSame) this.#longestMs = Math.max(this.#longestMs, now - this.#heardAt);
    this.#from = from;
    this.#term = term;
    this.#heardAt = now;
  }

  /** In ms; 0 where none is known. Of the last half minute to a minute. */
  longestGapMs(now: TimeMs): number {
    this.#turn(now);
    return Math.max(this.#longestMs, this.#longestBeforeMs);
  }

  #turn(now: TimeMs): void {
    const age = now - this.#windowBeganAt;
    if (age < windowMs) return;
    this.#longestBeforeMs = age < 2 * windowMs ? this.#longestMs : 0;
    this.#longestMs = 0;
    this.#windowBeganAt = now;
  }
}
