import { bucketedTimes, fixedTime, type Distribution } from "@quorate/planner";
import { parseMetrics, type Sample } from "./prometheus-text.ts";

/** What a member's metrics say about times, and about leaders. */
export interface MemberMetrics {
  /** To other members, by id in hexadecimal. */
  readonly roundTrips: ReadonlyMap<string, Distribution>;
  readonly sync: Distribution | undefined;
  /** Times are means only: their tails are not known. */
  readonly isMeansOnly: boolean;
  readonly leaderChanges: number | undefined;
  /** Since the process started, as its own clock has it; undefined where it does not say. */
  readonly upHours: number | undefined;
}

/**
 * From a page of metrics: histograms, which etcd and Quorate publish alike, where they have counted anything; else means. `nowSeconds` is
 * the time, as Unix has it.
 */
export function readMemberMetrics(text: string, nowSeconds: number): MemberMetrics {
  const metrics = parseMetrics(text);
  const value = (name: string): number | undefined => metrics.get(name)?.[0]?.value;
  const histogramsTo = histogramsBy("To", metrics.get("etcd_network_peer_round_trip_time_seconds_bucket") ?? []);
  const meansTo = (metrics.get("quorate_peer_round_trip_time_seconds") ?? []).flatMap(({ labels, value: seconds }) =>
    labels["To"] === undefined ? [] : [[labels["To"], fixedTime(seconds * 1000)] as const],
  );
  const syncHistogram = histogramOf(metrics.get("etcd_disk_wal_fsync_duration_seconds_bucket") ?? []);
  const syncMean = value("quorate_wal_sync_mean_seconds");
  const startedAt = value("process_start_time_seconds");
  return {
    roundTrips: new Map([...meansTo, ...histogramsTo]),
    sync: syncHistogram ?? (syncMean === undefined ? undefined : fixedTime(syncMean * 1000)),
    isMeansOnly: histogramsTo.length === 0 && syncHistogram === undefined,
    leaderChanges: value("etcd_server_leader_changes_seen_total"),
    upHours: startedAt === undefined ? undefined : Math.max(0, nowSeconds - startedAt) / 3600,
  };
}

function histogramsBy(label: string, samples: readonly Sample[]): readonly (readonly [string, Distribution])[] {
  const ids = new Set(samples.flatMap(({ labels }) => labels[label] ?? []));
  return [...ids].flatMap((id) => {
    const histogram = histogramOf(samples.filter(({ labels }) => labels[label] === id));
    return histogram === undefined ? [] : [[id, histogram] as const];
  });
}

/** Undefined where nothing was observed yet, or the buckets are none. */
function histogramOf(samples: readonly Sample[]): Distribution | undefined {
  const buckets = samples
    .map(({ labels, value }) => ({
      upTo: labels["le"] === "+Inf" ? Number.POSITIVE_INFINITY : Number(labels["le"]) * 1000,
      count: value,
    }))
    .filter(({ upTo }) => upTo > 0)
    .sort((a, b) => a.upTo - b.upTo);
  const rises = buckets.every(({ count, upTo }, at) => {
    const before = buckets[at - 1];
    return before === undefined || (count >= before.count && upTo > before.upTo);
  });
  return rises && (buckets.at(-1)?.count ?? 0) > 0 && buckets.length > 1 ? bucketedTimes(buckets) : undefined;
}
