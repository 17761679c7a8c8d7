import type { Disk, Done } from "@quorate/host";
import { crc32c, readU32, readU53, writeU32, writeU53, type MemberId } from "@quorate/raft";
import { findFile, replaceFile } from "./replace-file.ts";

/**
 * The file in which a member keeps the newest start that it knows of each peer.
 *
 * ```text
 *  0  8 bytes "QRPEERS1"
 *  8  u32  CRC-32C over everything from 12 on
 * 12  u32  how many peers
 * 16  for each: u64 its id, u64 the incarnation
 * ```
 * All integers are little-endian.
 */
const headerBytes = 16;
const peerBytes = 16;
const magic = Uint8Array.of(0x51, 0x52, 0x50, 0x45, 0x45, 0x52, 0x53, 0x31);
export const knownStartsFile = "peers";

/** The newest incarnation of each peer that was heard. */
export type KnownStarts = ReadonlyMap<MemberId, number>;

/** What is known of the peers when a member starts, and how more becomes durable. */
export interface KnownStartsStore {
  readonly starts: KnownStarts;
  /** One call at a time. */
  readonly save: (starts: KnownStarts, done: Done) => void;
}

/**
 * Reads what a member in `directory` knew of its peers: nothing at its first start. A file that is damaged counts as none,
 * and `isDamaged` says so: the member is without one of its guards, and is otherwise what it was.
 */
export function openKnownStarts(
  disk: Disk,
  directory: string,
  done: (error: Error | undefined, store: KnownStartsStore, isDamaged: boolean) => void,
): void {
  findFile(disk, directory, knownStartsFile, (error, bytes) => {
    const starts = bytes === undefined ? new Map<MemberId, number>() : decodeKnownStarts(bytes);
    const save = (known: KnownStarts, saved: Done): void => {
      replaceFile(disk, directory, knownStartsFile, encodeKnownStarts(known), saved);
    };
    done(error, { starts: starts ?? new Map(), save }, starts === undefined);
  });
}

export function encodeKnownStarts(starts: KnownStarts): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(headerBytes + starts.size * peerBytes);
  bytes.set(magic, 0);
  writeU32(bytes, 12, starts.size);
  let at = headerBytes;
  for (const [member, incarnation] of [...starts].sort(([a], [b]) => a - b)) {
    writeU53(bytes, at, member);
    writeU53(bytes, at + 8, incarnation);
    at += peerBytes;
  }
  writeU32(bytes, 8, crc32c(bytes, 0, 12, bytes.length));
  return bytes;
}

/** Undefined when the bytes are not what was written. */
export function decodeKnownStarts(bytes: Uint8Array): KnownStarts | undefined {
  if (bytes.length < headerBytes || magic.some((byte, at) => bytes[at] !== byte)) return undefined;
  const count = readU32(bytes, 12);
  if (bytes.length !== headerBytes + count * peerBytes) return undefined;
  if (readU32(bytes, 8) !== crc32c(bytes, 0, 12, bytes.length)) return undefined;
  const starts = new Map<MemberId, number>();
  for (let at = headerBytes; at < bytes.length; at += peerBytes) starts.set(readU53(bytes, at), readU53(bytes, at + 8));
  return starts;
}
