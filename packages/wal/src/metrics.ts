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

  add(records: number, bytes: number, durationMs: number): void {
    this.meanSyncMs = this.syncs === 0 ? durationMs : this.meanSyncMs + (durationMs - this.meanSyncMs) * smoothing;
    this.lastSyncMs = durationMs;
    this.syncs++;
    this.records += records;
    this.bytes += bytes;
  }
}
