import {
  crc32c,
  frameLengthAt,
  readU32,
  readU53,
  writeU32,
  writeU53,
  type HardState,
  type LogIndex,
  type LogPosition,
} from "@quorate/raft";
import type { WalRecord } from "./interface.ts";

/**
 * What one write and one sync make durable: the records that had collected, behind a header. Entry frames stand in it
 * verbatim (raft/entry.ts); what is local to this member stands around them. All integers are little-endian.
 *
 * ```text
 *   0  u32  magic
 *   4  u32  length of the whole batch in bytes, a multiple of 8
 *   8  u32  CRC-32C over every other byte of the batch, its length included
 *  12  u32  chain: checksum of the batch before, across segments
 *  16  u64  sequence of this batch, rising by one
 *  24  u64  mark: the newest batch that was known to be durable when this one was written
 *  32  u64  incarnation
 *  40  u32  flags: 1 quarantined
 *  44  u32  records; each:
 *           u32 flags (1 hard state, 2 truncation, 4 base), u32 entries, u32 bytes of frames, u32 zero
 *           then, as the flags say: u64 term, u64 vote, u64 commit; u64 truncate from; u64 base index, u64 base term
 *           then the frames
 *           zeros up to a multiple of 8
 * ```
 */
export const batchHeaderBytes = 48;
export const batchAlignment = 8;

const magic = 0x54_41_42_51;
const recordHeaderBytes = 16;
const recordFlags = { hardState: 1, truncation: 2, base: 4 } as const;

export interface BatchHeader {
  readonly sequence: number;
  readonly mark: number;
  readonly chain: number;
  readonly incarnation: number;
  readonly quarantined: boolean;
}

/** A record on its way to the disk; `base` is what pruning adds. */
export interface BatchRecord extends Omit<WalRecord, "sequence"> {
  readonly base?: LogPosition | undefined;
}

/** A record as it is read back; its frames are `bytes[framesStart, framesEnd)` of the batch. */
export interface ReadRecord {
  readonly hardState: HardState | undefined;
  readonly truncateFrom: LogIndex | undefined;
  readonly base: LogPosition | undefined;
  readonly entryCount: number;
  readonly framesStart: number;
  readonly framesEnd: number;
}

export interface Batch extends BatchHeader {
  readonly length: number;
  readonly checksum: number;
  readonly records: readonly ReadRecord[];
}

/** How many bytes a record takes in a batch. */
export function recordBytes(record: BatchRecord): number {
  let bytes = recordHeaderBytes;
  if (record.hardState !== undefined) bytes += 24;
  if (record.truncateFrom !== undefined) bytes += 8;
  if (record.base !== undefined) bytes += 16;
  for (const entry of record.entries) bytes += entry.frame.length;
  return bytes;
}

/** The length of a batch whose records take `bytes`. */
export function batchLength(bytes: number): number {
  return Math.ceil((batchHeaderBytes + bytes) / batchAlignment) * batchAlignment;
}

/** One fresh buffer with the whole batch. */
export function encodeBatch(header: BatchHeader, records: readonly BatchRecord[]): Uint8Array<ArrayBuffer> {
  const length = batchLength(records.reduce((sum, record) => sum + recordBytes(record), 0));
  const bytes = new Uint8Array(length);
  writeU32(bytes, 0, magic);
  writeU32(bytes, 4, length);
  writeU32(bytes, 12, header.chain);
  writeU53(bytes, 16, header.sequence);
  writeU53(bytes, 24, header.mark);
  writeU53(bytes, 32, header.incarnation);
  writeU32(bytes, 40, header.quarantined ? 1 : 0);
  writeU32(bytes, 44, records.length);
  let at = batchHeaderBytes;
  for (const record of records) at = writeRecord(bytes, at, record);
  writeU32(bytes, 8, checksumOf(bytes, 0, length));
  return bytes;
}

export function batchChecksum(bytes: Uint8Array): number {
  return readU32(bytes, 8);
}

