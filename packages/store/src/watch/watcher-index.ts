import type { KeyText } from "../key-text.ts";
import { SpanTree } from "./span-tree.ts";
import type { Watcher } from "./watcher.ts";

/** Watchers by what they watch: those of single keys in a map, those of ranges in a tree. */
export class WatcherIndex {
  readonly #all = new Set<Watcher>();
  readonly #keys = new Map<KeyText, Set<Watcher>>();
  readonly #ranges = new SpanTree<Watcher>();

  get size(): number {
    return this.#all.size;
  }

  /** In the order in which they were added. */
  values(): IterableIterator<Watcher> {
    return this.#all.values();
  }

  add(watcher: Watcher): void {
    this.#all.add(watcher);
    const { key } = watcher;
    if (key === undefined) return this.#ranges.add(watcher.span, watcher);
    const others = this.#keys.get(key);
    if (others === undefined) this.#keys.set(key, new Set([watcher]));
    else others.add(watcher);
  }

  delete(watcher: Watcher): boolean {
    if (!this.#all.delete(watcher)) return false;
    const { key } = watcher;
    if (key === undefined) {
      this.#ranges.delete(watcher.span, watcher);
      return true;
    }
    const others = this.#keys.get(key);
    others?.delete(watcher);
    if (others?.size === 0) this.#keys.delete(key);
    return true;
  }

  /** Whether `isOne` holds for anyone who watches `key`. Nobody may be added or deleted meanwhile. */
  someAt(key: KeyText, isOne: (watcher: Watcher) => boolean): boolean {
    const single = this.#keys.get(key);
    if (single !== undefined) for (const watcher of single) if (isOne(watcher)) return true;
    return this.#ranges.someAt(key, isOne);
  }

  /** Calls `visit` for everyone who watches `key`. Nobody may be added or deleted meanwhile. */
  forEachAt(key: KeyText, visit: (watcher: Watcher) => void): void {
    const single = this.#keys.get(key);
    if (single !== undefined) for (const watcher of single) visit(watcher);
    this.#ranges.forEachAt(key, visit);
  }
}
