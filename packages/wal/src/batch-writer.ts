import type { Clock, Disk, DiskFile, Done, HostError, TimerHandle, Timers } from "@quorate/host";
import type { HardState, LogPosition } from "@quorate/raft";
import { batchChecksum, batchLength, encodeBatch, recordBytes, type BatchRecord } from "./batch.ts";
import type { BatchPlace } from "./log-map.ts";
import { segmentHeaderBytes, type SegmentHeader } from "./segment-header.ts";
import { installSegment, prepareSegment } from "./segments.ts";

/** Where the log stands on the disk: what the next batch and the next segment continue from. */
export interface WriterState {
  readonly clusterId: number;
  readonly memberId: number;
  readonly incarnation: number;
  file: DiskFile;
  segment: number;
  capacity: number;
  offset: number;
  /** The newest batch that was written, and its checksum. */
  sequence: number;
  chain: number;
  base: LogPosition;
  last: LogPosition;
  hardState: HardState | undefined;
  quarantined: boolean;
}

export interface WriterParts {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly directory: string;
  readonly segmentBytes: number;
  readonly state: WriterState;
  /** A batch is durable. */
  readonly written: (records: readonly QueuedRecord[], place: BatchPlace, bytes: number, tookMs: number) => void;
  /** A new segment is in use. */
  readonly rolled: (segment: number, lastIndexBefore: number) => void;
  readonly failed: (error: HostError) => void;
}

export interface QueuedRecord extends BatchRecord {
  /** Of the persist effect; undefined for what the log writes on its own account. */
  readonly sequence: number | undefined;
  /** Where the log ends after it. */
  readonly last: LogPosition;
}

/** Bytes of records in one batch, at most; a record that is larger goes alone. */
const maxBatchBytes = 4 * 1024 * 1024;

/** An idle log notes that its last batch is durable after this long (ms). */
const idleMarkMs = 50;

/**
 * Group commit: while one batch is written and synced, what comes in collects and leaves as the next batch. One write and
 * one sync at a time, so that "batch N + 1 was begun" proves "batch N is durable".
 */
export class BatchWriter {
  readonly #parts: WriterParts;
  readonly #state: WriterState;
  #queue: QueuedRecord[] = [];
  #busy = false;
  #stopped = false;
  #whenIdle: (() => void) | undefined;
  /** The next segment, zeroed ahead of use. */
  #prepared: DiskFile | undefined;
  #preparing = false;
  #whenPrepared: (() => void) | undefined;
  /** The newest batch that is known to be durable is noted behind it already. */
  #marked = true;
  #markTimer: TimerHandle | undefined;

  constructor(parts: WriterParts) {
    this.#parts = parts;
    this.#state = parts.state;
    this.#prepareNext();
  }

  get isStopped(): boolean {
    return this.#stopped;
  }

