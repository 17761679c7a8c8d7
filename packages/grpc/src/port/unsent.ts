import type { Shared } from "../calls/shared.ts";

/** What goes out to one client: counted with what all connections have unsent, and watched for whether it moves. */
export class Unsent {
  readonly #shared: Shared;
  readonly #output: { readonly writableLength: number; readonly destroyed: boolean };
  #counted = 0;
  #stalledSince = 0;

  constructor(shared: Shared, output: { readonly writableLength: number; readonly destroyed: boolean }) {
    this.#shared = shared;
    this.#output = output;
  }

  /** Bytes that wait for the client. */
  get bytes(): number {
    return this.#output.writableLength;
  }

  /** After each write. False: this client, or all together, leave too much waiting. */
  count(): boolean {
    const shared = this.#shared;
    const unsent = this.#output.destroyed ? 0 : this.#output.writableLength;
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
