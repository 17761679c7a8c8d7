/** Even draws from [0, 1) that a seed decides (mulberry32), so that a simulation always gives the same. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Fails unless the two are within `relative` of each other. */
export function close(actual: number, expected: number, relative: number, what = ""): void {
  const off = Math.abs(actual - expected);
  if (off <= relative * Math.abs(expected) || off < 1e-300) return;
  throw new Error(`${what} ${actual} is not within ${relative * 100} % of ${expected}`);
}

/** The value below which a part `p` of them lies. */
export function quantileOf(values: readonly number[], p: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(p * sorted.length) - 1)] as number;
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
