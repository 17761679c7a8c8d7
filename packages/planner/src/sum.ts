import { fixedTime, quantileBetween, type Distribution } from "./distribution.ts";
import { tabulated } from "./tabulated.ts";

/**
 * One time after another, independent of it: P(A + B <= x) = sum over B's values b of P(B = b) * P(A <= x - b).
 * Exact where one of them is fixed or measured, since then B's values are finitely many. For two smooth ones B is cut in
 * 301 strata, finer towards the tail, and each stands at its own median, what is cut off
 * weighs 1e-6, and the whole is kept as a table.
 */
export function sumOf(a: Distribution, b: Distribution): Distribution {
  const ofA = sums.get(a) ?? new WeakMap<Distribution, Distribution>();
  sums.set(a, ofA);
  const sum = ofA.get(b) ?? computeSum(a, b);
  ofA.set(b, sum);
  return sum;
}

/** The same two are added up for every leader and every choice of slow members. */
const sums = new WeakMap<Distribution, WeakMap<Distribution, Distribution>>();

function computeSum(a: Distribution, b: Distribution): Distribution {
  if (a.fixed !== undefined && b.fixed !== undefined) return fixedTime(a.fixed + b.fixed);
  if (a.fixed !== undefined) return shifted(b, a.fixed);
  if (b.fixed !== undefined) return shifted(a, b.fixed);
  const [smooth, stepwise] = a.samples === undefined ? [a, b] : [b, a];
  const values = valuesOf(stepwise);
  const cdf = (ms: number): number =>
    values.reduce((sum, { at, weight }) => (at > ms ? sum : sum + weight * smooth.cdf(ms - at)), 0);
  const within = (p: number): number => a.quantile(p) + b.quantile(p);
  if (a.samples === undefined && b.samples === undefined) {
    const [low, high] = [within(1e-6), within(1 - 1e-7)];
    if (low > 0 && high > low) return tabulated(cdf, low, high);
  }
  return {
    cdf,
    quantile: (p) => {
      // Beyond this, either is with at most half of 1 - p.
      return quantileBetween(cdf, p, 0, within(1 - (1 - p) / 2));
    },
  };
}

/** One time divided by another constant one: half a round trip is one way. */
export function scaled(of: Distribution, factor: number): Distribution {
  return {
    cdf: (ms) => of.cdf(ms / factor),
    quantile: (p) => of.quantile(p) * factor,
    ...(of.fixed === undefined ? {} : { fixed: of.fixed * factor }),
    ...(of.samples === undefined ? {} : { samples: of.samples.map((sample) => sample * factor) }),
  };
}

function shifted(of: Distribution, by: number): Distribution {
  return {
    cdf: (ms) => of.cdf(ms - by),
    quantile: (p) => of.quantile(p) + by,
    ...(of.samples === undefined ? {} : { samples: of.samples.map((sample) => sample + by) }),
  };
}

/** [from, to] in so many strata. */
const strata: readonly (readonly [number, number, number])[] = [
  [0, 0.9, 120],
  [0.9, 0.99, 45],
  [0.99, 0.999, 45],
  [0.999, 0.9999, 45],
  [0.9999, 0.999_999, 45],
  [0.999_999, 1, 1],
];

type Values = readonly { readonly at: number; readonly weight: number }[];

/** A disk's values serve for every member that is that far from it. */
const known = new WeakMap<Distribution, Values>();

function valuesOf(distribution: Distribution): Values {
  const values = known.get(distribution) ?? computeValues(distribution);
  known.set(distribution, values);
  return values;
}

function computeValues({ samples, quantile }: Distribution): Values {
  if (samples !== undefined) return samples.map((at) => ({ at, weight: 1 / samples.length }));
  return strata.flatMap(([from, to, count]) => {
    const weight = (to - from) / count;
    return Array.from({ length: count }, (_, index) => ({ at: quantile(from + (index + 0.5) * weight), weight }));
  });
}
