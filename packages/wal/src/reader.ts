import type { Disk, HostError } from "@quorate/host";
import { readEntry, readU32, type Entry, type LogIndex } from "@quorate/raft";
import { batchHeaderBytes, decodeBatch, frameOffsets } from "./batch.ts";
import { WalError } from "./errors.ts";
import type { ReadDone } from "./interface.ts";
import type { BatchPlace, LogMap } from "./log-map.ts";
import { segmentHeaderBytes } from "./segment-header.ts";
import { segmentName } from "./segments.ts";

export interface ReadRequest {
  readonly from: LogIndex;
  readonly to: LogIndex;
  readonly maxBytes: number;
}

export interface ReaderParts {
  readonly disk: Disk;
  readonly directory: string;
  readonly map: LogMap;
  /** Where what was written ends: nothing at or behind it may be read. */
  readonly end: () => BatchPlace;
  /** The segment that follows, in the order of the log. */
  readonly segmentAfter: (segment: number) => number | undefined;
}

const chunkBytes = 1024 * 1024;

/** Reads live entries back from the segments: scans batches from the nearest known place on, and verifies what it gives. */
export function readEntries(parts: ReaderParts, request: ReadRequest, done: ReadDone): void {
  const place = parts.map.placeOf(request.from);
  if (place === undefined || parts.map.termAt(request.from) === undefined || request.from <= parts.map.base.index) {
    const why = `the log holds entries ${parts.map.base.index + 1} to ${parts.map.last.index}, not ${request.from}`;
    return done(new WalError("pruned", parts.directory, undefined, why), []);
  }
  new Scan(parts, request, done).segment(place);
}

class Scan {
  readonly #parts: ReaderParts;
  readonly #request: ReadRequest;
  readonly #done: ReadDone;
  readonly #entries: Entry[] = [];
  #next: LogIndex;
  #bytes = 0;

  constructor(parts: ReaderParts, request: ReadRequest, done: ReadDone) {
    this.#parts = parts;
    this.#request = request;
    this.#done = done;
    this.#next = request.from;
  }

  segment({ segment, offset }: BatchPlace): void {
    const path = `${this.#parts.directory}/${segmentName(segment)}`;
    this.#parts.disk.open(path, (error, file) => {
      if (error !== undefined) return this.#done(error, []);
      const finish = (failure: HostError | WalError | undefined, nextPlace: BatchPlace | undefined): void => {
        file.close((closeError) => {
          if (failure !== undefined || closeError !== undefined) return this.#done(failure ?? closeError, []);
          if (nextPlace !== undefined) return this.segment(nextPlace);
          if (this.#entries.length > 0) return this.#done(undefined, this.#entries);
          const why = `${path}: entry ${this.#next} should lie behind offset ${offset} and is not there`;
          this.#done(new WalError("corrupt", path, offset, why), []);
        });
      };
      const read = (at: number, length: number): void =>
        file.read(at, length, (readError, bytes) => {
          if (readError !== undefined) return finish(readError, undefined);
          const used = this.#scan(bytes, { segment, offset: at });
          if (used === "enough") return finish(undefined, undefined);
          if (used.needs > length) return read(at + used.consumed, used.needs);
          if (used.consumed > 0) return read(at + used.consumed, chunkBytes);
          const after = this.#parts.segmentAfter(segment);
          finish(undefined, after === undefined ? undefined : { segment: after, offset: segmentHeaderBytes });
        });
      read(offset, chunkBytes);
    });
  }

  /** Takes the whole batches at the start of `bytes`; says how many bytes that were, and what the next one needs. */
  #scan(bytes: Uint8Array, place: BatchPlace): "enough" | { readonly consumed: number; readonly needs: number } {
    let at = 0;
    for (;;) {
      const end = this.#parts.end();
      const absolute = place.offset + at;
      if (place.segment > end.segment || (place.segment === end.segment && absolute >= end.offset)) return "enough";
      const batch = decodeBatch(bytes, at);
      if (batch === undefined) {
        const length = at + batchHeaderBytes <= bytes.length ? readU32(bytes, at + 4) : 0;
        const isCut = length > bytes.length - at;
        return { consumed: at, needs: isCut ? length : 0 };
      }
      for (const record of batch.records) {
        for (const offset of frameOffsets(bytes, record) ?? [])
          if (this.#take(readEntry(bytes, offset))) return "enough";
      }
      at += batch.length;
    }
  }

  /** Takes an entry if it is the next one and alive; returns whether that is enough. */
  #take(entry: Entry): boolean {
    if (entry.index !== this.#next || this.#parts.map.termAt(entry.index) !== entry.term) return false;
    this.#bytes += entry.frame.length;
    if (this.#entries.length > 0 && this.#bytes > this.#request.maxBytes) return true;
    this.#entries.push({ ...entry, frame: entry.frame.slice() });
    this.#next++;
    return this.#next > this.#request.to;
  }
}
