/** Who waits for others to take what was sent to them. */
interface Waiting {
  /** There is room again. */
  roomMade(): void;
}

/**
 * What all watch streams together have sent and their clients have not taken, in bytes. Beyond the bound streams send no events until
 * there is room: events then wait in the history, where they cost nothing.
 */
export class UnsentBudget {
  readonly #maxBytes: number;
  readonly #waiting = new Set<Waiting>();
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Whether more may be sent. If not, `who` is told when it may. */
  hasRoomFor(who: Waiting): boolean {
    if (this.#bytes <= this.#maxBytes) return true;
    this.#waiting.add(who);
    return false;
  }

  change(bytes: number): void {
    this.#bytes += bytes;
    if (bytes >= 0 || this.#waiting.size === 0 || this.#bytes > this.#maxBytes) return;
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const one of waiting) one.roomMade();
  }

  forget(who: Waiting): void {
    this.#waiting.delete(who);
  }
}
