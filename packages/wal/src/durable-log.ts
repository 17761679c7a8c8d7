import type { Clock, Disk, Done, HostError, Timers } from "@quorate/host";
import { invariant, type HardState, type LogIndex, type LogPosition } from "@quorate/raft";
import { BatchWriter, type QueuedRecord, type WriterState } from "./batch-writer.ts";
import type { ReadDone, Wal, WalEvents, WalMetrics, WalRecord } from "./interface.ts";
import type { BatchPlace, LogMap } from "./log-map.ts";
import { readEntries } from "./reader.ts";
import { segmentName } from "./segments.ts";

export interface DurableLogParts {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly directory: string;
  readonly segmentBytes: number;
  readonly events: WalEvents;
  readonly map: LogMap;
  readonly state: WriterState;
  /** Segments in the order of the log, with where the log ended after each but the last. */
  readonly segments: { readonly sequence: number; lastIndex: number }[];
}

/** How much the newest duration counts in the mean. */
const meanWeight = 1 / 16;

/** The open log: what `openWal` gives. */
export class DurableLog implements Wal {
  readonly #parts: DurableLogParts;
  readonly #writer: BatchWriter;
  #whenBegun: (() => void) | undefined;
  #durable: LogPosition;
  #metrics: WalMetrics = { syncs: 0, records: 0, bytes: 0, lastSyncMs: 0, meanSyncMs: 0 };

  constructor(parts: DurableLogParts) {
    this.#parts = parts;
    this.#durable = parts.map.last;
    this.#writer = new BatchWriter({
      ...parts,
      written: (records, place, bytes, tookMs) => this.#written(records, place, bytes, tookMs),
      rolled: (segment, lastIndexBefore) => {
        const before = parts.segments.at(-1);
        if (before !== undefined) before.lastIndex = lastIndexBefore;
        parts.segments.push({ sequence: segment, lastIndex: lastIndexBefore });
      },
      failed: (error) => parts.events.failed(error),
    });
  }

  get durable(): LogPosition {
    return this.#durable;
  }

  get metrics(): WalMetrics {
    return this.#metrics;
  }

  persist({ sequence, truncateFrom, entries, hardState }: WalRecord): void {
    const { map } = this.#parts;
    if (truncateFrom !== undefined) {
      map.truncateFrom(truncateFrom);
      if (map.last.index < this.#durable.index) this.#durable = map.last;
    }
    invariant(entries.length === 0 || entries[0]?.index === map.last.index + 1, "the log has no gap", {
      first: entries[0]?.index,
      last: map.last.index,
    });
    for (const entry of entries) map.append(entry.index, entry.term);
    this.#writer.add({ sequence, truncateFrom, entries, hardState, last: map.last });
  }

  /** Writes a batch without entries, so that this incarnation is durable before anything else happens. */
  begin(hardState: HardState | undefined, done: () => void): void {
    this.#whenBegun = done;
    this.#writer.add({
      sequence: undefined,
      truncateFrom: undefined,
      entries: [],
      hardState,
      last: this.#parts.map.last,
    });
  }

  healed(): void {
    const { state, map } = this.#parts;
    if (!state.quarantined) return;
    state.quarantined = false;
    this.#writer.add({
      sequence: undefined,
      truncateFrom: undefined,
      entries: [],
      hardState: undefined,
      last: map.last,
    });
  }

  read(from: LogIndex, to: LogIndex, maxBytes: number, done: ReadDone): void {
    const { disk, directory, map, state, segments } = this.#parts;
    const parts = {
      disk,
      directory,
      map,
      end: () => ({ segment: state.segment, offset: state.offset }),
      segmentAfter: (segment: number) =>
        segments[segments.findIndex(({ sequence }) => sequence === segment) + 1]?.sequence,
    };
    readEntries(parts, { from, to, maxBytes }, done);
  }

  prune(position: LogPosition): void {
    const { map } = this.#parts;
    if (position.index <= map.base.index || position.index > this.#durable.index) return;
    this.#writer.add({
      sequence: undefined,
      truncateFrom: undefined,
      entries: [],
      hardState: undefined,
      base: position,
      last: map.last,
    });
  }

  close(done: Done): void {
    this.#writer.close(done);
  }

  #written(records: readonly QueuedRecord[], place: BatchPlace, bytes: number, tookMs: number): void {
    const { map, events } = this.#parts;
    const first = records.find(({ entries }) => entries.length > 0)?.entries[0];
    if (first !== undefined) map.placed(first.index, place, bytes);
    const newest = records.findLast(({ sequence }) => sequence !== undefined);
    const { last } = records.at(-1) as QueuedRecord;
    // What was truncated since is no longer durable, whatever this batch held (pitfall B45).
    if (map.termAt(last.index) === last.term) this.#durable = last;
    this.#measure(records.length, bytes, tookMs);
    const base = records.findLast((record) => record.base !== undefined)?.base;
    if (base !== undefined) this.#pruned(base);
    const begun = this.#whenBegun;
    this.#whenBegun = undefined;
    begun?.();
    if (newest?.sequence !== undefined) events.stored(newest.sequence, newest.last);
  }

  /** The base is durable: segments whose entries all lie before it may go, oldest first, never the newest. */
  #pruned(base: LogPosition): void {
    const { disk, directory, map, segments, events } = this.#parts;
    map.prune(base);
    const oldest = segments[0];
    if (oldest === undefined || segments.length < 2 || oldest.lastIndex > base.index) return;
    segments.shift();
    disk.remove(`${directory}/${segmentName(oldest.sequence)}`, (error: HostError | undefined) => {
      if (error !== undefined && !this.#writer.isStopped) events.failed(error);
      else this.#pruned(base);
    });
  }

  #measure(records: number, bytes: number, tookMs: number): void {
    const { syncs, meanSyncMs } = this.#metrics;
    this.#metrics = {
      syncs: syncs + 1,
      records: this.#metrics.records + records,
      bytes: this.#metrics.bytes + bytes,
      lastSyncMs: tookMs,
      meanSyncMs: syncs === 0 ? tookMs : meanSyncMs + (tookMs - meanSyncMs) * meanWeight,
    };
  }
}
