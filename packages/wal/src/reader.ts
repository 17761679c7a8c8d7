import { HostError, type Disk, type DiskFile } from "@quorate/host";
import { CorruptFrameError, type Entry, type LogIndex } from "@quorate/raft";
import { WalError } from "./errors.ts";
import { segmentName } from "./file-names.ts";
import { segmentHeaderBytes, segmentIdentity, type Owner } from "./format.ts";
import type { ReadDone } from "./interface.ts";
import type { LogShape } from "./log-shape.ts";
import type { IndexPoint, PositionIndex } from "./position-index.ts";
import { entriesOf, readBatch, SegmentWindow } from "./segment-window.ts";
import type { SegmentTable } from "./segment-table.ts";
import { carryOut, perform, runSteps, type Steps } from "./steps.ts";

/** One read of the disk is at least and at most this much, batches apart, which are read whole. */
const minReadBytes = 64 * 1024;
const maxReadBytes = 1024 * 1024;

export interface ReaderParts {
  readonly disk: Disk;
  readonly directory: string;
  readonly owner: Owner;
  readonly shape: LogShape;
  readonly segments: SegmentTable;
  readonly index: PositionIndex;
}

/** Reads entries back, for followers that are behind and for restarts. */
export class LogReader {
  readonly #parts: ReaderParts;
  #underWay = 0;
  #whenQuiet: (() => void) | undefined;

  constructor(parts: ReaderParts) {
    this.#parts = parts;
  }

  /** @param durable where the durable log ends; nothing beyond it is returned */
  read(from: LogIndex, to: LogIndex, maxBytes: number, durable: LogIndex, done: ReadDone): void {
    this.#underWay++;
    const last = Math.min(to, durable);
    const wrong = this.#whyNot(from, last);
    const steps = wrong === undefined ? this.#collect(from, last, maxBytes) : this.#refuse(wrong);
    runSteps(steps, (error, entries) => {
      this.#underWay--;
      done(error, entries);
      if (this.#underWay === 0) this.#whenQuiet?.();
    });
  }

  whenQuiet(callback: () => void): void {
    this.#whenQuiet = () => {
      this.#whenQuiet = undefined;
      callback();
    };
    if (this.#underWay === 0) this.#whenQuiet();
  }

  #whyNot(from: LogIndex, last: LogIndex): HostError | WalError | undefined {
    const { directory, shape } = this.#parts;
    if (from <= shape.base.index) return pruned(directory, from, shape.base.index);
    if (from <= last) return undefined;
    return new HostError("invalid", directory, `there is nothing durable to read from ${from} to ${last}`);
  }

  /** A completion never comes from inside the call; the disk is the only thing here that can make it come later. */
  *#refuse(error: HostError | WalError): Steps<readonly Entry[]> {
    const { disk, directory } = this.#parts;
    yield* perform<unknown>((done) => disk.list(directory, () => done(undefined, undefined)));
    throw error;
  }

  *#collect(from: LogIndex, last: LogIndex, maxBytes: number): Steps<readonly Entry[]> {
    const { segments, index } = this.#parts;
    const cuts = index.cutsBetween(from, last);
    const chunkBytes = Math.min(maxReadBytes, Math.max(minReadBytes, maxBytes));
    const entries: Entry[] = [];
    let readBytes = 0;
    let frameBytes = 0;
    let expected = from;
    let at: IndexPoint = index.pointFor(from) ?? {
      firstIndex: 0,
      segment: segments.first.segment,
      offset: segmentHeaderBytes,
    };
    while (expected <= last) {
      const file = yield* this.#open(at.segment, expected);
      const window = new SegmentWindow(file, chunkBytes);
      const identity = segmentIdentity(this.#parts.owner, at.segment);
      let offset = at.offset;
      let isFull = false;
      try {
        while (expected <= last && !isFull && expected !== cuts[0]?.firstIndex && offset < this.#endOf(at.segment)) {
          const batch = yield* readBatch(window, offset, identity);
          if (typeof batch === "string") throw this.#corrupt(at.segment, offset, batch);
          offset += batch.header.length;
          readBytes += batch.header.length;
          for (const entry of this.#entriesOf(batch, at.segment)) {
            if (entry.index < expected) continue;
            if (entry.index > expected) throw this.#corrupt(at.segment, offset, `entry ${expected} is missing`);
            if (expected > last || expected === cuts[0]?.firstIndex) break;
            isFull = entries.length > 0 && frameBytes + entry.frame.length > maxBytes;
            if (isFull) break;
            entries.push(entry);
            frameBytes += entry.frame.length;
            expected++;
          }
        }
      } finally {
        yield* carryOut((done) => file.close(done));
      }
      if (isFull || expected > last) break;
      at = this.#continuation(at.segment, expected, cuts);
    }
    return readBytes > 2 * frameBytes ? withOwnFrames(entries) : entries;
  }

  /** Where reading goes on: at a cut, or in the segment that follows. */
  #continuation(segment: number, expected: LogIndex, cuts: IndexPoint[]): IndexPoint {
    if (expected === cuts[0]?.firstIndex) return cuts.shift() as IndexPoint;
    const next = this.#parts.segments.after(segment);
    if (next === undefined) throw this.#corrupt(segment, undefined, `the log ends before entry ${expected}`);
    return { firstIndex: expected, segment: next.segment, offset: segmentHeaderBytes };
  }

  *#open(segment: number, index: LogIndex): Steps<DiskFile> {
    const { disk, directory, segments, shape } = this.#parts;
    if (segments.find(segment) === undefined) throw pruned(directory, index, shape.base.index);
    return yield* perform<DiskFile>((done) => disk.open(`${directory}/${segmentName(segment)}`, done));
  }

  #endOf(segment: number): number {
    return this.#parts.segments.find(segment)?.end ?? 0;
  }

  #entriesOf(batch: Parameters<typeof entriesOf>[0], segment: number): Entry[] {
    try {
      return entriesOf(batch);
    } catch (error) {
      if (!(error instanceof CorruptFrameError)) throw error;
      throw this.#corrupt(segment, batch.header.offset, error.message);
    }
  }

  #corrupt(segment: number, offset: number | undefined, why: string): WalError {
    const path = `${this.#parts.directory}/${segmentName(segment)}`;
    const place = offset === undefined ? path : `${path} at offset ${offset}`;
    return new WalError("corrupt", path, offset, `${place}: ${why}`);
  }
}

function pruned(directory: string, index: LogIndex, base: LogIndex): WalError {
  const message = `entry ${index} is no longer in ${directory}: the log begins after ${base}`;
  return new WalError("pruned", directory, undefined, message);
}

/** A small view keeps the whole piece alive that was read (pitfall B40). */
function withOwnFrames(entries: readonly Entry[]): Entry[] {
  return entries.map((entry) => ({ ...entry, frame: entry.frame.slice() }));
}
