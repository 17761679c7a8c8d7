/** So many bounds, each twice the one before. */
export function doublingBounds(firstMs: number, bounds: number): number[] {
  return Array.from({ length: bounds }, (_, index) => firstMs * 2 ** index);
}

/**
 * How often something took how long: counts in buckets. For metrics: whoever looks adds nothing to
 * what it costs to measure.
 */
export class DurationHistogram {
  /** Upper bounds in ms, inclusive, ascending. */
  readonly boundsMs: readonly number[];
  /** How many fell into each bucket, and at the end how many were longer than the last bound. */
  readonly counts: number[];
  #sumMs = 0;
  #count = 0;

  constructor(boundsMs: readonly number[]) {
    this.boundsMs = boundsMs;
    this.counts = Array.from({ length: boundsMs.length + 1 }, () => 0);
  }

  get count(): number {
    return this.#count;
  }

  get sumMs(): number {
    return this.#sumMs;
  }

  add(ms: number): void {
    this.#count++;
    this.#sumMs += ms;
    const { boundsMs, counts } = this;
    let bucket = 0;
    while (bucket < boundsMs.length && ms > (boundsMs[bucket] as number)) bucket++;
    counts[bucket] = (counts[bucket] as number) + 1;
  }
}
