import type { Compare, KeyPair } from "./transactions.ts";

/** What is known of a key's pair. Undefined fields are not known any more. */
export interface KnownPair {
  readonly key: string;
  readonly value: string;
  readonly create: number | undefined;
  readonly mod: number;
  readonly version: number | undefined;
}

/** The store as the replay has it: pairs in the order of their keys, and the keys of which it is not sure. */
export class ReplayedStore {
  readonly #pairs = new Map<string, KnownPair>();
  readonly #keys: string[] = [];
  /** Keys that a change which nobody saw may have touched. */
  readonly #unsure = new Set<string>();

  constructor(pairs: readonly KeyPair[]) {
    for (const pair of pairs) this.#set(pair);
  }

  get(key: string): KnownPair | undefined {
    return this.#pairs.get(key);
  }

  unsure(key: string): boolean {
    return this.#unsure.has(key);
  }

  /** Whether a range holds a key of which the replay is not sure. */
  unsureWithin(key: string, end: string | undefined): boolean {
    if (end === undefined) return this.unsure(key);
    for (const each of this.#unsure) if (each >= key && each < end) return true;
    return false;
  }

  range(key: string, end: string | undefined): KnownPair[] {
    if (end === undefined) {
      const pair = this.#pairs.get(key);
      return pair === undefined ? [] : [pair];
    }
    const found: KnownPair[] = [];
    for (let at = this.#find(key); at < this.#keys.length && (this.#keys[at] as string) < end; at++) {
      found.push(this.#pairs.get(this.#keys[at] as string) as KnownPair);
    }
    return found;
  }

  put(key: string, value: string, revision: number): void {
    const before = this.#pairs.get(key);
    const known = !this.#unsure.delete(key);
    this.#set({
      key,
      value,
      mod: revision,
      create: known ? (before === undefined ? revision : before.create) : undefined,
      version: known ? (before === undefined ? 1 : before.version && before.version + 1) : undefined,
    });
  }

  /** Returns how many keys there were. */
  delete(key: string, end: string | undefined): number {
    const gone = this.range(key, end);
    for (const pair of gone) {
      this.#pairs.delete(pair.key);
      this.#keys.splice(this.#find(pair.key), 1);
    }
    for (const each of this.#unsure) {
      if (end === undefined ? each === key : each >= key && each < end) this.#unsure.delete(each);
    }
    return gone.length;
  }

  /** A change that nobody saw may have put or deleted this key. */
  doubt(key: string): void {
    this.#unsure.add(key);
  }

  /** What an answer says of a key that the replay is not sure of, or has not all of. */
  adopt(key: string, pair: KeyPair | undefined): void {
    this.#unsure.delete(key);
    if (pair !== undefined) this.#set(pair);
    else if (this.#pairs.delete(key)) this.#keys.splice(this.#find(key), 1);
  }

  /** Undefined when the replay is not sure. */
  holds(compare: Compare): boolean | undefined {
    if (this.unsure(compare.key)) return undefined;
    const pair = this.#pairs.get(compare.key);
    if (compare.target === "value") return pair === undefined ? false : ordered(pair.value, compare.is, compare.than);
    const actual = pair === undefined ? 0 : pair[compare.target];
    return actual === undefined ? undefined : ordered(actual, compare.is, compare.than);
  }

  #set(pair: KnownPair): void {
    if (!this.#pairs.has(pair.key)) this.#keys.splice(this.#find(pair.key), 0, pair.key);
    this.#pairs.set(pair.key, pair);
  }

  /** Where a key is, or would be. */
  #find(key: string): number {
    let low = 0;
    let high = this.#keys.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#keys[middle] as string) < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function ordered<Value extends string | number>(actual: Value, is: Compare["is"], than: Value): boolean {
  switch (is) {
    case "=":
      return actual === than;
    case "!=":
      return actual !== than;
    case "<":
      return actual < than;
    case ">":
      return actual > than;
  }
}
