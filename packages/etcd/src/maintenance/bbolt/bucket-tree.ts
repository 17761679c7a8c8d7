import {
  branchBytes,
  branchPage,
  elementBytes,
  leafBytes,
  leafPage,
  mostElements,
  pageSize,
  type BranchItem,
  type LeafItem,
} from "./pages.ts";

/** Where finished pages go: one behind the other. */
export interface PageSink {
  /** The number of the page that comes next. */
  readonly next: number;
  append(page: Buffer): void;
}

/** One level of branches: a page that is full, kept back so that the last one is not left with a single child, and the next one. */
interface Level {
  full: BranchItem[] | undefined;
  items: BranchItem[];
  bytes: number;
}

/**
 * A B+ tree from keys that come in their order: leaves are written as they become full, and of each level of branches two pages at most
 * are in memory. So the cost in memory follows the height of the tree.
 */
export class BucketTree {
  readonly #sink: PageSink;
  readonly #levels: Level[] = [];
  #leaf: LeafItem[] = [];
  #leafBytes = elementBytes;
  #last: Uint8Array | undefined;

  constructor(sink: PageSink) {
    this.#sink = sink;
  }

  /** A key is greater than the one before it; anything else is a mistake of ours. */
  add(item: LeafItem): void {
    if (this.#last !== undefined && Buffer.compare(this.#last, item.key) >= 0) {
      throw new RangeError(`key ${Buffer.from(item.key).toString("hex")} is out of order in its bucket`);
    }
    this.#last = item.key;
    const bytes = leafBytes(item);
    const isFull = this.#leafBytes + bytes > pageSize || this.#leaf.length === mostElements;
    if (isFull && this.#leaf.length > 0) this.#writeLeaf();
    this.#leaf.push(item);
    this.#leafBytes += bytes;
  }

  /** The number of the tree's first page; undefined when it is empty. */
  finish(): number | undefined {
    if (this.#leaf.length > 0) this.#writeLeaf();
    for (let level = 0; level < this.#levels.length; level++) {
      const present = this.#levels[level] as Level;
      const { full, items } = present;
      const [only] = items;
      if (full === undefined && items.length === 1) return only?.page;
      for (const page of lastPages(full, items)) this.#writeBranch(level, page);
    }
    return undefined;
  }

  #writeLeaf(): void {
    const id = this.#sink.next;
    this.#sink.append(leafPage(id, this.#leaf));
    this.#addToLevel(0, { key: (this.#leaf[0] as LeafItem).key, page: id });
    this.#leaf = [];
    this.#leafBytes = elementBytes;
  }

  #addToLevel(level: number, item: BranchItem): void {
    this.#levels[level] ??= { full: undefined, items: [], bytes: elementBytes };
    const present = this.#levels[level];
    const bytes = branchBytes(item);
    // A branch has two children at least.
    if (present.bytes + bytes > pageSize && present.items.length >= 2) {
      const { full, items } = present;
      present.full = items;
      present.items = [];
      present.bytes = elementBytes;
      if (full !== undefined) this.#writeBranch(level, full);
    }
    present.items.push(item);
    present.bytes += bytes;
  }

  #writeBranch(level: number, items: readonly BranchItem[]): void {
    const id = this.#sink.next;
    this.#sink.append(branchPage(id, items));
    this.#addToLevel(level + 1, { key: (items[0] as BranchItem).key, page: id });
  }
}

/** The last two pages of a level, none with a single child: it then gets one of the page before, or goes there. */
function lastPages(full: readonly BranchItem[] | undefined, items: readonly BranchItem[]): (readonly BranchItem[])[] {
  if (full === undefined) return [items];
  if (items.length > 1) return [full, items];
  return full.length > 2 ? [full.slice(0, -1), [...full.slice(-1), ...items]] : [[...full, ...items]];
}
