import type { Disk, Done } from "@quorate/host";
import { invariant, type Entry, type LogIndex, type LogPosition } from "@quorate/raft";
import { segmentName } from "./file-names.ts";
import type { Base } from "./format.ts";
import type { ReadDone, Wal, WalMetrics, WalRecord } from "./interface.ts";
import { termsRise, whyNotFollow } from "./log-shape.ts";
import type { LogReader } from "./reader.ts";
import type { Replay } from "./replay.ts";
import { carryOut, runSteps, type Steps } from "./steps.ts";
import type { QueuedWrite } from "./write-queue.ts";
import type { LogWriter } from "./writer.ts";

export interface OpenLogParts {
  readonly disk: Disk;
  readonly directory: string;
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
  #isRemoving = false;
  #whenRemoved: (() => void) | undefined;

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
  append({ truncateFrom, entries, hardState }: Omit<WalRecord, "sequence">, sequence: number | undefined): QueuedWrite {
    const { shape } = this.#parts.replay;
    let cut: LogPosition | undefined;
    if (truncateFrom !== undefined && truncateFrom <= shape.last.index) {
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
      entries,
      frameBytes,
      hardState,
      base: undefined,
      isRepaired: false,
      last: shape.last,
      cut,
    };
  }

  read(from: LogIndex, to: LogIndex, maxBytes: number, done: ReadDone): void {
    this.#parts.reader.read(from, to, maxBytes, this.durable.index, done);
  }

  prune(position: LogPosition): void {
    const { shape, segments } = this.#parts.replay;
    if (this.#isClosed || position.index <= shape.base.index) return;
    if (position.index > shape.last.index) {
      this.#pruneTo = undefined;
      return this.#rebase({ position, firstSegment: segments.active.segment });
    }
    invariant(shape.termAt(position.index) === position.term, "what is pruned is what the log holds", {
      position,
      term: shape.termAt(position.index),
    });
    if (position.index <= (this.#pruneTo?.index ?? 0)) return;
    this.#pruneTo = position;
    this.pruneSegments();
  }

  /** Removes the segments that hold nothing beyond what may go. Tried again when a segment is full. */
  pruneSegments(): void {
    if (this.#pruneTo === undefined || this.#isClosed) return;
    const { shape, segments } = this.#parts.replay;
    const { segment, startIndex } = segments.firstNeededAfter(this.#pruneTo.index);
    if (segment <= segments.first.segment) return;
    const index = Math.max(startIndex, shape.base.index);
    this.#rebase({ position: { index, term: shape.termAt(index) }, firstSegment: segment });
  }

  /** The new base is durable: only now are the files removed, oldest first. What stays behind goes at the next opening. */
  baseStored(firstSegment: number): void {
    const { replay, disk, directory } = this.#parts;
    const removed = replay.segments.removeBefore(firstSegment);
    replay.index.forgetBefore(firstSegment);
    if (removed.length === 0) return;
    this.#isRemoving = true;
    runSteps(removeSegments(disk, directory, removed), () => {
      this.#isRemoving = false;
      this.#whenRemoved?.();
    });
  }

  behind(bytes: number): LogPosition | undefined {
    const { shape, segments } = this.#parts.replay;
    const index = segments.behind(bytes)?.startIndex ?? 0;
    // What was cut off since the segment was begun is no place to begin at.
    if (index <= shape.base.index || index > shape.last.index) return undefined;
    return { index, term: shape.termAt(index) };
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
        this.#afterRemovals(() => writer.close(() => done(undefined)));
      });
    });
  }

  #afterRemovals(callback: () => void): void {
    if (!this.#isRemoving) return callback();
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
