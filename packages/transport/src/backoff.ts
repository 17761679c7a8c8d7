import type { Random } from "@quorate/host";

/**
 * How long to wait before the next attempt: twice as long each time up to a bound, and of that a random part between the
 * half and the whole, so that members that lost each other at the same moment do not come back at the same moment.
 */
export class Backoff {
  readonly #leastMs: number;
  readonly #mostMs: number;
  readonly #random: Random;
  #nextMs: number;

  constructor(leastMs: number, mostMs: number, random: Random) {
    this.#leastMs = leastMs;
    this.#mostMs = mostMs;
    this.#random = random;
    this.#nextMs = leastMs;
  }

  /** The next wait in ms. */
  next(): number {
    const waitMs = this.#nextMs * (0.5 + this.#random.next() / 2);
    this.#nextMs = Math.min(this.#mostMs, this.#nextMs * 2);
    return waitMs;
  }

  reset(): void {
    this.#nextMs = this.#leastMs;
  }
}
