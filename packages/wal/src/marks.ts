import { crc32c, readU32, readU53, writeU32, writeU53 } from "@quorate/raft";
import { formatVersion, isReadable, type Owner, type Standing } from "./format.ts";
import { readStanding, writeStanding } from "./standing-codec.ts";

/**
 * A second small place that says how far the log is durable. Batch N+1 says so of batch N; of the last batch of a log
 * that has gone quiet, only a mark can. It also repeats what a member must not forget, so that damage to the last batch
 * takes neither the vote nor the term with it.
 */
export interface SyncMark extends Owner {
  /** Rises by one with each mark; the higher of the two slots counts. */
  readonly generation: number;
  /** Every batch up to this sequence is durable. */
  readonly durableSequence: number;
  /** The segment that holds that batch, and where the batch ends. For people. */
  readonly segment: number;
  readonly endOffset: number;
  readonly standing: Standing;
}

/**
 * Two slots, written in turns, each within one sector of 512 bytes so that it is old or new and never torn, and each in a
 * block of its own.
 * ```text
 *   0  8 bytes  "QRTEMRK" and a zero
 *   8  u32  format version    12  u32  CRC-32C of bytes 0 to 12 and 16 to 128
 *  16  u64  cluster id        24  u64  member id         32  u64  generation
 *  40  u64  durable sequence  48  u64  segment           56  u64  end offset
 *  64  56 bytes  incarnation, hard state, base (standing-codec.ts)
 * 120  u32  flags: 1 has a hard state                    124  u32  zero
 * ```
 */
export const slotOffsets = [0, 4096] as const;
export const markBytes = 128;
export const marksFileBytes = 8192;

const magic = [0x51, 0x52, 0x54, 0x45, 0x4d, 0x52, 0x4b, 0x00] as const;
const flagHardState = 1;

export function slotOf(generation: number): number {
  return slotOffsets[generation % 2 === 0 ? 0 : 1];
}

export function encodeMark(mark: SyncMark): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(markBytes);
  bytes.set(magic);
  writeU32(bytes, 8, formatVersion);
  writeU53(bytes, 16, mark.clusterId);
  writeU53(bytes, 24, mark.memberId);
  writeU53(bytes, 32, mark.generation);
  writeU53(bytes, 40, mark.durableSequence);
  writeU53(bytes, 48, mark.segment);
  writeU53(bytes, 56, mark.endOffset);
  writeStanding(bytes, 64, mark.standing);
  writeU32(bytes, 120, mark.standing.hardState ? flagHardState : 0);
  writeU32(bytes, 12, markChecksum(bytes));
  return bytes;
}

/** Undefined when the slot holds no mark, or none that can be trusted. A mark of another version is its version. */
export function decodeMark(slot: Uint8Array): SyncMark | { readonly version: number } | undefined {
  if (slot.length < markBytes || magic.some((byte, at) => slot[at] !== byte)) return undefined;
  if (readU32(slot, 12) !== markChecksum(slot)) return undefined;
  const version = readU32(slot, 8);
  if (!isReadable(version)) return { version };
  return {
    clusterId: readU53(slot, 16),
    memberId: readU53(slot, 24),
    generation: readU53(slot, 32),
    durableSequence: readU53(slot, 40),
    segment: readU53(slot, 48),
    endOffset: readU53(slot, 56),
    standing: readStanding(slot, 64, (readU32(slot, 120) & flagHardState) !== 0),
  };
}

function markChecksum(bytes: Uint8Array): number {
  return crc32c(bytes, crc32c(bytes, 0, 0, 12), 16, markBytes);
}
