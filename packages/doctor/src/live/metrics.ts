import type { MemberReading, MetricSample } from "./reading.ts";

/** The value of a metric that has no labels, or the first. */
export function metric({ metrics }: MemberReading, name: string): number | undefined {
  return metrics.get(name)?.[0]?.value;
}

/** How much a counter grew between two readings; undefined where it cannot be told, as after a restart. */
export function growth(first: MemberReading, second: MemberReading, name: string): number | undefined {
  const [before, after] = [metric(first, name), metric(second, name)];
  return before === undefined || after === undefined || after < before ? undefined : after - before;
}

/** An upper bound of a quantile of a histogram, by the edge of its bucket; undefined where less was observed than `least` times. */
export function quantile(samples: readonly MetricSample[] | undefined, share: number, least = 1): number | undefined {
  const buckets = (samples ?? [])
    .map(({ labels, value }) => ({
      upTo: labels["le"] === "+Inf" ? Number.POSITIVE_INFINITY : Number(labels["le"]),
      count: value,
    }))
    .filter(({ upTo }) => !Number.isNaN(upTo))
    .sort((a, b) => a.upTo - b.upTo);
  const total = buckets.at(-1)?.count ?? 0;
  if (total < least) return undefined;
  const bucket = buckets.find(({ count }) => count >= total * share);
  // Beyond the last edge nothing is known but that.
  return bucket?.upTo === Number.POSITIVE_INFINITY ? buckets.at(-2)?.upTo : bucket?.upTo;
}
