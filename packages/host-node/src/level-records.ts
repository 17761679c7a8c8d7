import { crc32c } from "@quorate/store";

/*
 * The files of records that LevelDB appends to, its MANIFEST and its logs: blocks of 32 KiB, a record in one piece or in a
 * first, some middle and a last one, each with its checksum. Format: doc/log_format.md of LevelDB.
 */

const blockBytes = 32 * 1024;
const headerBytes = 7;
const types = { full: 1, first: 2, last: 4 } as const;

export interface LevelRecord {
  /** Where it begins in the file. */
  readonly offset: number;
  /** Views of the file's bytes. */
  readonly parts: readonly Uint8Array[];
}

export interface LevelRecords {
  /** All whole ones, up to the first thing that is none. */
  readonly records: readonly LevelRecord[];
  /** Where the first half or damaged record begins. Zeros alone are no record: a size may survive without its bytes. */
  readonly broken: number | undefined;
  /** Where the piece lies that cannot be read; the end of the file when a piece is missing there. */
  readonly stop: number;
}

export function readRecords(bytes: Uint8Array): LevelRecords {
  const records: LevelRecord[] = [];
  let begun: { readonly offset: number; readonly parts: Uint8Array[] } | undefined;
  for (let at = 0; at + headerBytes <= bytes.length; ) {
    const left = blockBytes - (at % blockBytes);
    if (left < headerBytes) {
      at += left;
      continue;
    }
    const end = pieceEnd(bytes, at);
    if (end === undefined) {
      const isHalf = begun !== undefined || !isZero(bytes.subarray(at));
      return { records, broken: isHalf ? (begun?.offset ?? at) : undefined, stop: at };
    }
    const type = bytes[at + 6];
    if (type === types.full || type === types.first) begun = { offset: at, parts: [] };
    begun?.parts.push(bytes.subarray(at + headerBytes, end));
    if (begun !== undefined && (type === types.full || type === types.last)) {
      records.push(begun);
      begun = undefined;
    }
    at = end;
  }
  return { records, broken: begun?.offset, stop: bytes.length };
}

/**
 * Whether a record begins after the unreadable piece at `stop`. LevelDB reads on at the next block; in the piece's own block
 * nothing says where the next one begins, so every place is tried.
 */
export function recordBeginsAfter(bytes: Uint8Array, stop: number): boolean {
  const nextBlock = stop - (stop % blockBytes) + blockBytes;
  for (let at = stop + 1; at + headerBytes <= Math.min(nextBlock, bytes.length); at++) {
    if (isBeginning(bytes, at)) return true;
  }
  for (let block = nextBlock; block < bytes.length; block += blockBytes) {
    for (let at = block; at + headerBytes <= Math.min(block + blockBytes, bytes.length); ) {
      if (isBeginning(bytes, at)) return true;
      const end = pieceEnd(bytes, at);
      if (end === undefined) break;
      at = end;
    }
  }
  return false;
}

function isBeginning(bytes: Uint8Array, at: number): boolean {
  const type = bytes[at + 6];
  return (type === types.full || type === types.first) && pieceEnd(bytes, at) !== undefined;
}

/** Where the piece at `at` ends; undefined when it is none. */
function pieceEnd(bytes: Uint8Array, at: number): number | undefined {
  const end = at + headerBytes + ((bytes[at + 4] as number) | ((bytes[at + 5] as number) << 8));
  if (end > at + blockBytes - (at % blockBytes) || end > bytes.length) return undefined;
  const stored = new DataView(bytes.buffer, bytes.byteOffset + at, 4).getUint32(0, true);
  // LevelDB "masks" checksums that it stores.
  const rotated = (stored - 0xa282ead8) >>> 0;
  const checksum = ((rotated >>> 17) | (rotated << 15)) >>> 0;
  return checksum === crc32c(bytes, 0, at + 6, end) ? end : undefined;
}

function isZero(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0);
}
