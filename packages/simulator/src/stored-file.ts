import type { RandomStream } from "./random-streams.ts";

/** What a disk writes whole or not at all: a sector. */
export const blockBytes = 512;

/**
 * One file's contents, twice: as a reader sees them now, and what a power cut would leave. Between two syncs the disk may
 * write any changed block in any order, so after a power cut each block that was not synced is old or new, one by one
 * (etcd#6378: two appends reordered before fdatasync). A block is never torn.
 */
export class StoredFile {
  #bytes = new Uint8Array(4 * blockBytes);
  #size = 0;
  #durableSize = 0;
  /** What the disk holds of each block that was changed since the last sync. */
  #undo = new Map<number, Uint8Array>();
  /** What the blocks of the last sync but one held before it, where the last one did not write them again. */
  #beforeLastButOne = new Map<number, Uint8Array>();
  #beforeLast = new Map<number, Uint8Array>();
  /** Where the last write began that was synced at once: everything before it was durable before it was written. */
  #lastBatchAt = 0;
  /**
   * Blocks that a failed sync left behind. The kernel has marked them clean, so later syncs succeed without writing them
   * (ATC'20, "Can applications recover from fsync failures?"): readable until the power is cut, and then gone.
   */
  readonly #lost = new Map<number, Uint8Array>();

  get size(): number {
    return this.#size;
  }

  get unsyncedBlocks(): number {
    return this.#undo.size;
  }

  read(offset: number, length: number): Uint8Array {
    return this.#bytes.slice(Math.min(offset, this.#size), Math.min(offset + length, this.#size));
  }

  write(offset: number, bytes: Uint8Array): void {
    const end = offset + bytes.length;
    this.#reserve(end);
    if (bytes.length > 0) this.#remember(Math.min(offset, this.#size), end);
    this.#bytes.set(bytes, offset);
    this.#size = Math.max(this.#size, end);
  }

  truncate(size: number): void {
    this.#reserve(size);
    this.#remember(Math.min(size, this.#size), Math.max(size, this.#size));
    this.#bytes.fill(0, Math.min(size, this.#size), this.#bytes.length);
    this.#size = size;
  }

  sync(): void {
    this.#beforeLastButOne = this.#beforeLast;
    for (const block of this.#undo.keys()) this.#beforeLastButOne.delete(block);
    this.#beforeLast = this.#undo;
    this.#undo = new Map();
    this.#durableSize = this.#size;
  }

  /** The next sync is that of a batch which begins here, and says that what is before it was durable. */
  batchAt(offset: number): void {
    this.#lastBatchAt = Math.max(this.#lastBatchAt, offset);
  }

  /** Up to where the contents were durable for sure when the last batch was written. */
  get settledBytes(): number {
    return Math.min(this.#lastBatchAt, this.#durableSize);
  }

  /**
   * The disk gives other bytes than it was given, from now on: `bytes` at `offset`, power cut or not. What it holds of
   * changes that are not synced yet is damaged with them.
   */
  damage(offset: number, bytes: Uint8Array): void {
    const length = Math.min(bytes.length, this.#size - offset);
    if (length > 0) this.#bytes.set(bytes.subarray(0, length), offset);
  }

  /** A block of the last batch but one as it was before: the disk said that it had written it. Undefined for none. */
  lostBlock(choice: number): { readonly offset: number; readonly bytes: Uint8Array } | undefined {
    const blocks = [...this.#beforeLastButOne];
    const chosen = blocks[Math.floor(choice * blocks.length)];
    return chosen && { offset: chosen[0] * blockBytes, bytes: chosen[1] };
  }

  /** The file ends here: what was behind is gone. */
  cutShort(size: number): void {
    this.#bytes.fill(0, size, this.#size);
    this.#size = Math.min(size, this.#size);
    this.#durableSize = Math.min(size, this.#durableSize);
  }

  /** The sync failed: an arbitrary part was written, the rest is marked clean all the same. */
  failSync(random: RandomStream): void {
    for (const [block, old] of this.#undo) if (random.chance(0.5)) this.#lost.set(block, old);
    this.#undo.clear();
    if (random.chance(0.5)) this.#durableSize = this.#size;
  }

  /**
   * The power is cut. Only what was synced is sure to be there; `survive` is the probability that an unsynced block was
   * written all the same. Returns how many blocks went back to what they were.
   */
  cutPower(random: RandomStream, survive: number): number {
    let reverted = 0;
    for (const [block, old] of this.#undo) {
      if (random.chance(survive)) continue;
      this.#bytes.set(old, block * blockBytes);
      reverted++;
    }
    for (const [block, old] of this.#lost) this.#bytes.set(old, block * blockBytes);
    reverted += this.#lost.size;
    this.#undo.clear();
    this.#lost.clear();
    if (this.#size !== this.#durableSize && !random.chance(survive)) this.#size = this.#durableSize;
    this.#bytes.fill(0, this.#size);
    this.#durableSize = this.#size;
    return reverted;
  }

  /** Another file, with what a power cut would surely leave of this one. */
  durableCopy(): StoredFile {
    const copy = new StoredFile();
    copy.#bytes = this.#bytes.slice();
    for (const changed of [this.#undo, this.#lost]) {
      for (const [block, old] of changed) copy.#bytes.set(old, block * blockBytes);
    }
    copy.#size = this.#durableSize;
    copy.#durableSize = this.#durableSize;
    copy.#bytes.fill(0, copy.#size);
    copy.#lastBatchAt = Math.min(this.#lastBatchAt, this.#durableSize);
    return copy;
  }

  /** Keeps the old contents of the blocks in [start, end), once between two syncs. */
  #remember(start: number, end: number): void {
    for (let block = Math.floor(start / blockBytes); block * blockBytes < end; block++) {
      if (this.#undo.has(block)) continue;
      const lost = this.#lost.get(block);
      this.#lost.delete(block);
      const at = block * blockBytes;
      this.#undo.set(block, lost ?? this.#bytes.slice(at, at + blockBytes));
    }
  }

  #reserve(size: number): void {
    const needed = Math.ceil(size / blockBytes) * blockBytes;
    if (needed <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    larger.set(this.#bytes);
    this.#bytes = larger;
  }
}
