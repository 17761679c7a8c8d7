import type { ServiceParts } from "../service-parts.ts";
import type { MetricAdder } from "./metric-kinds.ts";

/** How long this member's disk takes. */
export function addDisk({ replica }: ServiceParts, { gauge, histograms }: MetricAdder): void {
  histograms("etcd_disk_wal_fsync_duration_seconds", "Writes to the log, each with its sync.", [], () => [
    [replica.durations.logSyncs, {}],
  ]);
  histograms(
    "etcd_disk_backend_commit_duration_seconds",
    "Checkpoints: what was applied becomes durable in the engine.",
    [],
    () => [[replica.durations.checkpoints, {}]],
  );
  gauge(
    "quorate_wal_sync_mean_seconds",
    "Mean duration of a log write with its sync.",
    () => replica.status.syncMs / 1000,
  );
}
