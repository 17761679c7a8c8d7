import type { Logger } from "@quorate/host";

/** The same reason from the same machine is said again after so long, in ms. */
const quietMs = 60_000;
/** Reasons and machines that are remembered. */
const maxRemembered = 100;

/** Says which connections of members were refused (or taken in spite of something), and why, without being flooded by those who try for ever. */
export class RefusalLog {
  readonly #logger: Logger;
  readonly #message: string;
  readonly #saidAt = new Map<string, number>();
  #count = 0;

  constructor(logger: Logger, message: string) {
    this.#logger = logger;
    this.#message = message;
  }

  get count(): number {
    return this.#count;
  }

  refused(remote: string, reason: string): void {
    this.#count++;
    const now = performance.now();
    const what = `${remote.slice(0, remote.lastIndexOf(":"))} ${reason}`;
    if (now - (this.#saidAt.get(what) ?? Number.NEGATIVE_INFINITY) < quietMs) return;
    this.#saidAt.delete(what);
    for (const oldest of this.#saidAt.keys()) {
      if (this.#saidAt.size < maxRemembered) break;
      this.#saidAt.delete(oldest);
    }
    this.#saidAt.set(what, now);
    this.#logger.warn(this.#message, { remote, reason });
  }
}
