import { quorumFacts } from "./quorum.ts";

/**
 * How the 2^n - 2 ways to cut n members in two sides, none of them empty, come out for a quorum of q. A side with q members
 * elects a leader of its own. Counts are exact.
 */
export interface SplitCounts {
  readonly all: bigint;
  /** Both sides hold a quorum: two leaders. */
  readonly two: bigint;
  /** One side goes on. */
  readonly one: bigint;
  /** Neither side can decide anything: safe, and out of service. */
  readonly none: bigint;
  /** The parts of all, from 0 to 1. They are 0 where there is only one member and nothing to cut. */
  readonly twoPart: number;
  readonly nonePart: number;
}

/**
 * Exact counting: C(n, k) of the cuts put k members on one side, and the others, n - k, on the other. For n = 6 and q = 3
 * only k = 3 gives both a quorum: C(6, 3) = 20 of 2^6 - 2 = 62 (MISSION row 13).
 */
export function countSplits(n: number, q: number): SplitCounts {
  quorumFacts(n, q);
  let two = 0n;
  let one = 0n;
  let none = 0n;
  let ways = 1n;
  for (let k = 1; k < n; k += 1) {
    ways = (ways * BigInt(n - k + 1)) / BigInt(k);
    const sides = (k >= q ? 1 : 0) + (n - k >= q ? 1 : 0);
    if (sides === 2) two += ways;
    else if (sides === 1) one += ways;
    else none += ways;
  }
  const all = two + one + none;
  return { all, two, one, none, twoPart: part(two, all), nonePart: part(none, all) };
}

/** Both may be far beyond what a number holds. */
function part(of: bigint, all: bigint): number {
  const scale = 1_000_000_000_000_000n;
  return all === 0n ? 0 : Number((of * scale) / all) / Number(scale);
}
