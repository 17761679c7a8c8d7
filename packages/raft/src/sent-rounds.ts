import type { TimeMs } from "./types.ts";

/** At most so many rounds of one T are kept. */
const keptPerTimeout = 50;

interface SentRound {
  readonly round: number;
  readonly at: TimeMs;
}

/**
 * When the heartbeat rounds of the last T were sent. Reads may send thousands of rounds a second, so only one in each
 * T/50 is kept; any later one counts as sent when the last kept one before it was. That is never later than the truth:
 * what is concluded from it (a quorum followed us since then) stays true, and is at most T/50 older than it could be.
 */
export class SentRounds {
  /** Ascending in both. */
  readonly #kept: SentRound[] = [];

  get size(): number {
    return this.#kept.length;
  }

  /** Round `round` goes out now, with an election timeout of `timeoutMs`. */
  sent(round: number, now: TimeMs, timeoutMs: number): void {
    const kept = this.#kept;
    while (kept.length > 0 && (kept[0] as SentRound).at <= now - timeoutMs) kept.shift();
    const last = kept.at(-1);
    if (last === undefined || now - last.at >= timeoutMs / keptPerTimeout) kept.push({ round, at: now });
  }

  /** When the rounds so far were sent is no longer known. */
  forget(): void {
    this.#kept.length = 0;
  }

  /** A time at or before `round` was sent, less than T/50 before it; undefined for a round that is older than T. */
  sentAt(round: number): TimeMs | undefined {
    return this.#kept.findLast((sent) => sent.round <= round)?.at;
  }
}
