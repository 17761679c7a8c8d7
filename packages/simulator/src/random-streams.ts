/**
 * Independent streams of randomness, one per concern (each link, each disk, each member's jitter, the clients, ...), all
 * derived from one seed. Taking one event away from a run leaves the numbers of every other concern as they were, which
 * is what makes a failing run shrinkable (Dropbox's Trinity had no minimiser because it drew from one global stream).
 */
export class RandomStreams {
  readonly seed: number;

  /** `seed` is an integer from 0 to 2^53 - 1. */
  constructor(seed: number) {
    this.seed = seed;
  }

  /** The stream of one concern: the same seed and label always give the same numbers. */
  stream(label: string): RandomStream {
    let hash = 0x811c9dc5 ^ (this.seed >>> 0);
    for (let at = 0; at < label.length; at++) hash = mix(hash ^ label.charCodeAt(at));
    return new RandomStream(this.seed >>> 0, Math.floor(this.seed / 0x1_0000_0000), hash, mix(hash ^ 0x9e3779b9));
  }
}

/** One stream: Chris Doty-Humphrey's sfc32 ("small fast counting" generator of PractRand), 128 bits of state. */
export class RandomStream {
  #a: number;
  #b: number;
  #c: number;
  #counter: number;

  constructor(a: number, b: number, c: number, counter: number) {
    this.#a = a | 0;
    this.#b = b | 0;
    this.#c = c | 0;
    this.#counter = counter | 0;
    for (let round = 0; round < 12; round++) this.bits();
  }

  /** 32 random bits, as an unsigned integer. */
  bits(): number {
    const result = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + result;
    return result >>> 0;
  }

  /** A number in [0, 1). */
  next(): number {
    return this.bits() / 0x1_0000_0000;
  }

  /** True with this probability. A probability of zero takes nothing from the stream. */
  chance(probability: number): boolean {
    return probability > 0 && this.next() < probability;
  }

  /** A number in [low, high). */
  between(low: number, high: number): number {
    return low + this.next() * (high - low);
  }

  /** An integer from `low` to `high`, both included. */
  integer(low: number, high: number): number {
    return low + Math.floor(this.next() * (high - low + 1));
  }

  pick<T>(choices: readonly T[]): T {
    return choices[Math.floor(this.next() * choices.length)] as T;
  }

  /** A new array with the same members in random order (Fisher and Yates). */
  shuffled<T>(members: readonly T[]): T[] {
    const result = [...members];
    for (let last = result.length - 1; last > 0; last--) {
      const other = this.integer(0, last);
      const moved = result[last] as T;
      result[last] = result[other] as T;
      result[other] = moved;
    }
    return result;
  }

  /** An exponentially distributed number with this mean. */
  exponential(mean: number): number {
    return mean * minusLog(1 - this.next());
  }
}

/** Murmur3's finaliser: every bit of the input reaches every bit of the result. */
export function mix(value: number): number {
  let hash = value | 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) | 0;
}

/**
 * -ln(x) for x in (0, 1], in plain arithmetic: `Math.log` may differ in its last bit from one engine to the next, and a
 * seed must mean the same run in Node.js and in every browser.
 */
export function minusLog(x: number): number {
  let mantissa = x;
  let halvings = 0;
  while (mantissa < 0.5) {
    mantissa *= 2;
    halvings++;
  }
  const z = (1 - mantissa) / (1 + mantissa);
  const square = z * z;
  let power = z;
  let sum = 0;
  for (let odd = 1; odd < 26; odd += 2) {
    sum += power / odd;
    power *= square;
  }
  return 2 * sum + halvings * Math.LN2;
}
