import { doublingBounds, DurationHistogram } from "@quorate/host";
import type { WalMetrics } from "./interface.ts";

/** How much a new duration moves the mean. */
const smoothing = 1 / 16;

/** Counts what was made durable. */
export class SyncMetrics implements WalMetrics {
  syncs = 0;
  records = 0;
  bytes = 0;
  lastSyncMs = 0;
  meanSyncMs = 0;
  /** From 1 ms to 8 s: the buckets that etcd's dashboards expect. */
  readonly durations = new DurationHistogram(doublingBounds(1, 14));

  add(records: number, bytes: number, durationMs: number): void {
    this.meanSyncMs = this.syncs === 0 ? durationMs : this.meanSyncMs + (durationMs - this.meanSyncMs) * smoothing;
    this.lastSyncMs = durationMs;
    this.durations.add(durationMs);
    this.syncs++;
    this.records += records;
    this.bytes += bytes;
  }
}
