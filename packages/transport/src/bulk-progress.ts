import { readU53, writeU53 } from "@quorate/raft";
import type { Connection } from "./connection.ts";

/**
 * Whether bulk gets through, for one bulk connection. Each side tells the other over the *control* lane how many bytes of
 * its bulk lane have arrived: a heartbeat that comes through proves nothing about bulk, and a report on the bulk lane
 * itself could be stuck behind bulk of the other direction.
 */
export class BulkProgress {
  readonly #connection: Connection;
  /** How many of our bytes the other side has. */
  #acknowledged = 0;
  /** When that last rose, or when bytes first waited for it. */
  #movedAt: number;
  #reported = 0;

  constructor(connection: Connection, now: number) {
    this.#connection = connection;
    this.#movedAt = now;
  }

  /** Call before each send. `now` is read only when nothing was on its way. */
  willSend(now: () => number): void {
    if (this.#connection.sentBytes === this.#acknowledged) this.#movedAt = now();
  }

  /** Reports go over a new control connection: what was reported on the one before may be lost. */
  controlChanged(now: number): void {
    this.#reported = 0;
    this.#movedAt = now;
  }

  /** What to report, as the payload of a frame; undefined when nothing has come since the last report. */
  get report(): Uint8Array | undefined {
    if (this.#connection.receivedBytes === this.#reported) return undefined;
    const payload = new Uint8Array(16);
    writeU53(payload, 0, this.#connection.terms.id);
    writeU53(payload, 8, this.#connection.receivedBytes);
    return payload;
  }

  /** The report of this moment has been sent. */
  wasReported(): void {
    this.#reported = this.#connection.receivedBytes;
  }

  /** The other side reports. A sentence when it claims what cannot be. */
  learn(now: number, payload: Uint8Array): string | undefined {
    const received = payload.length === 16 ? readU53(payload, 8) : Number.NaN;
    if (Number.isNaN(received)) return "a malformed report of progress";
    // A late report on an earlier connection says nothing about this one.
    if (readU53(payload, 0) !== this.#connection.terms.id) return undefined;
    if (received > this.#connection.sentBytes) return "a report of more bytes than were sent";
    if (received > this.#acknowledged) {
      this.#acknowledged = received;
      this.#movedAt = now;
    }
    return undefined;
  }

  /** How many bytes wait to be acknowledged. */
  get outstandingBytes(): number {
    return this.#connection.sentBytes - this.#acknowledged;
  }

  /** For how long bytes have waited without any of them getting through, in ms; 0 when none wait. */
  stalledMs(now: number): number {
    return this.outstandingBytes > 0 ? now - this.#movedAt : 0;
  }
}
