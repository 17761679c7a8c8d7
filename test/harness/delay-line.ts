interface Held {
  readonly bytes: Buffer;
  readonly dueAtMs: number;
}

/** One direction of a slow link: bytes come out in their order, each some time after it went in. */
export class DelayLine {
  /** Bytes that went in and have not come out. */
  heldBytes = 0;
  readonly #deliver: (bytes: Buffer) => void;
  readonly #held: Held[] = [];
  #timer: NodeJS.Timeout | undefined;
  #ended: (() => void) | undefined;

  constructor(deliver: (bytes: Buffer) => void) {
    this.#deliver = deliver;
  }

  push(bytes: Buffer, delayMs: number): void {
    if (delayMs === 0 && this.#held.length === 0) {
      this.#deliver(bytes);
      return;
    }
    this.heldBytes += bytes.length;
    this.#held.push({ bytes, dueAtMs: performance.now() + delayMs });
    this.#timer ??= setTimeout(() => this.#flush(), delayMs);
  }

  /** Nothing more goes in; `ended` is called when the last has come out. */
  end(ended: () => void): void {
    this.#ended = ended;
    if (this.#held.length === 0) ended();
  }

  /** What is held is lost. */
  destroy(): void {
    clearTimeout(this.#timer);
    this.#held.length = 0;
    this.heldBytes = 0;
  }

  #flush(): void {
    this.#timer = undefined;
    // A timer may fire a little early by this clock; a millisecond does not matter to a link that is slow.
    const now = performance.now() + 1;
    for (let first = this.#held[0]; first !== undefined && first.dueAtMs <= now; first = this.#held[0]) {
      this.#held.shift();
      this.heldBytes -= first.bytes.length;
      this.#deliver(first.bytes);
    }
    const next = this.#held[0];
    if (next !== undefined) this.#timer = setTimeout(() => this.#flush(), Math.max(0, next.dueAtMs - now));
    else this.#ended?.();
  }
}
