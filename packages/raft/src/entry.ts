import { crc32c } from "./checksum.ts";
import { readU32, readU53, writeU32, writeU53 } from "./integer-fields.ts";
import { CorruptFrameError } from "./errors.ts";
import type { LogIndex, Term } from "./types.ts";

/**
 * An entry is encoded once in its life (DESIGN §2). The leader makes its frame; the same bytes are written to every
 * member's log, sent, verified and appended. What is local to a member never enters a frame.
 *
 * ```text
 *  0  u32  payload length in bytes
 *  4  u32  CRC-32C over every other byte of the frame
 *  8  u64  index
 * 16  u64  term
 * 24  u8   kind
 * 25  3 bytes, zero
 * 28  payload
 * ```
 * All integers are little-endian.
 */
export const frameHeaderBytes = 28;

/** The largest payload that a frame may hold, in bytes: a bound on what a corrupt length can make a reader do. */
export const maxPayloadBytes = 64 * 1024 * 1024;

/** What an entry holds. `noop` is what a new leader appends (Raft §8, dissertation §6.4). */
export const entryKinds = { noop: 0, command: 1, configuration: 2 } as const;
export type EntryKind = (typeof entryKinds)[keyof typeof entryKinds];

/** A log entry: a view of its frame, plus the fields that the protocol reads all the time. */
export interface Entry {
  readonly index: LogIndex;
  readonly term: Term;
  readonly kind: EntryKind;
  /** The whole frame, header included. Never changed. */
  readonly frame: Uint8Array;
}

/** Makes an entry; copies the payload once, into its frame. */
export function makeEntry(index: LogIndex, term: Term, kind: EntryKind, payload: Uint8Array): Entry {
  const frame = new Uint8Array(frameHeaderBytes + payload.length);
  writeU32(frame, 0, payload.length);
  writeU53(frame, 8, index);
  writeU53(frame, 16, term);
  frame[24] = kind;
  frame.set(payload, frameHeaderBytes);
  writeU32(frame, 4, frameChecksum(frame, 0, frame.length));
  return { index, term, kind, frame };
}

/** An entry's payload: a view, not a copy. */
export function payloadOf(entry: Entry): Uint8Array {
  return entry.frame.subarray(frameHeaderBytes);
}

/** The length in bytes of the frame that starts at `at`, or undefined when `bytes` ends before it does. */
export function frameLengthAt(bytes: Uint8Array, at: number): number | undefined {
  if (at + frameHeaderBytes > bytes.length) return undefined;
  const length = frameHeaderBytes + readU32(bytes, at);
  return at + length > bytes.length ? undefined : length;
}

/**
 * Reads and verifies the frame that starts at `at`. The entry is a view of `bytes`.
 * @throws CorruptFrameError when the bytes are not one whole, valid frame.
 */
export function readEntry(bytes: Uint8Array, at: number): Entry {
  const length = frameLengthAt(bytes, at);
  if (length === undefined) throw new CorruptFrameError("the frame is cut short", at);
  if (length > frameHeaderBytes + maxPayloadBytes) throw new CorruptFrameError("the frame's length is impossible", at);
  const end = at + length;
  if (readU32(bytes, at + 4) !== frameChecksum(bytes, at, end)) {
    throw new CorruptFrameError("the frame's checksum does not match its contents", at);
  }
  const index = readU53(bytes, at + 8);
  const term = readU53(bytes, at + 16);
  const kind = bytes[at + 24] as EntryKind;
  if (!(index >= 1) || !(term >= 1)) throw new CorruptFrameError("the frame's index or term is impossible", at);
  if (kind > entryKinds.configuration) throw new CorruptFrameError(`the frame's kind ${kind} is unknown`, at);
  return { index, term, kind, frame: bytes.subarray(at, end) };
}

function frameChecksum(bytes: Uint8Array, start: number, end: number): number {
  return crc32c(bytes, crc32c(bytes, 0, start, start + 4), start + 8, end);
}