function writeRecord(
  bytes: Uint8Array,
  start: number,
  { hardState, truncateFrom, base, entries }: BatchRecord,
): number {
  let at = start + recordHeaderBytes;
  let flags = 0;
  if (hardState !== undefined) {
    flags |= recordFlags.hardState;
    writeU53(bytes, at, hardState.term);
    writeU53(bytes, at + 8, hardState.vote);
    writeU53(bytes, at + 16, hardState.commit);
    at += 24;
  }
  if (truncateFrom !== undefined) {
    flags |= recordFlags.truncation;
    writeU53(bytes, at, truncateFrom);
    at += 8;
  }
  if (base !== undefined) {
    flags |= recordFlags.base;
    writeU53(bytes, at, base.index);
    writeU53(bytes, at + 8, base.term);
    at += 16;
  }
  const framesStart = at;
  for (const { frame } of entries) {
    bytes.set(frame, at);
    at += frame.length;
  }
  writeU32(bytes, start, flags);
  writeU32(bytes, start + 4, entries.length);
  writeU32(bytes, start + 8, at - framesStart);
  return at;
}

/** The batch that starts at `at`, whole and with a valid checksum; undefined for anything else. */
export function decodeBatch(bytes: Uint8Array, at: number): Batch | undefined {
  if (at + batchHeaderBytes > bytes.length || readU32(bytes, at) !== magic) return undefined;
  const length = readU32(bytes, at + 4);
  if (length < batchHeaderBytes || length % batchAlignment !== 0 || at + length > bytes.length) return undefined;
  const checksum = readU32(bytes, at + 8);
  if (checksum !== checksumOf(bytes, at, at + length)) return undefined;
  const records = readRecords(bytes, at, at + length);
  if (records === undefined) return undefined;
  return {
    length,
    checksum,
    chain: readU32(bytes, at + 12),
    sequence: readU53(bytes, at + 16),
    mark: readU53(bytes, at + 24),
    incarnation: readU53(bytes, at + 32),
    quarantined: (readU32(bytes, at + 40) & 1) === 1,
    records,
  };
}

function readRecords(bytes: Uint8Array, start: number, end: number): ReadRecord[] | undefined {
  const records: ReadRecord[] = [];
  let at = start + batchHeaderBytes;
  for (let count = readU32(bytes, start + 44); count > 0; count--) {
    if (at + recordHeaderBytes > end) return undefined;
    const flags = readU32(bytes, at);
    const entryCount = readU32(bytes, at + 4);
    const frameBytes = readU32(bytes, at + 8);
    at += recordHeaderBytes;
    let hardState: HardState | undefined;
    let truncateFrom: LogIndex | undefined;
    let base: LogPosition | undefined;
    if ((flags & recordFlags.hardState) !== 0) {
      hardState = { term: readU53(bytes, at), vote: readU53(bytes, at + 8), commit: readU53(bytes, at + 16) };
      at += 24;
    }
    if ((flags & recordFlags.truncation) !== 0) {
      truncateFrom = readU53(bytes, at);
      at += 8;
    }
    if ((flags & recordFlags.base) !== 0) {
      base = { index: readU53(bytes, at), term: readU53(bytes, at + 8) };
      at += 16;
    }
    if (at + frameBytes > end) return undefined;
    records.push({ hardState, truncateFrom, base, entryCount, framesStart: at, framesEnd: at + frameBytes });
    at += frameBytes;
  }
  return records;
}

/** Where each frame of a record starts; undefined when they do not fill it exactly. */
export function frameOffsets(bytes: Uint8Array, record: ReadRecord): number[] | undefined {
  const offsets: number[] = [];
  let at = record.framesStart;
  while (at < record.framesEnd) {
    offsets.push(at);
    const length = frameLengthAt(bytes, at);
    if (length === undefined) return undefined;
    at += length;
  }
  return at === record.framesEnd && offsets.length === record.entryCount ? offsets : undefined;
}

function checksumOf(bytes: Uint8Array, start: number, end: number): number {
  return crc32c(bytes, crc32c(bytes, 0, start, start + 8), start + 12, end);
}
