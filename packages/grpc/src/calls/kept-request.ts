import type { Shared } from "./shared.ts";

/** What is kept of one unfinished request: a part of what all connections may keep together, and for a limited time. */
export class KeptRequest {
  readonly #shared: Shared;
  #bytes = 0;
  #since = 0;

  constructor(shared: Shared) {
    this.#shared = shared;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** False: it is more than all connections may keep together. */
  set(bytes: number): boolean {
    const grew = bytes > this.#bytes;
    this.#shared.partialRequestBytes += bytes - this.#bytes;
    this.#bytes = bytes;
    if (bytes === 0) this.#since = 0;
    return !grew || this.#shared.partialRequestBytes <= this.#shared.limits.maxPartialRequestBytes;
  }

  /** Whether it takes too long to become whole; asked about every second. */
  isOverdue(now: number): boolean {
    if (this.#bytes === 0) return false;
    if (this.#since === 0) this.#since = now;
    return now - this.#since > this.#shared.limits.receiveTimeoutMs;
  }
}
