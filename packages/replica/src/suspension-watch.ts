import type { Clock, Logger } from "@quorate/host";

/** The two clocks may differ by this much, in ms, without a suspension: they are not read at the same instant. */
const toleranceMs = 50;

/**
 * Notices that the machine was suspended: the monotonic clock stood still while the boot clock went on (DESIGN §3).
 * Whatever was promised about time before is then void.
 */
export class SuspensionWatch {
  readonly #clock: Clock;
  readonly #logger: Logger;
  #distanceMs: number;

  constructor(clock: Clock, logger: Logger) {
    this.#clock = clock;
    this.#logger = logger;
    this.#distanceMs = clock.bootMs() - clock.monotonicMs();
  }

  /** Call it when time passes. Returns for how long the machine was suspended since the last call, in ms; 0 for not. */
  look(): number {
    const distanceMs = this.#clock.bootMs() - this.#clock.monotonicMs();
    const suspendedMs = distanceMs - this.#distanceMs;
    if (suspendedMs < toleranceMs) return 0;
    this.#distanceMs = distanceMs;
    this.#logger.warn("the machine was suspended", { suspendedMs: Math.round(suspendedMs) });
    return suspendedMs;
  }
}
