/** gRPC's servers forgive so many pings that come too early, and then say "too_many_pings". */
const maxStrikes = 2;

/**
 * Keep-alive pings of clients: allowed at a least distance, with calls or without. What the server sends resets the count, as
 * clients measure their bandwidth with a ping for what they receive.
 */
export class PingPolicy {
  readonly #minMs: number;
  #lastAt = Number.NEGATIVE_INFINITY;
  #strikes = 0;

  constructor(minMs: number) {
    this.#minMs = minMs;
  }

  /** Headers or data have been sent to the client. */
  responded(): void {
    this.#lastAt = Number.NEGATIVE_INFINITY;
    this.#strikes = 0;
  }

  /** A ping has come; false when it is one too many. */
  pinged(now: number): boolean {
    if (now - this.#lastAt < this.#minMs) this.#strikes++;
    this.#lastAt = now;
    return this.#strikes <= maxStrikes;
  }
}
