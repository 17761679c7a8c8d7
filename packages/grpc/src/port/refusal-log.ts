import type { Logger } from "@quorate/host";

/** At most one line in this many ms: whoever sends garbage must not fill the disk with our log. */
const quietMs = 1000;

/** Says which connections were refused, and why, without being flooded. */
export class RefusalLog {
  readonly #logger: Logger;
  #saidAt = Number.NEGATIVE_INFINITY;
  #unsaid = 0;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  refused(remote: string, reason: string): void {
    const now = performance.now();
    if (now - this.#saidAt < quietMs) {
      this.#unsaid++;
      return;
    }
    this.#saidAt = now;
    const others = this.#unsaid > 0 ? { othersSinceTheLastLine: this.#unsaid } : {};
    this.#unsaid = 0;
    this.#logger.warn("client connection refused", { remote, reason, ...others });
  }
}
