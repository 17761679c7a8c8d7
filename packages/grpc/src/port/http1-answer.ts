import type { ServerResponse } from "node:http";
import type { Shared } from "../calls/shared.ts";
import type { HttpHeaders } from "../http-handler.ts";
import { Unsent } from "./unsent.ts";

/** What goes out of one HTTP/1.1 exchange: counted with what all connections have unsent, and cut when it does not move. */
export class Http1Answer {
  readonly #outgoing: ServerResponse;
  readonly #unsent: Unsent;

  constructor(shared: Shared, outgoing: ServerResponse) {
    this.#outgoing = outgoing;
    this.#unsent = new Unsent(shared, outgoing);
    outgoing.on("drain", () => this.#unsent.count());
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
    return this.#unsent.bytes;
  }

  /** After each write. False: this client, or all together, leave too much waiting. */
  count(): boolean {
    return this.#unsent.count();
  }

  /** Nothing more goes out. */
  closed(): void {
    this.#unsent.closed();
  }

  /** Whether nothing has moved for too long; asked about every second. */
  isStalled(now: number): boolean {
    return this.#unsent.isStalled(now);
  }
}
