import type { ServerResponse } from "node:http";
import type { Shared } from "../calls/shared.ts";
import type { HttpHeaders } from "../http-handler.ts";

/** What goes out of one HTTP/1.1 exchange: counted with what all connections have unsent, and cut when it does not move. */
export class Http1Answer {
  readonly #shared: Shared;
  readonly #outgoing: ServerResponse;
  #counted = 0;
  #stalledSince = 0;

  constructor(shared: Shared, outgoing: ServerResponse) {
    this.#shared = shared;
    this.#outgoing = outgoing;
    outgoing.on("drain", () => this.count());
    outgoing.on("error", () => {});
  }

  /** `length`: of the body in bytes; undefined when nobody knows it yet: it is sent in chunks. */
  begin(
    status: number,
    contentType: string,
    length: number | undefined,
    mustClose: boolean,
    headers?: HttpHeaders,
  ): void {
    this.#outgoing.writeHead(status, {
      "content-type": contentType,
      ...(length === undefined ? {} : { "content-length": length }),
      "x-content-type-options": "nosniff",
      ...(mustClose ? { connection: "close" } : {}),
      ...headers,
    });
  }

  /** Bytes that wait for the client. */
  get unsentBytes(): number {
    return this.#outgoing.writableLength;
  }

  /** After each write. False: this client, or all together, leave too much waiting. */
  count(): boolean {
    const shared = this.#shared;
    const unsent = this.#outgoing.destroyed ? 0 : this.#outgoing.writableLength;
    if (unsent !== this.#counted) this.#stalledSince = 0;
    shared.unsentBytes += unsent - this.#counted;
    this.#counted = unsent;
    const { maxUnsentResponseBytes, maxUnsentTotalBytes } = shared.limits;
    return unsent <= maxUnsentResponseBytes && shared.unsentBytes <= maxUnsentTotalBytes;
  }

  /** Nothing more goes out. */
  closed(): void {
    this.#shared.unsentBytes -= this.#counted;
    this.#counted = 0;
  }

  /** Whether nothing has moved for too long; asked about every second. */
  isStalled(now: number): boolean {
    this.count();
    if (this.#counted === 0) return false;
    if (this.#stalledSince === 0) this.#stalledSince = now;
    return now - this.#stalledSince > this.#shared.limits.sendStallTimeoutMs;
  }
}
