import { normalCdf, normalQuantile } from "./normal.ts";
import { PlannerError, requireProbability, requireWithin } from "./planner-error.ts";

/** How long something takes, in ms, when it does not always take the same time. */
export interface Distribution {
  /** The probability that it takes at most `ms`: rises from 0 to 1, and is right-continuous. */
  readonly cdf: (ms: number) => number;
  /** The least time within which it is done with probability `p`, for 0 <= p < 1. */
  readonly quantile: (p: number) => number;
  /** Set where it takes this time always: what is exact for fixed times is then done exactly. */
  readonly fixed?: number;
  /** Set where it takes one of these times, each as likely: ascending. */
  readonly samples?: readonly number[];
}

/** Always `ms`. */
export function fixedTime(ms: number): Distribution {
  requireWithin("A time in ms", ms, 0, Number.MAX_VALUE);
  return { cdf: (at) => (at >= ms ? 1 : 0), quantile: () => ms, fixed: ms };
}

/** More are thinned out to as many, evenly, with the largest kept. */
const mostSamples = 2000;

/**
 * What was measured, taken as it is: the empirical distribution. The p-quantile of m samples is the ceil(p m)-th.
 * At least one sample is needed, and a tail as far out as 1 - p needs more than 1 / (1 - p) of them.
 */
export function measuredTimes(samples: readonly number[]): Distribution {
  if (samples.length === 0) throw new PlannerError("At least one measured time is needed.");
  for (const sample of samples) requireWithin("A measured time in ms", sample, 0, Number.MAX_VALUE);
  const sorted = thinned([...samples].sort((a, b) => a - b));
  const count = sorted.length;
  return {
    cdf: (ms) => countUpTo(sorted, ms) / count,
    quantile: (p) => sorted[Math.min(count - 1, Math.max(0, Math.ceil(p * count - 1e-9) - 1))] as number,
    samples: sorted,
  };
}

/**
 * A log-normal distribution through a median and a 99th percentile, as times over networks and to disks roughly have:
 * ln X is normal with mean ln p50 and deviation (ln p99 - ln p50) / 2.3263. The same value twice is a fixed time.
 */
export function medianAndTail(p50: number, p99: number): Distribution {
  requireWithin("A median in ms", p50, 0, Number.MAX_VALUE);
  if (!(p99 >= p50))
    throw new PlannerError(`A p99 of ${p99} ms is below its median of ${p50} ms; give the median first.`);
  if (p99 === p50 || p50 === 0) return fixedTime(p99);
  const deviation = Math.log(p99 / p50) / normalQuantile(0.99);
  return {
    cdf: (ms) => (ms <= 0 ? 0 : normalCdf(Math.log(ms / p50) / deviation)),
    quantile: (p) => p50 * Math.exp(deviation * normalQuantile(p)),
  };
}

/** `ms` at least, and an exponentially distributed time more with this mean. */
export function shiftedExponential(ms: number, meanMore: number): Distribution {
  requireWithin("A time in ms", ms, 0, Number.MAX_VALUE);
  requireWithin("A mean in ms", meanMore, 0, Number.MAX_VALUE);
  if (meanMore === 0) return fixedTime(ms);
  return {
    cdf: (at) => (at <= ms ? 0 : -Math.expm1((ms - at) / meanMore)),
    quantile: (p) => ms - meanMore * Math.log1p(-p),
  };
}

/** A histogram's bucket: so many of all were at most `upTo` ms. */
export interface Bucket {
  readonly upTo: number;
  readonly count: number;
}

/**
 * From the cumulative buckets of a Prometheus histogram, ascending: within a bucket evenly, as `histogram_quantile` takes
 * it. What lies beyond the last finite bucket is put at its edge, so that a quantile there is a lower bound.
 */
export function bucketedTimes(buckets: readonly Bucket[]): Distribution {
  const finite = buckets.filter(({ upTo }) => Number.isFinite(upTo));
  const total = buckets.at(-1)?.count ?? 0;
  if (finite.length === 0 || !(total > 0)) throw new PlannerError("The histogram is empty.");
  const edges = [{ upTo: 0, part: 0 }, ...finite.map(({ upTo, count }) => ({ upTo, part: count / total }))];
  for (const [at, edge] of edges.entries()) {
    const before = edges[at - 1];
    if (before !== undefined && !(edge.upTo > before.upTo && edge.part >= before.part && edge.part <= 1)) {
      throw new PlannerError("The histogram's buckets do not ascend.");
    }
  }
  const last = edges.at(-1) as { upTo: number; part: number };
  const between = (from: number, to: number, share: number): number => from + (to - from) * share;
  return {
    cdf: (ms) => {
      if (ms >= last.upTo) return 1;
      if (ms <= 0) return 0;
      const at = edges.findIndex(({ upTo }) => upTo > ms);
      const [low, high] = [edges[at - 1] as typeof last, edges[at] as typeof last];
      return between(low.part, high.part, (ms - low.upTo) / (high.upTo - low.upTo));
    },
    quantile: (p) => {
      const at = edges.findIndex(({ part }) => part >= p && part > 0);
      if (at < 1) return last.upTo;
      const [low, high] = [edges[at - 1] as typeof last, edges[at] as typeof last];
      return between(low.upTo, high.upTo, Math.max(0, p - low.part) / (high.part - low.part));
    },
  };
}

/** The least `ms` with cdf(ms) >= p, by bisection between two bounds that it lies within, to 10 digits. */
export function quantileBetween(cdf: (ms: number) => number, p: number, low: number, high: number): number {
  requireProbability("A quantile", p);
  let [below, above] = [low, high];
  for (let step = 0; step < 200 && above - below > 1e-10 * above; step += 1) {
    const middle = (below + above) / 2;
    if (cdf(middle) >= p) above = middle;
    else below = middle;
  }
  return above;
}

function thinned(sorted: readonly number[]): readonly number[] {
  if (sorted.length <= mostSamples) return sorted;
  return Array.from(
    { length: mostSamples },
    (_, at) => sorted[Math.ceil(((at + 1) * sorted.length) / mostSamples) - 1] as number,
  );
}

/** How many of the ascending values are at most `limit`. */
function countUpTo(sorted: readonly number[], limit: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] as number) <= limit) low = middle + 1;
    else high = middle;
  }
  return low;
}
