import type { DiskFile } from "@quorate/host";
import { readEntry, type Entry } from "@quorate/raft";
import { readConfigurations, type LoggedConfiguration } from "./configuration-trail.ts";
import { bodyMatches, decodeBatchHeader, looksLikeBatch, type BatchHeader } from "./batch.ts";
import { alignment, batchHeaderBytes } from "./format.ts";
import { perform, type Steps } from "./steps.ts";

/** How much is read at once, at least. */
const chunkBytes = 1024 * 1024;

/** A file read in large pieces: what is asked for comes as views of the newest piece. */
export class SegmentWindow {
  readonly #file: DiskFile;
  readonly #chunkBytes: number;
  #chunk: Uint8Array = new Uint8Array(0);
  #chunkStart = 0;

  constructor(file: DiskFile, chunk = chunkBytes) {
    this.#file = file;
    this.#chunkBytes = chunk;
  }

  /** The `length` bytes at `offset`; fewer only at the end of the file. */
  *take(offset: number, length: number): Steps<Uint8Array> {
    const from = offset - this.#chunkStart;
    if (from < 0 || from + length > this.#chunk.length) {
      const wanted = Math.max(length, this.#chunkBytes);
      this.#chunk = yield* perform<Uint8Array>((done) => this.#file.read(offset, wanted, done));
      this.#chunkStart = offset;
      return this.#chunk.subarray(0, length);
    }
    return this.#chunk.subarray(from, from + length);
  }
}

/** A whole valid batch: its header, and its bytes. */
export interface FoundBatch {
  readonly header: BatchHeader;
  readonly bytes: Uint8Array;
}

/** Reads the batch at `offset`; a text says why there is none. */
export function* readBatch(window: SegmentWindow, offset: number, identity: number): Steps<FoundBatch | string> {
  const head = yield* window.take(offset, batchHeaderBytes);
  const header = decodeBatchHeader(head, 0, offset, identity);
  if (header === undefined) {
    return looksLikeBatch(head, 0) ? "the batch header's checksum does not match its contents" : "no batch starts here";
  }
  const bytes = yield* window.take(offset, header.length);
  if (bytes.length < header.length) return `the file ends within a batch of ${header.length} bytes`;
  if (!bodyMatches(bytes, 0, header)) return "the batch's checksum does not match its contents";
  return { header, bytes };
}

/** The configurations that a batch repeats; undefined when they are damaged. */
export function configurationsOf({ header, bytes }: FoundBatch): LoggedConfiguration[] | undefined {
  return readConfigurations(bytes, batchHeaderBytes, batchHeaderBytes + header.configurationBytes);
}

/** The entries of a batch, each verified: views of its bytes. @throws CorruptFrameError */
export function entriesOf({ header, bytes }: FoundBatch): Entry[] {
  const entries: Entry[] = [];
  let at = batchHeaderBytes + header.configurationBytes;
  for (let count = 0; count < header.entryCount; count++) {
    const entry = readEntry(bytes, at);
    entries.push(entry);
    at += entry.frame.length;
  }
  return entries;
}

/** What lies in the rest of a segment after its log ended. */
export interface Remains {
  /** The valid batch header with the highest sequence. Bodies are not looked at. */
  readonly newest: BatchHeader | undefined;
  /** The first valid batch header beyond the place where the search began. */
  readonly later: BatchHeader | undefined;
  /** The highest sync mark of any of them. */
  readonly durableSequence: number;
  /** Where the last byte that is not zero ends; undefined when all are zero. */
  readonly dirtyEnd: number | undefined;
}

/** Searches everything from `offset` on, batch alignment by batch alignment. */
export function* searchRemains(window: SegmentWindow, offset: number, identity: number): Steps<Remains> {
  let newest: BatchHeader | undefined;
  let later: BatchHeader | undefined;
  let durableSequence = 0;
  let dirtyEnd: number | undefined;
  for (let start = offset; ; start += chunkBytes) {
    // Overlapping by a header, so that none is missed between two pieces.
    const bytes = yield* window.take(start, chunkBytes + batchHeaderBytes);
    const end = Math.min(bytes.length, chunkBytes);
    for (let at = 0; at < end; at += alignment) {
      if (!looksLikeBatch(bytes, at)) continue;
      const header = decodeBatchHeader(bytes, at, start + at, identity);
      if (header === undefined) continue;
      if (newest === undefined || header.sequence > newest.sequence) newest = header;
      if (header.offset > offset) later ??= header;
      durableSequence = Math.max(durableSequence, header.durableSequence);
    }
    const dirty = lengthWithoutZeros(bytes);
    if (dirty > 0) dirtyEnd = start + dirty;
    if (bytes.length < chunkBytes + batchHeaderBytes) return { newest, later, durableSequence, dirtyEnd };
  }
}

/** How many bytes are left when the zeros at the end go. */
function lengthWithoutZeros(bytes: Uint8Array): number {
  let length = bytes.length;
  while (length > 0 && bytes[length - 1] === 0) length--;
  return length;
}
