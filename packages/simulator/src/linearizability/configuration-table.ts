/**
 * A place in the search: which operations have been put in order, and the state after them. Since an operation that
 * returned before another was called must come before it, the set is a *base* (all closed operations before it in the
 * order of returns are in the set, the base itself is not), one bit per slot for those under way when the base returns, and
 * one bit per open operation.
 */
export interface Configuration {
  base: number;
  /** Number of an interned state. */
  state: number;
  /** Closed operations in the set. */
  depth: number;
  /** Open operations in the set. */
  opens: number;
  readonly slotBits: Int32Array;
  readonly openBits: Int32Array;
}

export function emptyConfiguration(slots: number, opens: number): Configuration {
  const words = (bits: number) => new Int32Array((bits + 31) >>> 5);
  return { base: 0, state: 0, depth: 0, opens: 0, slotBits: words(slots), openBits: words(opens) };
}

const header = 7;
const initialEntries = 256;

/**
 * Every configuration that was ever reached, in one flat array, with a hash table over it: the cache that makes the search
 * of Wing and Gong affordable (Lowe 2017). A configuration is *covered* by one that differs only in having placed fewer
 * open operations: whatever can follow the former can follow the latter, since an open operation need not happen.
 */
export class ConfigurationTable {
  readonly #slotWords: number;
  readonly #openWords: number;
  readonly #stride: number;
  readonly #limit: number;
  #words: Int32Array;
  #heads: Int32Array;
  #size = 0;

  /** `limit`: configurations, 1 to 2^31 / words per configuration. */
  constructor(shape: Configuration, limit: number) {
    this.#slotWords = shape.slotBits.length;
    this.#openWords = shape.openBits.length;
    this.#stride = header + this.#slotWords + this.#openWords;
    this.#limit = limit;
    this.#words = new Int32Array(this.#stride * initialEntries);
    this.#heads = new Int32Array(initialEntries * 2).fill(-1);
  }

  get size(): number {
    return this.#size;
  }

  get full(): boolean {
    return this.#size >= this.#limit;
  }

  /** Adds a configuration that `operation` led to from `parent`; -1 when a known one covers it. */
  add(configuration: Configuration, parent: number, operation: number): number {
    if (this.#size * 2 >= this.#heads.length) this.#growHeads();
    const mask = this.#heads.length - 1;
    let at = this.#hash(configuration) & mask;
    for (;;) {
      const known = this.#heads[at] as number;
      if (known === -1) break;
      if (this.#covers(known, configuration)) return -1;
      at = (at + 1) & mask;
    }
    const entry = this.#size++;
    if (entry * this.#stride >= this.#words.length) this.#growWords();
    this.#heads[at] = entry;
    const words = this.#words;
    let to = entry * this.#stride;
    words[to++] = configuration.base;
    words[to++] = configuration.state;
    words[to++] = configuration.depth;
    words[to++] = configuration.opens;
    words[to++] = parent;
    words[to++] = operation;
    words[to++] = -1;
    words.set(configuration.slotBits, to);
    words.set(configuration.openBits, to + this.#slotWords);
    return entry;
  }

  /** Copies an entry into `configuration`. */
  load(entry: number, configuration: Configuration): void {
    const words = this.#words;
    const at = entry * this.#stride;
    configuration.base = words[at] as number;
    configuration.state = words[at + 1] as number;
    configuration.depth = words[at + 2] as number;
    configuration.opens = words[at + 3] as number;
    for (let word = 0; word < this.#slotWords; word++) {
      configuration.slotBits[word] = words[at + header + word] as number;
    }
    for (let word = 0; word < this.#openWords; word++) {
      configuration.openBits[word] = words[at + header + this.#slotWords + word] as number;
    }
  }

  base(entry: number): number {
    return this.#words[entry * this.#stride] as number;
  }

  depth(entry: number): number {
    return this.#words[entry * this.#stride + 2] as number;
  }

  opens(entry: number): number {
    return this.#words[entry * this.#stride + 3] as number;
  }

  /** The entry that this one was reached from, or -1. */
  parent(entry: number): number {
    return this.#words[entry * this.#stride + 4] as number;
  }

  /** What led here from the parent: a closed operation, or the complement of an open one. */
  operation(entry: number): number {
    return this.#words[entry * this.#stride + 5] as number;
  }

  /** The last closed operation that was tried from here, or -1. */
  lastTried(entry: number): number {
    return this.#words[entry * this.#stride + 6] as number;
  }

  setLastTried(entry: number, operation: number): void {
    this.#words[entry * this.#stride + 6] = operation;
  }

  #covers(entry: number, configuration: Configuration): boolean {
    const words = this.#words;
    const at = entry * this.#stride;
    if (words[at] !== configuration.base || words[at + 1] !== configuration.state) return false;
    for (let word = 0; word < this.#slotWords; word++) {
      if (words[at + header + word] !== configuration.slotBits[word]) return false;
    }
    const opens = at + header + this.#slotWords;
    for (let word = 0; word < this.#openWords; word++) {
      if (((words[opens + word] as number) & ~(configuration.openBits[word] as number)) !== 0) return false;
    }
    return true;
  }

  #hash({ base, state, slotBits }: Configuration): number {
    let hash = mix(mix(0x2545f491, base), state);
    for (let word = 0; word < slotBits.length; word++) hash = mix(hash, slotBits[word] as number);
    return hash >>> 0;
  }

  #growWords(): void {
    const grown = new Int32Array(Math.min(this.#words.length * 2, this.#limit * this.#stride));
    grown.set(this.#words);
    this.#words = grown;
  }

  #growHeads(): void {
    const heads = new Int32Array(this.#heads.length * 2).fill(-1);
    const mask = heads.length - 1;
    const shape = emptyConfiguration(this.#slotWords * 32, this.#openWords * 32);
    for (let entry = 0; entry < this.#size; entry++) {
      this.load(entry, shape);
      let at = this.#hash(shape) & mask;
      while (heads[at] !== -1) at = (at + 1) & mask;
      heads[at] = entry;
    }
    this.#heads = heads;
  }
}

/** One round of MurmurHash3, with its finish. */
function mix(hash: number, value: number): number {
  let bits = Math.imul(value, 0xcc9e2d51);
  bits = Math.imul((bits << 15) | (bits >>> 17), 0x1b873593);
  let mixed = hash ^ bits;
  mixed = (Math.imul((mixed << 13) | (mixed >>> 19), 5) + 0xe6546b64) | 0;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  return mixed ^ (mixed >>> 13);
}
