import { crc32c, readU32, readU53, writeU32, writeU53, type LogPosition } from "@quorate/raft";
import {
  formatVersion,
  isReadable,
  segmentHeaderBytes,
  type DamagePlace,
  type Owner,
  type Standing,
} from "./format.ts";
import { readStanding, standingBytes, writeStanding } from "./standing-codec.ts";

/** Where the log was before this segment: the end of the last batch that came before it. */
export interface Predecessor {
  /** 0 when nothing comes before. */
  readonly segment: number;
  /** Where that segment's last batch ends; what lies after it counts for nothing. */
  readonly endOffset: number;
  readonly batchSequence: number;
  readonly chain: number;
}

export interface SegmentHeader extends Owner {
  readonly version: number;
  readonly segment: number;
  readonly predecessor: Predecessor;
  /** Sequences of this segment's batches follow this one. Beyond the predecessor's only after damage was cut off. */
  readonly batchSequence: number;
  /** Where the log ended when this segment was begun. */
  readonly start: LogPosition;
  readonly standing: Standing;
  readonly damage: DamagePlace | undefined;
}

/**
 * ```text
 *   0  8 bytes  "QRTEWAL" and a zero
 *   8  u32  format version          12  u32  CRC-32C of bytes 0 to 12 and 16 to 4096
 *  16  u64  cluster id              24  u64  member id           32  u64  segment sequence
 *  40  u64  predecessor's segment   48  u64  its end offset      56  u64  its last batch sequence
 *  64  u32  its chain value         68  u32  flags: 1 has a hard state, 2 has damage
 *  72  u64  batch sequence          80  u64  start index         88  u64  start term
 *  96  56 bytes  incarnation, hard state, base (standing-codec.ts)
 * 152  u64  damaged segment        160  u64  damaged offset      168 to 4096  zero
 * ```
 * Bytes 0 to 16 keep their meaning in every later version, so that an older program can tell newer from damaged.
 */
const magic = [0x51, 0x52, 0x54, 0x45, 0x57, 0x41, 0x4c, 0x00] as const;
const flagHardState = 1;
const flagDamage = 2;
const standingAt = 96;
const damageAt = standingAt + standingBytes;

/** The whole header. */
export function encodeSegmentHeader(header: Omit<SegmentHeader, "version">): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(segmentHeaderBytes);
  const { predecessor, standing, damage } = header;
  bytes.set(magic);
  writeU32(bytes, 8, formatVersion);
  writeU53(bytes, 16, header.clusterId);
  writeU53(bytes, 24, header.memberId);
  writeU53(bytes, 32, header.segment);
  writeU53(bytes, 40, predecessor.segment);
  writeU53(bytes, 48, predecessor.endOffset);
  writeU53(bytes, 56, predecessor.batchSequence);
  writeU32(bytes, 64, predecessor.chain);
  writeU32(bytes, 68, (standing.hardState ? flagHardState : 0) | (damage ? flagDamage : 0));
  writeU53(bytes, 72, header.batchSequence);
  writeU53(bytes, 80, header.start.index);
  writeU53(bytes, 88, header.start.term);
  writeStanding(bytes, standingAt, standing);
  writeU53(bytes, damageAt, damage?.segment ?? 0);
  writeU53(bytes, damageAt + 8, damage?.offset ?? 0);
  writeU32(bytes, 12, headerChecksum(bytes));
  return bytes;
}

/**
 * Reads a header. A text says why the bytes are none: damage, since a segment has its name only after its header is
 * durable. A header of another version carries only its version.
 */
export function decodeSegmentHeader(bytes: Uint8Array): SegmentHeader | { readonly version: number } | string {
  if (bytes.length < segmentHeaderBytes) return `the file ends after ${bytes.length} bytes, within its header`;
  if (magic.some((byte, at) => bytes[at] !== byte)) return "it does not begin as a segment does";
  if (readU32(bytes, 12) !== headerChecksum(bytes)) return "the segment header's checksum does not match its contents";
  const version = readU32(bytes, 8);
  if (!isReadable(version)) return { version };
  const flags = readU32(bytes, 68);
  return {
    version,
    clusterId: readU53(bytes, 16),
    memberId: readU53(bytes, 24),
    segment: readU53(bytes, 32),
    predecessor: {
      segment: readU53(bytes, 40),
      endOffset: readU53(bytes, 48),
      batchSequence: readU53(bytes, 56),
      chain: readU32(bytes, 64),
    },
    batchSequence: readU53(bytes, 72),
    start: { index: readU53(bytes, 80), term: readU53(bytes, 88) },
    standing: readStanding(bytes, standingAt, (flags & flagHardState) !== 0),
    damage:
      (flags & flagDamage) === 0
        ? undefined
        : { segment: readU53(bytes, damageAt), offset: readU53(bytes, damageAt + 8) },
  };
}

function headerChecksum(bytes: Uint8Array): number {
  return crc32c(bytes, crc32c(bytes, 0, 0, 12), 16, segmentHeaderBytes);
}