  add(record: QueuedRecord): void {
    if (this.#stopped) return;
    this.#queue.push(record);
    if (!this.#busy) this.#writeNext();
  }

  /** Completes what is queued, then closes the files. */
  close(done: Done): void {
    const finish = (): void => {
      this.#stopped = true;
      this.#cancelMark();
      const files = [this.#state.file, this.#prepared].filter((file) => file !== undefined);
      const closeNext = (error: HostError | undefined): void => {
        const file = files.pop();
        if (file === undefined) return done(error);
        file.close((closeError) => closeNext(error ?? closeError));
      };
      if (this.#preparing) this.#whenPrepared = () => this.close(done);
      else closeNext(undefined);
    };
    if (this.#busy && !this.#stopped) this.#whenIdle = finish;
    else finish();
  }

  #writeNext(): void {
    if (this.#stopped) return;
    const records = this.#takeBatch();
    if (records.length === 0) {
      this.#busy = false;
      this.#scheduleMark();
      const whenIdle = this.#whenIdle;
      this.#whenIdle = undefined;
      whenIdle?.();
      return;
    }
    this.#busy = true;
    this.#cancelMark();
    const length = batchLength(records.reduce((bytes, record) => bytes + recordBytes(record), 0));
    if (this.#state.offset + length <= this.#state.capacity) this.#write(records);
    else this.#roll(length, () => this.#write(records));
  }

  #takeBatch(): QueuedRecord[] {
    let bytes = 0;
    let count = 0;
    for (const record of this.#queue) {
      bytes += recordBytes(record);
      if (count > 0 && bytes > maxBatchBytes) break;
      count++;
    }
    return this.#queue.splice(0, count);
  }

  #write(records: readonly QueuedRecord[]): void {
    const state = this.#state;
    const { clock, written } = this.#parts;
    const bytes = this.#encode(records);
    const { length } = bytes;
    const place = { segment: state.segment, offset: state.offset };
    state.offset += length;
    for (const { hardState, base, last } of records) {
      if (hardState !== undefined) state.hardState = hardState;
      if (base !== undefined) state.base = base;
      state.last = last;
    }
    const began = clock.monotonicMs();
    state.file.writeAndSync(place.offset, bytes, (error) => {
      if (this.#stopped) return;
      if (error !== undefined) return this.#fail(error);
      this.#marked = false;
      written(records, place, length, clock.monotonicMs() - began);
      this.#writeNext();
    });
  }

  #encode(records: readonly QueuedRecord[]): Uint8Array<ArrayBuffer> {
    const state = this.#state;
    const mark = state.sequence;
    state.sequence++;
    const { sequence, chain, incarnation, quarantined } = state;
    const bytes = encodeBatch({ sequence, chain, mark, incarnation, quarantined }, records);
    state.chain = batchChecksum(bytes);
    return bytes;
  }

  /** Goes on in a new segment; everything in the old one is synced, but perhaps an idle mark. */
  #roll(length: number, then: () => void): void {
    const { disk, directory, segmentBytes, rolled } = this.#parts;
    const state = this.#state;
    const needed = segmentHeaderBytes + length;
    const old = state.file;
    old.dataSync((syncError) => {
      if (syncError !== undefined) return this.#fail(syncError);
      this.#segmentOf(needed, (file) => {
        const capacity = Math.max(needed, segmentBytes);
        const header = this.#header(state.segment + 1, capacity);
        installSegment(disk, directory, file, header, (error, installed) => {
          if (this.#stopped) return;
          if (error !== undefined) return this.#fail(error);
          old.close((closeError) => {
            if (closeError !== undefined) this.#fail(closeError);
          });
          const lastIndexBefore = state.last.index;
          state.file = installed;
          state.segment = header.sequence;
          state.capacity = capacity;
          state.offset = segmentHeaderBytes;
          rolled(header.sequence, lastIndexBefore);
          this.#prepareNext();
          then();
        });
      });
    });
  }

  #header(sequence: number, capacity: number): SegmentHeader {
    const state = this.#state;
    return {
      clusterId: state.clusterId,
      memberId: state.memberId,
      sequence,
      capacity,
      previousSequence: state.segment,
      previousEnd: state.offset,
      firstBatch: state.sequence + 1,
      mark: state.sequence,
      chain: state.chain,
      incarnation: state.incarnation,
      base: state.base,
      last: state.last,
      hardState: state.hardState,
      quarantined: state.quarantined,
    };
  }

  /** A zeroed file of at least `bytes`: the prepared one, or one made now for a record that is larger. */
  #segmentOf(bytes: number, then: (file: DiskFile) => void): void {
    if (this.#preparing) {
      this.#whenPrepared = () => this.#segmentOf(bytes, then);
      return;
    }
    const prepared = this.#prepared;
    if (prepared !== undefined && bytes <= this.#parts.segmentBytes) {
      this.#prepared = undefined;
      return then(prepared);
    }
    const path = `${this.#parts.directory}/large.tmp`;
    prepareSegment(this.#parts.disk, path, Math.max(bytes, this.#parts.segmentBytes), (error, file) => {
      if (error !== undefined) this.#fail(error);
      else then(file);
    });
  }

  #prepareNext(): void {
    if (this.#prepared !== undefined || this.#preparing || this.#stopped) return;
    const { disk, directory, segmentBytes } = this.#parts;
    this.#preparing = true;
    prepareSegment(disk, `${directory}/next.tmp`, segmentBytes, (error, file) => {
      this.#preparing = false;
      if (error === undefined) this.#prepared = file;
      else this.#fail(error);
      const whenPrepared = this.#whenPrepared;
      this.#whenPrepared = undefined;
      whenPrepared?.();
    });
  }

  /** The next batch will say that the one before is durable; while none comes, a batch without records says it. */
  #scheduleMark(): void {
    if (this.#marked || this.#stopped) return;
    this.#markTimer = this.#parts.timers.after(idleMarkMs, () => this.#writeMark());
  }

  #cancelMark(): void {
    if (this.#markTimer !== undefined) this.#parts.timers.cancel(this.#markTimer);
    this.#markTimer = undefined;
  }

  /** Not synced: it promises nothing itself, and must not cost a sync. */
  #writeMark(): void {
    this.#markTimer = undefined;
    const state = this.#state;
    if (this.#busy || this.#stopped || state.offset + batchLength(0) > state.capacity) return;
    this.#marked = true;
    this.#busy = true;
    const bytes = this.#encode([]);
    const { offset } = state;
    state.offset += bytes.length;
    state.file.write(offset, bytes, (error) => {
      if (this.#stopped) return;
      if (error !== undefined) return this.#fail(error);
      this.#writeNext();
    });
  }

  #fail(error: HostError): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#queue = [];
    this.#cancelMark();
    this.#parts.failed(error);
    const whenIdle = this.#whenIdle;
    this.#whenIdle = undefined;
    whenIdle?.();
  }
}
