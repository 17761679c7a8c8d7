import type { Clock, LogFields, Logger } from "@quorate/host";

const windowMs = 10_000;
const linesPerWindow = 10;

/** Lines that strangers can cause, at most ten of a kind in ten seconds; the next one says how many were left out. */
export class LogLimiter {
  readonly #clock: Clock;
  readonly #logger: Logger;
  /** By message, of which the transport has a handful. */
  readonly #windows = new Map<string, { beganAt: number; lines: number; suppressed: number }>();

  constructor(clock: Clock, logger: Logger) {
    this.#clock = clock;
    this.#logger = logger;
  }

  /** Whether the line was written. */
  warn(message: string, fields: LogFields): boolean {
    const now = this.#clock.monotonicMs();
    const window = this.#windows.get(message) ?? { beganAt: now, lines: 0, suppressed: 0 };
    this.#windows.set(message, window);
    if (now - window.beganAt >= windowMs) {
      window.beganAt = now;
      window.lines = 0;
    }
    if (window.lines >= linesPerWindow) {
      window.suppressed++;
      return false;
    }
    window.lines++;
    this.#logger.warn(message, window.suppressed > 0 ? { ...fields, suppressed: window.suppressed } : fields);
    window.suppressed = 0;
    return true;
  }
}
