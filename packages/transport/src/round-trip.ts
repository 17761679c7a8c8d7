import { readU53, writeU53 } from "@quorate/raft";

/** Weight of a new sample in the smoothed round-trip time (RFC 6298 §2.3). */
const sampleWeight = 1 / 8;

/** Pings without an answer are remembered up to this many: more than fit into T at four to a T. */
const maxUnanswered = 16;

/** Pings of one control connection: the smoothed round-trip time, and for how long none was answered. */
export class RoundTrip {
  #smoothedMs: number | undefined;
  #nextSequence = 1;
  /** Ascending by sequence and by time. */
  #unanswered: { readonly sequence: number; readonly sentAt: number }[] = [];

  /** Of this connection; undefined before its first answer. */
  get smoothedMs(): number | undefined {
    return this.#smoothedMs;
  }

  /** The payload of the next ping. */
  get nextPayload(): Uint8Array {
    const payload = new Uint8Array(8);
    writeU53(payload, 0, this.#nextSequence);
    return payload;
  }

  /** The ping with `nextPayload` has been sent. */
  sent(now: number): void {
    if (this.#unanswered.length < maxUnanswered) {
      this.#unanswered.push({ sequence: this.#nextSequence, sentAt: now });
    }
    this.#nextSequence++;
  }

  /** A pong came. A sentence when it answers no ping. `measured` is told how long it took, in ms. */
  answered(now: number, payload: Uint8Array, measured: (ms: number) => void): string | undefined {
    const sequence = payload.length === 8 ? readU53(payload, 0) : Number.NaN;
    if (!(sequence >= 1 && sequence < this.#nextSequence)) return "an answer to a ping that was not sent";
    const ping = this.#unanswered.find((one) => one.sequence === sequence);
    if (ping !== undefined) {
      const sampleMs = Math.max(0, now - ping.sentAt);
      measured(sampleMs);
      this.#smoothedMs =
        this.#smoothedMs === undefined ? sampleMs : this.#smoothedMs + (sampleMs - this.#smoothedMs) * sampleWeight;
    }
    // An answer to a later ping answers the earlier ones: answers come in order.
    this.#unanswered = this.#unanswered.filter((one) => one.sequence > sequence);
    return undefined;
  }

  /** For how long the oldest unanswered ping has waited, in ms; 0 when there is none. */
  unansweredMs(now: number): number {
    const oldest = this.#unanswered[0];
    return oldest === undefined ? 0 : now - oldest.sentAt;
  }
}
