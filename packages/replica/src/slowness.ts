import type { TimeMs } from "@quorate/raft";

/** What takes longer than this part of an election timeout is slow. */
const slowPart = 1 / 4;
/** One slow thing counts for this part of an election timeout at most: a machine may be paused, and go on as before. */
const mostPart = 1 / 2;
/** What is quick again makes up for so much slow time. */
const quickWeight = 2;
/** So many election timeouts of slow time are too much; as long without anything to judge by, and all is forgotten. */
const limitTimeouts = 3;

/** Adds up for how long something has been slow, against for how long it was quick: outliers pass, slowness stays. */
export class Slowness {
  #slowMs = 0;
  #seenAt: TimeMs;

  constructor(now: TimeMs) {
    this.#seenAt = now;
  }

  /** It took `tookMs`, of a time in which it was asked for something. */
  saw(now: TimeMs, tookMs: number, timeoutMs: number): void {
    const elapsedMs = now - this.#seenAt;
    this.#seenAt = now;
    if (elapsedMs > limitTimeouts * timeoutMs) this.#slowMs = 0;
    if (tookMs > timeoutMs * slowPart) this.#slowMs += Math.min(tookMs, elapsedMs, timeoutMs * mostPart);
    else this.#slowMs = Math.max(0, this.#slowMs - quickWeight * elapsedMs);
  }

  isTooMuch(now: TimeMs, timeoutMs: number): boolean {
    const isKnown = now - this.#seenAt <= limitTimeouts * timeoutMs;
    return isKnown && this.#slowMs >= limitTimeouts * timeoutMs;
  }

  forget(now: TimeMs): void {
    this.#slowMs = 0;
    this.#seenAt = now;
  }
}
