import { crc32c, readU32, readU53, writeU32, writeU53, type HardState, type LogPosition } from "@quorate/raft";

/**
 * How a segment starts. It repeats everything that a recovery would otherwise need from the segments before it, so that
 * those can be removed. All integers are little-endian.
 *
 * ```text
 *   0  8 bytes "QUORWAL1"
 *   8  u32  format version (1)
 *  12  u32  CRC-32C over every other byte of the header
 *  16  u64  cluster id          24  u64  member id
 *  32  u64  sequence of this segment, from 1
 *  40  u64  capacity: the file's size in bytes
 *  48  u64  end of the valid bytes of the segment before (0 for the first one)
 *  56  u64  sequence of the first batch here      64  u64  mark (see batch.ts)
 *  72  u32  chain: checksum of the batch before   76  u32  flags: 1 hard state, 2 quarantined
 *  80  u64  incarnation
 *  88  u64  base index   96  u64  base term      (just before the first entry that the log holds)
 * 104  u64  last index  112  u64  last term      (where the log ended before this segment)
 * 120  u64  term        128  u64  vote          136  u64  commit
 * 144  u64  sequence of the segment before (0 for the first one)
 * 152  104 bytes, zero
 * ```
 */
export const segmentHeaderBytes = 256;

export const formatVersion = 1;

const magic = Uint8Array.from("QUORWAL1", (character) => character.charCodeAt(0));
const flags = { hardState: 1, quarantined: 2 } as const;

export interface SegmentHeader {
  readonly clusterId: number;
  readonly memberId: number;
  readonly sequence: number;
  readonly capacity: number;
  /** Usually the number before; segments in between were given up after damage. */
  readonly previousSequence: number;
  readonly previousEnd: number;
  readonly firstBatch: number;
  readonly mark: number;
  readonly chain: number;
  readonly incarnation: number;
  readonly base: LogPosition;
  readonly last: LogPosition;
  readonly hardState: HardState | undefined;
  readonly quarantined: boolean;
}

export function encodeSegmentHeader(header: SegmentHeader): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(segmentHeaderBytes);
  bytes.set(magic);
  writeU32(bytes, 8, formatVersion);
  writeU53(bytes, 16, header.clusterId);
  writeU53(bytes, 24, header.memberId);
  writeU53(bytes, 32, header.sequence);
  writeU53(bytes, 40, header.capacity);
  writeU53(bytes, 48, header.previousEnd);
  writeU53(bytes, 56, header.firstBatch);
  writeU53(bytes, 64, header.mark);
  writeU32(bytes, 72, header.chain);
  writeU32(
    bytes,
    76,
    (header.hardState === undefined ? 0 : flags.hardState) | (header.quarantined ? flags.quarantined : 0),
  );
  writeU53(bytes, 80, header.incarnation);
  writeU53(bytes, 88, header.base.index);
  writeU53(bytes, 96, header.base.term);
  writeU53(bytes, 104, header.last.index);
  writeU53(bytes, 112, header.last.term);
  writeU53(bytes, 120, header.hardState?.term ?? 0);
  writeU53(bytes, 128, header.hardState?.vote ?? 0);
  writeU53(bytes, 136, header.hardState?.commit ?? 0);
  writeU53(bytes, 144, header.previousSequence);
  writeU32(bytes, 12, checksumOf(bytes));
  return bytes;
}

/** The header, the version of a newer format, or undefined for bytes that are no header. */
export function decodeSegmentHeader(bytes: Uint8Array): SegmentHeader | { readonly version: number } | undefined {
  if (bytes.length < segmentHeaderBytes || magic.some((byte, at) => bytes[at] !== byte)) return undefined;
  const version = readU32(bytes, 8);
  if (version > formatVersion) return { version };
  if (version !== formatVersion || readU32(bytes, 12) !== checksumOf(bytes)) return undefined;
  const flagBits = readU32(bytes, 76);
  const hardState = { term: readU53(bytes, 120), vote: readU53(bytes, 128), commit: readU53(bytes, 136) };
  return {
    clusterId: readU53(bytes, 16),
    memberId: readU53(bytes, 24),
    sequence: readU53(bytes, 32),
    capacity: readU53(bytes, 40),
    previousSequence: readU53(bytes, 144),
    previousEnd: readU53(bytes, 48),
    firstBatch: readU53(bytes, 56),
    mark: readU53(bytes, 64),
    chain: readU32(bytes, 72),
    incarnation: readU53(bytes, 80),
    base: { index: readU53(bytes, 88), term: readU53(bytes, 96) },
    last: { index: readU53(bytes, 104), term: readU53(bytes, 112) },
    hardState: (flagBits & flags.hardState) === 0 ? undefined : hardState,
    quarantined: (flagBits & flags.quarantined) !== 0,
  };
}

function checksumOf(bytes: Uint8Array): number {
  return crc32c(bytes, crc32c(bytes, 0, 0, 12), 16, segmentHeaderBytes);
}
