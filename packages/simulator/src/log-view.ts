import { readU32 } from "@quorate/raft";
import type { Entry, LogIndex, LogPosition, Term } from "@quorate/raft";

/**
 * A log as checkers compare it: the term and the checksum of each entry. Entries are the same where both agree, since
 * the checksum in a frame's header covers index, term, kind and payload.
 */
export class LogView {
  #terms: Term[] = [0];
  #checksums: number[] = [0];

  get lastIndex(): LogIndex {
    return this.#terms.length - 1;
  }

  get last(): LogPosition {
    return { index: this.lastIndex, term: this.#terms[this.lastIndex] as Term };
  }

  /** 0 before the first entry, undefined after the last. */
  termAt(index: LogIndex): Term | undefined {
    return this.#terms[index];
  }

  checksumAt(index: LogIndex): number | undefined {
    return this.#checksums[index];
  }

  append(entry: Entry): void {
    if (entry.index !== this.#terms.length) {
      throw new RangeError(`entry ${entry.index} cannot follow entry ${this.lastIndex}`);
    }
    this.add(entry.term, checksumOf(entry));
  }

  /** The entry after the last. */
  add(term: Term, checksum: number): void {
    this.#terms.push(term);
    this.#checksums.push(checksum);
  }

  truncateFrom(index: LogIndex): void {
    this.#terms.length = Math.min(this.#terms.length, index);
    this.#checksums.length = Math.min(this.#checksums.length, index);
  }

  /** Everything is as in `other` from now on. */
  become(other: LogView): void {
    this.#terms = other.#terms.slice();
    this.#checksums = other.#checksums.slice();
  }

  copy(): LogView {
    const copy = new LogView();
    copy.#terms = this.#terms.slice();
    copy.#checksums = this.#checksums.slice();
    return copy;
  }

  /** The same, up to and including `index` at most. */
  upTo(index: LogIndex): LogView {
    const copy = this.copy();
    copy.truncateFrom(index + 1);
    return copy;
  }

  /** The first index at which the two are not the same; one after the end where one goes on behind the other. */
  firstDifference(other: LogView): LogIndex {
    const end = Math.min(this.lastIndex, other.lastIndex);
    let index = 1;
    while (
      index <= end &&
      this.#terms[index] === other.termAt(index) &&
      this.#checksums[index] === other.checksumAt(index)
    )
      index++;
    return index;
  }

  /** The terms of all entries at this moment; the first is the 0 before the log. */
  terms(): readonly Term[] {
    return this.#terms.slice();
  }

  /** The checksums of the same entries; the first is the 0 before the log. */
  checksums(): readonly number[] {
    return this.#checksums.slice();
  }
}

/** The checksum that an entry's frame carries (see `entry.ts` of `@quorate/raft`). */
export function checksumOf(entry: Entry): number {
  return readU32(entry.frame, 4);
}
