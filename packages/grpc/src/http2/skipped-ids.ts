const kept = 16;

/** The gaps that a client has left in its numbers: a stream in one of them may never be opened (RFC 9113 §5.1.1). */
export class SkippedIds {
  /** The streams opened before and after each gap. */
  #gaps: (readonly [before: number, after: number])[] = [];

  add(before: number, after: number): void {
    this.#gaps.push([before, after]);
    if (this.#gaps.length > kept) this.#gaps.shift();
  }

  has(id: number): boolean {
    return this.#gaps.some(([before, after]) => id > before && id < after);
  }
}
