import type { TimeMs } from "./types.ts";

const maxKept = 64;
const initialSpacingMs = 1;

/**
 * Since when the disk owes what it was given. A few numbers, however many writes wait: those in between count from the one
 * before them, so what is said is never later than the truth, and earlier by a small part of the time that has passed.
 */
export class Unstored {
  /** The first effect handed over at `at`, and when; ascending in both. */
  #kept: { readonly sequence: number; readonly at: TimeMs }[] = [];
  #spacingMs = initialSpacingMs;
  #issued = 0;

  /** Everything up to `sequence` has been handed over by `now`. */
  issued(sequence: number, now: TimeMs): void {
    if (sequence === this.#issued) return;
    const last = this.#kept.at(-1);
    if (last === undefined || now - last.at >= this.#spacingMs)
      this.#kept.push({ sequence: this.#issued + 1, at: now });
    this.#issued = sequence;
    if (this.#kept.length <= maxKept) return;
    this.#kept = this.#kept.filter((_kept, at) => at % 2 === 0);
    this.#spacingMs *= 2;
  }

  /** Everything up to `sequence` is durable. */
  stored(sequence: number): void {
    const kept = this.#kept;
    if (sequence >= this.#issued) {
      kept.length = 0;
      this.#spacingMs = initialSpacingMs;
    }
    let done = 0;
    while (done + 1 < kept.length && (kept[done + 1] as { sequence: number }).sequence <= sequence + 1) done++;
    if (done > 0) kept.splice(0, done);
  }

  get oldestAt(): TimeMs | undefined {
    return this.#kept[0]?.at;
  }
}
