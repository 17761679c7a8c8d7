import type { ConfigurationTable } from "./configuration-table.ts";

/**
 * The configurations that still have operations to try: deepest first, and among equally deep ones those with the fewest
 * open operations placed, so that whatever covers a configuration is met before it.
 */
export class Frontier {
  readonly #table: ConfigurationTable;
  /** The path of the search; deeper towards its end. */
  readonly #path: number[] = [];
  /** A binary heap of those that placing an open operation led to. */
  readonly #heap: number[] = [];

  constructor(table: ConfigurationTable) {
    this.#table = table;
  }

  /** The next to go on from, which stays in the frontier until it is taken away; -1 when there is none. */
  current(): number {
    const top = this.#path.at(-1);
    const best = this.#heap[0];
    if (best === undefined) return top ?? -1;
    if (top !== undefined && !this.#before(best, top)) return top;
    this.#removeBest();
    this.#path.push(best);
    return best;
  }

  /** Goes on from a configuration that is deeper than the current one. */
  descend(entry: number): void {
    this.#path.push(entry);
  }

  /** Takes the current one away: nothing is left to try from it. */
  leave(): void {
    this.#path.pop();
  }

  /** Keeps a configuration for later. */
  keep(entry: number): void {
    const heap = this.#heap;
    let at = heap.push(entry) - 1;
    while (at > 0) {
      const up = (at - 1) >>> 1;
      if (!this.#before(entry, heap[up] as number)) break;
      heap[at] = heap[up] as number;
      at = up;
    }
    heap[at] = entry;
  }

  #removeBest(): void {
    const heap = this.#heap;
    const last = heap.pop() as number;
    if (heap.length === 0) return;
    let at = 0;
    for (;;) {
      let down = at * 2 + 1;
      if (down >= heap.length) break;
      if (down + 1 < heap.length && this.#before(heap[down + 1] as number, heap[down] as number)) down++;
      if (!this.#before(heap[down] as number, last)) break;
      heap[at] = heap[down] as number;
      at = down;
    }
    heap[at] = last;
  }

  #before(a: number, b: number): boolean {
    const table = this.#table;
    const deeper = table.depth(a) - table.depth(b);
    return deeper > 0 || (deeper === 0 && table.opens(a) < table.opens(b));
  }
}
