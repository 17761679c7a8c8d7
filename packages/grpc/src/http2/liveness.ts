import type { ServerLimits } from "../limits.ts";

/** What is found of a connection. */
export type Finding = "well" | "ask" | "silent" | "stalled" | "no-settings" | "incomplete";

/** What a connection is doing when it is looked at. */
export interface Condition {
  readonly hasSettings: boolean;
  /** Names the frame or the header block of which part has come and the rest has not; undefined when there is none. */
  readonly incomplete: number | undefined;
  /** Bytes that the system has not taken of what was written. */
  readonly writableBytes: number;
}

/** Whether a connection lives, and whether its client does what it has begun, looked at about every second. */
export class Liveness {
  readonly #limits: ServerLimits;
  readonly #openedAt = performance.now();
  #hasReceived = false;
  #receivedAt = performance.now();
  /** When the client was asked; 0: it was not. */
  #askedAt = 0;
  #incomplete: number | undefined;
  #incompleteSince = 0;
  #writableBytes = 0;
  #writableSince = 0;

  constructor(limits: ServerLimits) {
    this.#limits = limits;
  }

  /** Bytes have come. The time is taken when somebody looks: this is the hot path. */
  received(): void {
    this.#hasReceived = true;
  }

  look(now: number, { hasSettings, incomplete, writableBytes }: Condition): Finding {
    const { receiveTimeoutMs, sendStallTimeoutMs } = this.#limits;
    if (!hasSettings) return now - this.#openedAt > receiveTimeoutMs ? "no-settings" : "well";
    // A busy client is in the middle of something whenever one looks, and not of the same.
    if (incomplete === undefined || incomplete !== this.#incomplete) {
      this.#incomplete = incomplete;
      this.#incompleteSince = now;
    } else if (now - this.#incompleteSince > receiveTimeoutMs) return "incomplete";
    if (writableBytes === 0 || writableBytes !== this.#writableBytes) {
      this.#writableBytes = writableBytes;
      this.#writableSince = now;
    } else if (now - this.#writableSince > sendStallTimeoutMs) return "stalled";
    return this.#listen(now);
  }

  #listen(now: number): Finding {
    const { keepAliveIntervalMs, keepAliveTimeoutMs } = this.#limits;
    if (this.#hasReceived) {
      this.#hasReceived = false;
      this.#receivedAt = now;
      this.#askedAt = 0;
      return "well";
    }
    if (this.#askedAt !== 0) return now - this.#askedAt > keepAliveTimeoutMs ? "silent" : "well";
    if (now - this.#receivedAt <= keepAliveIntervalMs) return "well";
    this.#askedAt = now;
    return "ask";
  }
}
