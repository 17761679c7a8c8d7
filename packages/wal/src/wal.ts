import { HostError, type Disk, type Done } from "@quorate/host";
import {
  encodeConfiguration,
  invariant,
  type Entry,
  type LogBase,
  type LogIndex,
  type LogPosition,
} from "@quorate/raft";
import { segmentName } from "./file-names.ts";
import type { Base, Owner } from "./format.ts";
import { removeIntent, writeIntent } from "./install-intent.ts";
import type { InstallIntent, ReadDone, Wal, WalMetrics, WalRecord } from "./interface.ts";
import { termsRise, whyNotFollow } from "./log-shape.ts";
import type { LogReader } from "./reader.ts";
import type { Replay } from "./replay.ts";
import { carryOut, runSteps, type Steps } from "./steps.ts";
import type { NewBeginning, QueuedWrite } from "./write-queue.ts";
import type { LogWriter } from "./writer.ts";

export interface OpenLogParts {
  readonly disk: Disk;
  readonly directory: string;
  readonly owner: Owner;
  readonly replay: Replay;
  readonly writer: LogWriter;
  readonly reader: LogReader;
}

const noEntries: readonly Entry[] = [];

/** An open log: what is asked of it is checked here, then queued for the writer. */
export class OpenLog implements Wal {
  readonly #parts: OpenLogParts;
  #lastSequence = Number.NEGATIVE_INFINITY;
  /** What may go, as soon as segments allow it. */
  #pruneTo: LogPosition | undefined;
  #isClosed = false;
  #removals = 0;
  #whenRemoved: (() => void) | undefined;
  /** Of the state that is to be installed, until the log is told that it was. */
  #intended: LogPosition | undefined;
  /** The record with which what was intended is done. */
  #finishedBy: number | undefined;
  #isPreparing = false;
  /** New beginnings that are not durable yet: the table of segments is of the log before, and nothing is pruned by it. */
  #beginnings = 0;
  #whenPrepared: (() => void) | undefined;

  constructor(parts: OpenLogParts) {
    this.#parts = parts;
  }

  get durable(): LogPosition {
    return this.#parts.writer.durable;
  }

  get metrics(): WalMetrics {
    return this.#parts.writer.metrics;
  }

  persist(record: WalRecord): void {
    const { sequence } = record;
    invariant(!this.#isClosed, "nothing is persisted after close", { sequence });
    invariant(sequence > this.#lastSequence, "records come in the order of their sequence", {
      sequence,
      last: this.#lastSequence,
    });
    this.#lastSequence = sequence;
    this.#parts.writer.add(this.append(record, sequence));
  }

  /** Takes a record's entries into the log's shape; the result is to be written. */
  append(record: Omit<WalRecord, "sequence">, sequence: number | undefined): QueuedWrite {
    const { truncateFrom, base, entries, hardState } = record;
    const { shape } = this.#parts.replay;
    let cut: LogPosition | undefined;
    if (base !== undefined && base.position.index === this.#intended?.index) {
      this.#intended = undefined;
      this.#finishedBy = sequence;
    }
    const anew = base === undefined || shape.holds(base.position) ? undefined : this.#beginAnew(base);
    if (anew !== undefined) {
      // What is durable of the log so far is not vouched for any more.
      cut = anew.before;
    } else if (truncateFrom !== undefined && truncateFrom <= shape.last.index) {
      invariant(truncateFrom > shape.base.index, "what was pruned is committed and never truncated", {
        truncateFrom,
        base: shape.base.index,
      });
      shape.truncateFrom(truncateFrom);
      cut = shape.last;
    }
    const wrong = whyNotFollow(shape.last.index, entries);
    invariant(wrong === undefined, `entries follow the log's end: ${wrong}`, { sequence });
    invariant(termsRise(shape.last.term, entries), "terms never fall along the log", { sequence, last: shape.last });
    shape.append(entries);
    let frameBytes = 0;
    for (let i = 0; i < entries.length; i++) frameBytes += (entries[i] as Entry).frame.length;
    return {
      sequence,
      truncateFrom: cut === undefined ? 0 : cut.index + 1,
      anew,
      entries,
      frameBytes,
      hardState,
      base: undefined,
      isRepaired: false,
      last: shape.last,
      cut,
    };
  }

