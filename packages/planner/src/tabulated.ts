import type { Distribution } from "./distribution.ts";

/** Neighbours differ by less than 1 % of their value where the highest is a thousand times the lowest. */
const points = 1200;

/**
 * A smooth distribution whose function is costly, by a table between two bounds, evenly on a logarithmic scale, with straight
 * lines in between: off by a ten-thousandth of the probability or so. The bounds leave out next to nothing.
 */
export function tabulated(cdf: (ms: number) => number, low: number, high: number): Distribution {
  const ratio = Math.log(high / low) / (points - 1);
  const times = Float64Array.from({ length: points }, (_, at) => low * Math.exp(at * ratio));
  let highest = 0;
  const chances = times.map((ms) => (highest = Math.max(highest, cdf(ms))));
  const between = (from: Float64Array, to: Float64Array, value: number): number => {
    let [below, above] = [0, points - 1];
    while (above - below > 1) {
      const middle = (below + above) >> 1;
      if ((from[middle] as number) < value) below = middle;
      else above = middle;
    }
    const [start, end] = [from[below] as number, from[above] as number];
    const share = end === start ? 1 : Math.max(0, Math.min(1, (value - start) / (end - start)));
    return (to[below] as number) + share * ((to[above] as number) - (to[below] as number));
  };
  return {
    cdf: (ms) => (ms < low ? 0 : ms >= high ? 1 : between(times, chances, ms)),
    quantile: (p) => between(chances, times, p),
  };
}
