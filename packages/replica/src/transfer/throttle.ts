import type { Clock } from "@quorate/host";

/** Waits shorter than this are not worth a timer, in ms. */
const leastWaitMs = 2;
/** What may be spent at once after a rest, in ms of the rate. */
const burstMs = 50;

/** Keeps a stream at a rate on average. */
export class Throttle {
  readonly #clock: Clock;
  readonly #bytesPerMs: number;
  /** Up to when what was spent is paid for (monotonic ms). */
  #paidAt = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock, bytesPerSecond: number) {
    this.#clock = clock;
    this.#bytesPerMs = bytesPerSecond / 1000;
  }

  /** How long to wait before more is spent, in ms; 0 for not at all. */
  waitMs(): number {
    const wait = this.#paidAt - this.#clock.monotonicMs();
    return wait < leastWaitMs ? 0 : wait;
  }

  spent(bytes: number): void {
    const earliest = this.#clock.monotonicMs() - burstMs;
    this.#paidAt = Math.max(this.#paidAt, earliest) + bytes / this.#bytesPerMs;
  }
}
