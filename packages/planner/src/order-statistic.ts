import { atLeast } from "./counting.ts";
import { fixedTime, quantileBetween, type Distribution } from "./distribution.ts";
import { requireInteger } from "./planner-error.ts";

/**
 * The k-th fastest of several independent times that need not be alike: it is at most x when at least k of them are, so
 *   P(X_(k) <= x) = P(at least k of n trials succeed, the i-th with F_i(x)),
 * a tail of the Poisson binomial distribution: O(n^2) for each x, no convolution, no enumeration of the subsets in the formula
 * that defines it (Bapat and Beg 1989; David and Nagaraja 2003, "Order Statistics", §5.2). Of fixed times it is the k-th.
 * `undefined` stands for one that never comes. Throws `PlannerError` unless k of them can.
 */
export function orderStatistic(k: number, times: readonly (Distribution | undefined)[]): Distribution {
  const able = times.filter((time) => time !== undefined);
  requireInteger("The rank", k, 1, able.length);
  const fixed = able.map((time) => time.fixed).filter((ms) => ms !== undefined);
  if (fixed.length === able.length) {
    return fixedTime([...fixed].sort((a, b) => a - b)[k - 1] as number);
  }
  const cdf = (ms: number): number =>
    atLeast(
      k,
      able.map((time) => time.cdf(ms)),
    );
  return { cdf, quantile: (p) => quantileBetween(cdf, p, 0, withinAll(p, able)) };
}

/** Within this time all of them are done, with probability `p` at least: each is late with (1 - p) / n at most. */
export function withinAll(p: number, times: readonly Distribution[]): number {
  const each = 1 - (1 - p) / times.length;
  return Math.max(...times.map((time) => time.quantile(each)));
}