  #beginAnew({
    position,
    configuration,
    configurationIndex,
  }: LogBase): NewBeginning & { readonly before: LogPosition } {
    const { shape } = this.#parts.replay;
    const before = shape.base;
    invariant(position.index > before.index, "a log never begins anew before its base", { position, base: before });
    this.#pruneTo = undefined;
    this.#beginnings++;
    shape.beginAnew(position);
    return {
      position,
      before,
      configuration: { index: configurationIndex, payload: encodeConfiguration(configuration) },
    };
  }

  prepareInstall(intent: InstallIntent, done: Done): void {
    invariant(!this.#isClosed && !this.#isPreparing, "one install is prepared at a time, by an open log");
    const { disk, directory, owner, writer } = this.#parts;
    this.#isPreparing = true;
    runSteps(writeIntent(disk, directory, owner, intent), (error) => {
      this.#isPreparing = false;
      this.#intended = intent.position;
      this.#whenPrepared?.();
      if (error === undefined) return done(undefined);
      writer.fail(error);
      return done(error instanceof HostError ? error : new HostError("io", directory, error.message, { cause: error }));
    });
  }

  read(from: LogIndex, to: LogIndex, maxBytes: number, done: ReadDone): void {
    this.#parts.reader.read(from, to, maxBytes, this.durable.index, done);
  }

  prune(position: LogPosition): void {
    const { shape } = this.#parts.replay;
    if (this.#isClosed || position.index <= shape.base.index) return;
    invariant(shape.holds(position), "what is pruned is what the log holds", { position, last: shape.last });
    if (position.index <= (this.#pruneTo?.index ?? 0)) return;
    this.#pruneTo = position;
    this.pruneSegments();
  }

  /** Removes the segments that hold nothing beyond what may go. Tried again when a segment is full. */
  pruneSegments(): void {
    if (this.#pruneTo === undefined || this.#isClosed || this.#beginnings > 0) return;
    const { shape, segments } = this.#parts.replay;
    const { segment, startIndex } = segments.firstNeededAfter(this.#pruneTo.index);
    if (segment <= segments.first.segment) return;
    const index = Math.max(startIndex, shape.base.index);
    this.#rebase({ position: { index, term: shape.termAt(index) }, firstSegment: segment });
  }

  /** The new base is durable: only now are the files removed, oldest first. What stays behind goes at the next opening. */
  baseStored(firstSegment: number, beganAnew: boolean): void {
    if (beganAnew) this.#beginnings--;
    const { replay, disk, directory } = this.#parts;
    const removed = replay.segments.removeBefore(firstSegment);
    replay.index.forgetBefore(firstSegment);
    if (removed.length > 0) this.#remove(removeSegments(disk, directory, removed));
  }

  #remove(steps: Steps<void>): void {
    this.#removals++;
    runSteps(steps, () => {
      this.#removals--;
      if (this.#removals === 0) this.#whenRemoved?.();
    });
  }

  behind(bytes: number): LogPosition | undefined {
    const { shape, segments } = this.#parts.replay;
    const index = segments.behind(bytes)?.startIndex ?? 0;
    // What was cut off since the segment was begun is no place to begin at.
    if (index <= shape.base.index || index > shape.last.index) return undefined;
    return { index, term: shape.termAt(index) };
  }

  /** Every record up to `sequence` is durable. */
  recordsStored(sequence: number): void {
    if (this.#finishedBy === undefined || sequence < this.#finishedBy) return;
    this.#finishedBy = undefined;
    this.forgetIntent();
  }

  /** Nothing is left to finish. Should the file stay behind, the next opening finds a log that agrees with the state. */
  forgetIntent(): void {
    const { disk, directory } = this.#parts;
    this.#remove(removeIntent(disk, directory));
  }

  healed(): void {
    if (this.#isClosed || this.#parts.replay.damage === undefined) return;
    this.#parts.writer.add({ ...this.#emptyWrite(), isRepaired: true });
  }

  close(done: Done): void {
    invariant(!this.#isClosed, "a log is closed once");
    this.#isClosed = true;
    const { writer, reader } = this.#parts;
    writer.whenIdle(() => {
      reader.whenQuiet(() => {
        this.#afterPreparing(() => this.#afterRemovals(() => writer.close(() => done(undefined))));
      });
    });
  }

  #afterPreparing(callback: () => void): void {
    if (!this.#isPreparing) return callback();
    this.#whenPrepared = callback;
  }

  #afterRemovals(callback: () => void): void {
    if (this.#removals === 0) return callback();
    this.#whenRemoved = callback;
  }

  #rebase(base: Base): void {
    this.#parts.replay.shape.rebase(base.position);
    this.#parts.replay.firstSegment = base.firstSegment;
    this.#parts.writer.add({ ...this.#emptyWrite(), base });
  }

  #emptyWrite(): QueuedWrite {
    return {
      sequence: undefined,
      truncateFrom: 0,
      entries: noEntries,
      frameBytes: 0,
      hardState: undefined,
      base: undefined,
      anew: undefined,
      isRepaired: false,
      last: this.#parts.replay.shape.last,
      cut: undefined,
    };
  }
}

function* removeSegments(disk: Disk, directory: string, segments: readonly number[]): Steps<void> {
  for (const segment of segments) yield* carryOut((done) => disk.remove(`${directory}/${segmentName(segment)}`, done));
  yield* carryOut((done) => disk.syncDirectory(directory, done));
}
