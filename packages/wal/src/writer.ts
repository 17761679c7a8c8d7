import type { Clock, Disk, DiskFile, HostError } from "@quorate/host";
import { invariant, type LogPosition } from "@quorate/raft";
import { BatchBuffer } from "./batch.ts";
import type { WalError } from "./errors.ts";
import { configurationsLength, type LoggedConfiguration } from "./configuration-trail.ts";
import { formatVersion, segmentHeaderBytes, segmentIdentity } from "./format.ts";
import type { Base, Owner, Standing } from "./format.ts";
import { SyncMetrics } from "./metrics.ts";
import type { OpenTail } from "./mend-tail.ts";
import { NextSegment } from "./next-segment.ts";
import type { Replay } from "./replay.ts";
import { keepOpen } from "./open-files.ts";
import { beginSegment, zeroPieceBytes } from "./segment-file.ts";
import { runSteps } from "./steps.ts";
import type { NewMark, SyncMarks } from "./sync-marks.ts";
import { WriteQueue, type QueuedWrite, type Selection } from "./write-queue.ts";

export interface WriterParts {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly directory: string;
  readonly owner: Owner;
  readonly segmentBytes: number;
  readonly maxBatchBytes: number;
  /** Recovered: the writer goes on from there. */
  readonly replay: Replay;
  readonly incarnation: number;
  readonly tail: OpenTail;
  readonly events: WriterEvents;
}

export interface WriterEvents {
  /** Every record up to `sequence` is durable. */
  stored(sequence: number, last: LogPosition): void;
  /** The base of this write is durable: what lies before it can go. */
  baseStored(firstSegment: number, beganAnew: boolean): void;
  /** A new segment is written to. */
  rolled(): void;
  /** Once, and nothing after it. */
  failed(error: HostError | WalError): void;
}

/**
 * Group commit: one write and one sync at a time, of everything that was queued while the one before ran. A batch is
 * written only when the batch before is durable, so what is found at recovery is a prefix, and each batch is the sync mark
 * of the one before.
 */
export class LogWriter {
  readonly #parts: WriterParts;
  readonly #queue: WriteQueue;
  readonly #next: NextSegment;
  readonly metrics = new SyncMetrics();
  #marks: SyncMarks | undefined;

  #file: DiskFile;
  #segment: number;
  #identity: number;
  #offset: number;
  /** A batch that ends beyond this goes to the next segment; 0 in a segment of an older format. */
  #limit: number;
  /** The file is zeroed, or written, up to here. */
  #zeroedTo: number;
  #isZeroing = false;

  #sequence: number;
  #chain: number;
  #standing: Standing;
  #durable: LogPosition;
  /** Where the log ends after the newest batch. */
  #writtenEnd: LogPosition;

  /** Of what is being written now. */
  #isBusy = false;
  #inFlight: readonly QueuedWrite[] = [];
  #inFlightBytes = 0;
  #startedMs = 0;
  #hasFailed = false;
  #whenIdle: (() => void) | undefined;

  constructor(parts: WriterParts) {
    const { replay, tail, segmentBytes } = parts;
    this.#parts = parts;
    this.#queue = new WriteQueue(Math.min(parts.maxBatchBytes, segmentBytes - segmentHeaderBytes));
    this.#next = new NextSegment(parts.disk, parts.directory, segmentBytes, (error) => this.fail(error));
    this.#file = tail.file;
    this.#segment = replay.segments.active.segment;
    this.#identity = segmentIdentity(parts.owner, this.#segment);
    this.#offset = replay.segments.active.end;
    this.#limit = replay.version === formatVersion ? segmentBytes : 0;
    this.#zeroedTo = Math.max(tail.size, this.#offset);
    this.#sequence = replay.sequence;
    this.#chain = replay.chain;
    this.#standing = { ...replay.standing, incarnation: parts.incarnation };
    this.#durable = replay.shape.last;
    this.#writtenEnd = replay.shape.last;
  }

  /** Truncations that are queued count at once: an entry that is on its way out is not vouched for. */
  get durable(): LogPosition {
    return this.#durable;
  }

  get hasFailed(): boolean {
    return this.#hasFailed;
  }

