import type { RequestHead } from "./request-head.ts";

/** Longer blocks are not worth the comparison. */
const maxBlockBytes = 256;

/**
 * The last header block and what it said. A client that repeats a call sends the same few bytes again, all of them indexes
 * into tables; while the dynamic table stays as it was they mean the same.
 */
export class HeadCache {
  readonly #block: Buffer = Buffer.allocUnsafe(maxBlockBytes);
  #length = -1;
  #changes = 0;
  #head: RequestHead | undefined;

  /** `changes`: see `HeaderDecoder.changes`. */
  find(bytes: Buffer, start: number, end: number, changes: number): RequestHead | undefined {
    if (changes !== this.#changes || end - start !== this.#length) return undefined;
    const block = this.#block;
    for (let index = 0; index < this.#length; index++) if (bytes[start + index] !== block[index]) return undefined;
    return this.#head;
  }

  /** For a block that changed nothing in the table. */
  keep(bytes: Buffer, start: number, end: number, changes: number, head: RequestHead): void {
    if (end - start > maxBlockBytes) return;
    this.#length = bytes.copy(this.#block, 0, start, end);
    this.#changes = changes;
    this.#head = head;
  }
}
