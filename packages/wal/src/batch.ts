import { crc32c, invariant, readU32, readU53, writeU32, writeU53, type Entry, type LogIndex } from "@quorate/raft";
import { configurationsLength, writeConfigurations, type LoggedConfiguration } from "./configuration-trail.ts";
import { aligned, batchHeaderBytes, type Standing } from "./format.ts";
import { readStanding, writeStanding } from "./standing-codec.ts";

/** The unit of writing: what one write and one sync make durable, whole or not at all. */
export interface BatchHeader {
  /** Header, frames and padding, in bytes: a multiple of 8. */
  readonly length: number;
  readonly bodyChecksum: number;
  /** The header checksum of the batch before, across segments. */
  readonly previousChain: number;
  /** This batch's own header checksum, which covers everything: the chain value for the next. */
  readonly chain: number;
  readonly entryCount: number;
  /** Rises by one from batch to batch, across segments. */
  readonly sequence: number;
  /** Where in its segment the batch starts. */
  readonly offset: number;
  /** Every batch up to this sequence was known to be durable when this one was written: the sync mark. */
  readonly durableSequence: number;
  /** Entries from here on are no longer part of the log; 0 for none. Takes effect before the base and the entries. */
  readonly truncateFrom: LogIndex;
  /** The damage that earlier headers name is made good. */
  readonly isRepaired: boolean;
  /** The log begins anew after this batch's base: nothing that came before belongs to it any more. */
  readonly beginsAnew: boolean;
  /** How many bytes of configurations come before the entries. */
  readonly configurationBytes: number;
  readonly standing: Standing;
}

/**
 * ```text
 *   0  u32  "QBAT"                     4  u32  CRC-32C of bytes 8 to 128, started from the segment's identity
 *   8  u32  length                    12  u32  CRC-32C of bytes 128 to length
 *  16  u32  chain of the batch before 20  u32  entry count
 *  24  u32  flags: 1 has a hard state, 2 repaired, 4 begins anew
 *  28  u32  length of the configurations
 *  32  u64  batch sequence            40  u64  offset in the segment
 *  48  u64  sync mark                 56  u64  truncate from
 *  64  56 bytes  incarnation, hard state, base (standing-codec.ts)
 * 120  u64  zero
 * 128  configurations (configuration-trail.ts), then entry frames, one after the other, then zeros up to the next multiple of 8
 * ```
 */
const magic = 0x54414251;
const flagHardState = 1;
const flagRepaired = 2;
const flagAnew = 4;
const standingAt = 64;

export type NewBatch = Omit<BatchHeader, "length" | "bodyChecksum" | "chain" | "entryCount" | "configurationBytes">;

/** A batch under construction, in a buffer of its own that is given away afterwards. */
export class BatchBuffer {
  readonly bytes: Uint8Array<ArrayBuffer>;
  #at = batchHeaderBytes;
  #entries = 0;
  readonly #configurationBytes: number;

  /** @param frameBytes the sum of the lengths of the frames that will be added */
  constructor(configurations: readonly LoggedConfiguration[], frameBytes: number) {
    this.#configurationBytes = configurationsLength(configurations);
    const length = aligned(batchHeaderBytes + this.#configurationBytes + frameBytes);
    invariant(length < 0x1_0000_0000, "a record's entries are below 4 GiB", { frameBytes });
    this.bytes = new Uint8Array(length);
    this.#at = writeConfigurations(this.bytes, batchHeaderBytes, configurations);
  }

  add(entries: readonly Entry[]): void {
    const bytes = this.bytes;
    let at = this.#at;
    for (let i = 0; i < entries.length; i++) {
      const frame = (entries[i] as Entry).frame;
      bytes.set(frame, at);
      at += frame.length;
    }
    this.#at = at;
    this.#entries += entries.length;
  }

  /** Writes the header, once all is added. Returns the chain value for the next batch. */
  seal(batch: NewBatch, identity: number): number {
    const bytes = this.bytes;
    writeU32(bytes, 0, magic);
    writeU32(bytes, 8, bytes.length);
    writeU32(bytes, 12, crc32c(bytes, 0, batchHeaderBytes));
    writeU32(bytes, 16, batch.previousChain);
    writeU32(bytes, 20, this.#entries);
    const hasHardState = batch.standing.hardState ? flagHardState : 0;
    writeU32(bytes, 24, hasHardState | (batch.isRepaired ? flagRepaired : 0) | (batch.beginsAnew ? flagAnew : 0));
    writeU32(bytes, 28, this.#configurationBytes);
    writeU53(bytes, 32, batch.sequence);
    writeU53(bytes, 40, batch.offset);
    writeU53(bytes, 48, batch.durableSequence);
    writeU53(bytes, 56, batch.truncateFrom);
    writeStanding(bytes, standingAt, batch.standing);
    const chain = crc32c(bytes, identity, 8, batchHeaderBytes);
    writeU32(bytes, 4, chain);
    return chain;
  }
}

/** Whether a batch header may start here: cheap, for searching. */
export function looksLikeBatch(bytes: Uint8Array, at: number): boolean {
  return bytes[at] === 0x51 && readU32(bytes, at) === magic;
}

/**
 * Reads the header at `at`, which lies at `offset` of the segment whose identity is given. Undefined when it is none: the
 * checksum does not match, or it was written for another place. The body is not looked at.
 */
export function decodeBatchHeader(
  bytes: Uint8Array,
  at: number,
  offset: number,
  identity: number,
): BatchHeader | undefined {
  if (at + batchHeaderBytes > bytes.length || readU32(bytes, at) !== magic) return undefined;
  const chain = readU32(bytes, at + 4);
  if (chain !== crc32c(bytes, identity, at + 8, at + batchHeaderBytes)) return undefined;
  if (readU53(bytes, at + 40) !== offset) return undefined;
  const length = readU32(bytes, at + 8);
  // Only a bug could write such a length under a valid checksum; but a reader that believed it would go round in circles.
  if (length < batchHeaderBytes || length !== aligned(length)) return undefined;
  const configurationBytes = readU32(bytes, at + 28);
  if (batchHeaderBytes + configurationBytes > length) return undefined;
  const flags = readU32(bytes, at + 24);
  return {
    length,
    bodyChecksum: readU32(bytes, at + 12),
    previousChain: readU32(bytes, at + 16),
    chain,
    entryCount: readU32(bytes, at + 20),
    sequence: readU53(bytes, at + 32),
    offset,
    durableSequence: readU53(bytes, at + 48),
    truncateFrom: readU53(bytes, at + 56),
    isRepaired: (flags & flagRepaired) !== 0,
    beginsAnew: (flags & flagAnew) !== 0,
    configurationBytes,
    standing: readStanding(bytes, at + standingAt, (flags & flagHardState) !== 0),
  };
}

/** Whether the whole batch, which starts at `at`, is what its header says. */
export function bodyMatches(bytes: Uint8Array, at: number, header: BatchHeader): boolean {
  return crc32c(bytes, 0, at + batchHeaderBytes, at + header.length) === header.bodyChecksum;
}