  /** From now on, a log that goes quiet says so. */
  useMarks(marks: SyncMarks): void {
    this.#marks = marks;
    if (!this.#isBusy) marks.note(this.#mark());
  }

  add(write: QueuedWrite): void {
    if (this.#hasFailed) return;
    this.#queue.add(write);
    if (write.cut !== undefined && write.cut.index < this.#durable.index) this.#durable = write.cut;
    this.#flush();
  }

  /** Calls back once, when nothing is queued or under way; from inside when that is so now, or writing has failed. */
  whenIdle(callback: () => void): void {
    if (this.#hasFailed || (!this.#isBusy && this.#queue.length === 0)) return callback();
    this.#whenIdle = callback;
  }

  /** Nothing is written after a failure: what the disk holds is uncertain, and a retry would hide that. */
  fail(error: HostError | WalError): void {
    if (this.#hasFailed) return;
    this.#hasFailed = true;
    this.#queue.clear();
    this.#parts.events.failed(error);
    this.#tellIdle();
  }

  /** To be called when idle. Errors of closing say nothing about what is durable. */
  close(done: () => void): void {
    this.#next.close(() => {
      this.#file.close(() => {
        if (this.#marks === undefined) return done();
        this.#marks.close(this.#hasFailed ? undefined : this.#mark(), () => done());
      });
    });
  }

  #flush(): void {
    if (this.#isBusy || this.#hasFailed || this.#queue.length === 0) return;
    this.#isBusy = true;
    const selection = this.#queue.select();
    const { base, anew } = this.#queue.next as QueuedWrite;
    const isFirst = this.#offset === segmentHeaderBytes && this.#limit > 0;
    // The first batch of a segment says what was in force before it: whoever reads from there knows it. So does one that
    // moves the base, whose first segment may be of a format that did not say so.
    const configurations = anew !== undefined || (!isFirst && base === undefined) ? [] : this.#configurations(base);
    const extraBytes = configurationsLength(configurations);
    const fits = anew === undefined && this.#offset + selection.batchBytes + extraBytes <= this.#limit;
    if (fits || isFirst) this.#write(selection, anew === undefined ? configurations : [anew.configuration]);
    else this.#roll();
  }

  /** What the log must not forget of its configurations when it is read from here on, or from `base` on. */
  #configurations(base: Base | undefined): readonly LoggedConfiguration[] {
    const commit = this.#standing.hardState?.commit ?? 0;
    return this.#parts.replay.trail.since(Math.min(commit, base?.position.index ?? commit));
  }

  #write({ count, frameBytes }: Selection, configurations: readonly LoggedConfiguration[]): void {
    const { replay, clock } = this.#parts;
    const { trail } = replay;
    const writes = this.#queue.first(count);
    const batch = new BatchBuffer(configurations, frameBytes);
    const batchBytes = batch.bytes.length;
    const { truncateFrom, anew } = writes[0] as QueuedWrite;
    if (truncateFrom > 0) trail.truncateFrom(truncateFrom);
    if (anew !== undefined) trail.beginAnew(anew.configuration);
    let { hardState, base } = this.#standing;
    let isRepaired = false;
    let firstIndex = 0;
    for (const write of writes) {
      batch.add(write.entries);
      trail.append(write.entries);
      if (firstIndex === 0) firstIndex = write.entries[0]?.index ?? 0;
      hardState = write.hardState ?? hardState;
      base = write.base ?? base;
      isRepaired ||= write.isRepaired;
    }
    if (anew !== undefined) base = { position: anew.position, firstSegment: this.#segment };
    const before = this.#standing.base;
    invariant(
      base.firstSegment >= before.firstSegment && base.position.index >= before.position.index,
      "the base of a log only moves forward",
      { base, before },
    );
    if (base !== before) trail.pruneTo(base.position.index);
    this.#standing = { incarnation: this.#standing.incarnation, hardState, base };
    const header = {
      previousChain: this.#chain,
      sequence: this.#sequence + 1,
      offset: this.#offset,
      durableSequence: this.#sequence,
      truncateFrom,
      isRepaired,
      beginsAnew: anew !== undefined,
      standing: this.#standing,
    };
    this.#chain = batch.seal(header, this.#identity);
    this.#sequence++;
    if (truncateFrom > 0) replay.index.truncateFrom(truncateFrom);
    if (anew !== undefined) replay.firstSegment = this.#segment;
    if (firstIndex > 0) replay.index.add(firstIndex, this.#segment, this.#offset, batchBytes);
    if (isRepaired) replay.damage = undefined;
    this.#writtenEnd = (writes.at(-1) as QueuedWrite).last;
    this.#inFlight = writes;
    this.#inFlightBytes = batchBytes;
    this.#startedMs = clock.monotonicMs();
    this.#file.writeAndSync(this.#offset, batch.bytes, this.#written);
    this.#offset += batchBytes;
    replay.segments.extend(this.#offset);
    this.#workAhead();
  }

  readonly #written = (error: HostError | undefined): void => {
    if (this.#hasFailed) return;
    if (error !== undefined) return this.fail(error);
    const writes = this.#inFlight;
    const { events, clock } = this.#parts;
    let records = 0;
    let stored: QueuedWrite | undefined;
    let firstSegment: number | undefined;
    let beganAnew = false;
    for (const write of writes) {
      firstSegment = write.base?.firstSegment ?? firstSegment;
      if (write.anew === undefined) continue;
      beganAnew = true;
      firstSegment = this.#segment;
      this.#parts.replay.segments.startsAt(write.anew.position.index);
    }
    for (const write of writes) {
      if (write.sequence === undefined) continue;
      records++;
      stored = write;
    }
    this.metrics.add(records, this.#inFlightBytes, clock.monotonicMs() - this.#startedMs);
    this.#queue.drop(writes.length);
    this.#durable = this.#queue.lowestCut((writes.at(-1) as QueuedWrite).last);
    this.#isBusy = false;
    // What was queued meanwhile goes out before anybody is told, so that the disk does not wait.
    this.#flush();
    if (stored?.sequence !== undefined) events.stored(stored.sequence, stored.last);
    if (firstSegment !== undefined) events.baseStored(firstSegment, beganAnew);
    if (this.#isBusy || this.#hasFailed) return;
    this.#marks?.note(this.#mark());
    this.#tellIdle();
  };

  /** Every batch so far is durable when the next segment begins: its header is their sync mark. */
  #roll(): void {
    const { disk, directory, owner, replay } = this.#parts;
    const segment = this.#segment + 1;
    const header = {
      ...owner,
      segment,
      predecessor: {
        segment: this.#segment,
        endOffset: this.#offset,
        batchSequence: this.#sequence,
        chain: this.#chain,
      },
      batchSequence: this.#sequence,
      start: this.#writtenEnd,
      standing: this.#standing,
      damage: replay.damage,
    };
    this.#next.take(segment, (error, file) => {
      if (error !== undefined) return this.fail(error);
      runSteps(keepOpen(file, beginSegment(disk, directory, file, header)), (error) => {
        if (error !== undefined) return this.fail(error);
        // Zeroing may have failed meanwhile: then this log is closed, or about to be.
        if (this.#hasFailed) return file.close(() => {});
        this.#beginIn(file, segment, header.start);
      });
    });
  }

  #beginIn(file: DiskFile, segment: number, start: LogPosition): void {
    const { owner, replay, segmentBytes, events } = this.#parts;
    this.#file.close(() => {});
    this.#file = file;
    this.#segment = segment;
    this.#identity = segmentIdentity(owner, segment);
    this.#offset = segmentHeaderBytes;
    this.#limit = segmentBytes;
    replay.version = formatVersion;
    this.#zeroedTo = Math.min(zeroPieceBytes, segmentBytes);
    replay.segments.add(segment, start.index);
    this.#isBusy = false;
    this.#flush();
    events.rolled();
  }

  /** Zeroes the active segment a piece ahead, and prepares the next one when this one is three quarters full. */
  #workAhead(): void {
    this.#zeroedTo = Math.max(this.#zeroedTo, this.#offset);
    if (this.#offset > this.#limit * 0.75) this.#next.prepare(this.#segment + 1);
    const isAhead = this.#zeroedTo - this.#offset >= zeroPieceBytes / 2 || this.#zeroedTo >= this.#limit;
    if (this.#isZeroing || isAhead) return;
    const pieceBytes = Math.min(zeroPieceBytes, this.#limit - this.#zeroedTo);
    this.#isZeroing = true;
    this.#file.writeAndSync(this.#zeroedTo, new Uint8Array(pieceBytes), this.#zeroed);
    this.#zeroedTo += pieceBytes;
  }

  readonly #zeroed = (error: HostError | undefined): void => {
    this.#isZeroing = false;
    if (error !== undefined) this.fail(error);
  };

  #mark(): NewMark {
    return {
      ...this.#parts.owner,
      durableSequence: this.#sequence,
      segment: this.#segment,
      endOffset: this.#offset,
      standing: this.#standing,
    };
  }

  #tellIdle(): void {
    const callback = this.#whenIdle;
    this.#whenIdle = undefined;
    callback?.();
  }
}
