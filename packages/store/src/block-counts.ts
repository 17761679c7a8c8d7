import type { KeyText } from "./key-text.ts";
import { isEmptySpan, type Span } from "./span.ts";

/** One block of adjacent keys: from `start` to the start of the next. */
export interface Block {
  readonly start: KeyText;
  /** Live keys at the newest revision. */
  count: number;
  /** What the transaction under way adds to that. */
  pending: number;
  /** Set while the block is being split: the changes since the state that is being scanned. */
  since: { readonly key: KeyText; readonly delta: number }[] | undefined;
  /** How many of those belong to complete transactions. */
  sinceCommitted: number;
}

function newBlock(start: KeyText, count: number): Block {
  return { start, count, pending: 0, since: undefined, sinceCommitted: 0 };
}

/** The persisted form, as of one checkpoint. */
export interface BlockRecord {
  readonly start: KeyText;
  readonly count: number;
}

/** A block to be split, with its span and its count at this moment. */
export interface OversizedBlock {
  readonly block: Block;
  readonly span: Span;
  readonly count: number;
}

/** How a range's count is put together: the blocks that lie inside, and the two ends that must be looked at. */
export interface RangeCount {
  readonly whole: number;
  readonly ends: readonly Span[];
}

/**
 * How many keys live in each block of adjacent keys, so that counting a large range reads two blocks at most. One entry
 * per block is in memory: a few thousand for millions of keys, read at start instead of the state.
 */
export class BlockCounts {
  #blocks: Block[];
  #total: number;
  #pendingTotal = 0;
  #touched: Block[] = [];
  readonly #dirty = new Set<Block>();
  #removed: KeyText[] = [];

  readonly #minBlockKeys: number;

  /**
   * The first block must start at the empty key; none at all for an empty store. Blocks of up to `minBlockKeys` keys are
   * not split.
   */
  constructor(records: readonly BlockRecord[], minBlockKeys: number) {
    this.#minBlockKeys = minBlockKeys;
    this.#blocks = records.map(({ start, count }) => newBlock(start, count));
    if (this.#blocks.length === 0) this.#blocks.push(newBlock("", 0));
    this.#total = records.reduce((sum, { count }) => sum + count, 0);
  }

  /** Live keys at the newest revision. */
  get total(): number {
    return this.#total;
  }

  /** About the square root of all keys: then there are not many more blocks than keys in one, however many keys. */
  get maxBlockKeys(): number {
    return Math.max(this.#minBlockKeys, Math.ceil(Math.sqrt(this.#total)));
  }

  /** A key came to life (1) or ceased to live (-1), in the transaction under way. */
  add(key: KeyText, delta: 1 | -1): void {
    const block = this.#blocks[this.#indexOf(key)] as Block;
    if (block.pending === 0) this.#touched.push(block);
    block.pending += delta;
    block.since?.push({ key, delta });
    this.#pendingTotal += delta;
  }

  /** The transaction under way is complete. */
  commit(): void {
    if (this.#touched.length === 0) return;
    for (const block of this.#touched) {
      block.count += block.pending;
      block.pending = 0;
      block.sinceCommitted = block.since?.length ?? 0;
      this.#dirty.add(block);
    }
    this.#touched = [];
    this.#total += this.#pendingTotal;
    this.#pendingTotal = 0;
  }

  /** The count of a range now; with what the transaction under way has done so far when `withPending`. */
  countOf(span: Span, withPending: boolean): RangeCount {
    if (isEmptySpan(span)) return { whole: 0, ends: [] };
    const blocks = this.#blocks;
    const first = this.#indexOf(span.from);
    const firstWhole = (blocks[first] as Block).start === span.from ? first : first + 1;
    // The block that holds `to` is not whole; without an end all blocks are.
    const end = span.to === undefined ? blocks.length : this.#indexOf(span.to);
    if (firstWhole >= end) return { whole: 0, ends: [span] };
    let whole = 0;
    for (let index = firstWhole; index < end; index++) {
      const block = blocks[index] as Block;
      whole += withPending ? block.count + block.pending : block.count;
    }
    const ends: Span[] = [];
    if (firstWhole > first) ends.push({ from: span.from, to: (blocks[firstWhole] as Block).start });
    if (span.to !== undefined) ends.push({ from: (blocks[end] as Block).start, to: span.to });
    return { whole, ends: ends.filter((part) => !isEmptySpan(part)) };
  }

  /** The first block's record, which lies where every key is covered by some block. */
  get first(): BlockRecord {
    const { start, count } = this.#blocks[0] as Block;
    return { start, count };
  }

  /** Where each block begins, ascending. */
  get starts(): readonly KeyText[] {
    return this.#blocks.map(({ start }) => start);
  }

  /** Begins a block at a key that is greater than all that were ever added, once the last block holds `keys` of them. */
  cutAt(start: KeyText, keys: number): void {
    const last = this.#blocks.at(-1) as Block;
    if (last.count + last.pending >= keys) this.#blocks.push(newBlock(start, 0));
  }

  /** For a checkpoint, between transactions: the records that have changed since the last one, small blocks joined. */
  takeChanged(): { readonly changed: readonly BlockRecord[]; readonly removed: readonly KeyText[] } {
    this.#joinSmall();
    const changed: BlockRecord[] = [];
    for (const { start, count } of this.#dirty) changed.push({ start, count });
    const removed = this.#removed;
    this.#dirty.clear();
    this.#removed = [];
    return { changed, removed };
  }

  /** The blocks to split at a checkpoint. */
  oversized(): OversizedBlock[] {
    const max = this.maxBlockKeys;
    const found: OversizedBlock[] = [];
    for (const [index, block] of this.#blocks.entries()) {
      const span = { from: block.start, to: this.#blocks[index + 1]?.start };
      if (block.count > max) found.push({ block, span, count: block.count });
    }
    return found;
  }

  /** From now on the block notes its changes: the state that `split` will be given is the one of this moment. */
  beginSplit(block: Block): void {
    block.since = [];
    block.sinceCommitted = 0;
  }

  /** Puts `parts` (as of `beginSplit`) in the block's place and repeats on them what has happened since. */
  split(block: Block, parts: readonly BlockRecord[]): void {
    const since = block.since ?? [];
    const fresh = parts.map(({ start, count }) => newBlock(start, count));
    this.#blocks.splice(this.#blocks.indexOf(block), 1, ...fresh);
    this.#dirty.delete(block);
    this.#touched = this.#touched.filter((other) => other !== block);
    for (const [index, { key, delta }] of since.entries()) {
      const part = this.#blocks[this.#indexOf(key)] as Block;
      if (index < block.sinceCommitted) {
        part.count += delta;
        this.#dirty.add(part);
      } else {
        part.pending += delta;
        this.#touched.push(part);
      }
    }
  }

  #joinSmall(): void {
    if (this.#blocks.length === 1) return;
    const small = this.maxBlockKeys / 4;
    const kept: Block[] = [];
    for (const block of this.#blocks) {
      const before = kept.at(-1);
      const isJoined = before !== undefined && this.#dirty.has(block) && before.count + block.count < small;
      if (!isJoined) {
        kept.push(block);
        continue;
      }
      before.count += block.count;
      this.#dirty.add(before);
      this.#dirty.delete(block);
      this.#removed.push(block.start);
    }
    this.#blocks = kept;
  }

  #indexOf(key: KeyText): number {
    let low = 0;
    let high = this.#blocks.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if ((this.#blocks[middle] as Block).start <= key) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}
