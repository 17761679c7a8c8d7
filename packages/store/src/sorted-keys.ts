import type { KeyText } from "./key-text.ts";

/** Larger chunks cost more to insert into, smaller ones more chunks to search. */
const maxChunk = 256;

/** A sorted set of keys that only grows: chunks of sorted keys, each smaller than all of the next. */
export class SortedKeys {
  readonly #chunks: KeyText[][] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Adds a key that is not yet there. */
  insert(key: KeyText): void {
    this.#size++;
    const chunks = this.#chunks;
    if (chunks.length === 0) {
      chunks.push([key]);
      return;
    }
    const index = this.#chunkOf(key);
    const chunk = chunks[index] as KeyText[];
    const last = chunk[chunk.length - 1] as KeyText;
    if (key > last) chunk.push(key);
    else chunk.splice(lowerBound(chunk, key), 0, key);
    if (chunk.length <= maxChunk) return;
    // Keys that come in ascending order fill their chunks: then only the last key moves on.
    const isAscending = key > last && index === chunks.length - 1;
    chunks.splice(index + 1, 0, chunk.splice(isAscending ? maxChunk : maxChunk / 2));
  }

  /** At most `count` keys in [from, to), ascending. */
  page(from: KeyText, to: KeyText | undefined, count: number): KeyText[] {
    const page: KeyText[] = [];
    if (this.#size === 0) return page;
    let index = this.#chunkOf(from);
    let at = lowerBound(this.#chunks[index] as KeyText[], from);
    while (page.length < count) {
      const chunk = this.#chunks[index];
      if (chunk === undefined) break;
      const key = chunk[at];
      if (key === undefined) {
        index++;
        at = 0;
        continue;
      }
      if (to !== undefined && key >= to) break;
      page.push(key);
      at++;
    }
    return page;
  }

  /** The last chunk whose first key is not greater than `key`, or the first. */
  #chunkOf(key: KeyText): number {
    const chunks = this.#chunks;
    let low = 0;
    let high = chunks.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if (((chunks[middle] as KeyText[])[0] as KeyText) <= key) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}

/** The index of the first key that is not less than `key`. */
export function lowerBound(keys: readonly KeyText[], key: KeyText): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((keys[middle] as KeyText) < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
