import type { Clock, Logger } from "@quorate/host";

/**
 * The two clocks may drift apart by this much, in ms, without a suspension: Linux tells the time since boot in steps of 10 ms
 * (packages/host-node/src/clock.ts). So a shorter suspension is not noticed, and a lease may outlive its bound by that; it is
 * of the size of what the drift bound keeps in hand (1 % of T, and real clocks need a twentieth of it), and no machine
 * goes to sleep and wakes up within 15 ms.
 */
const toleranceMs = 15;

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
