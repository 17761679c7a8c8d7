/** Something that has a place in a heap of times; both fields are the heap's to set. */
export interface Scheduled {
  /** When the heap gives it out, in ms. */
  dueAt: number;
  /** Its place in the heap; -1 outside of it. */
  slot: number;
}

/** What is due first, of any number: a binary heap that knows where each item lies, so that any can be taken out. */
export class ExpiryHeap<Item extends Scheduled> {
  readonly #items: Item[] = [];

  get size(): number {
    return this.#items.length;
  }

  get first(): Item | undefined {
    return this.#items[0];
  }

  /** Puts in an item that is not in it. */
  add(item: Item, dueAt: number): void {
    item.dueAt = dueAt;
    this.#place(item, this.#items.length);
    this.#rise(item);
  }

  /** Does nothing for an item that is not in it. */
  remove(item: Item): void {
    const { slot } = item;
    if (slot < 0) return;
    item.slot = -1;
    const last = this.#items.pop() as Item;
    if (last === item) return;
    this.#place(last, slot);
    this.#rise(last);
    this.#sink(last);
  }

  #rise(item: Item): void {
    while (item.slot > 0) {
      const at = item.slot;
      const parent = this.#items[(at - 1) >> 1] as Item;
      if (parent.dueAt <= item.dueAt) return;
      this.#place(item, parent.slot);
      this.#place(parent, at);
    }
  }

  #sink(item: Item): void {
    for (;;) {
      const at = item.slot;
      const left = this.#items[2 * at + 1];
      const right = this.#items[2 * at + 2];
      const child = right !== undefined && left !== undefined && right.dueAt < left.dueAt ? right : left;
      if (child === undefined || child.dueAt >= item.dueAt) return;
      this.#place(item, child.slot);
      this.#place(child, at);
    }
  }

  #place(item: Item, slot: number): void {
    this.#items[slot] = item;
    item.slot = slot;
  }
}
