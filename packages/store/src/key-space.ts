import { ByteReader } from "./byte-reader.ts";
import { FormatError } from "./errors.ts";
import { textOf, writeText, type KeyText } from "./key-text.ts";
import type { Span } from "./span.ts";

/**
 * How the store's records lie in the engine. The first byte of an engine key says what the record is:
 *
 *   a <kind> <member>                  an alarm that is raised
 *   b <first key>                      how many keys live in one block of adjacent keys
 *   c                                  how far this engine is with removing what compaction gave up
 *   h <key, escaped> <revision> <kind> one version of a key: its metadata and value
 *   j <revision> <number>              the journal: which keys changed, in order, from that change on
 *   k <key>                            the newest version's metadata, without the value: live keys only
 *   l 0 <lease>                        a lease: its times, and where it was granted
 *   l 1 <key>                          to which lease a key is attached
 *   m <member>                         what a member published
 *   s                                  the state: applied position, revision and totals
 *   u <part> <name>                    users, roles and whether auth is enabled
 *
 * Metadata apart from values: counting and keys-only ranges never read a value (DESIGN §5).
 */
export const prefixes = {
  alarm: 0x61,
  block: 0x62,
  compaction: 0x63,
  history: 0x68,
  journal: 0x6a,
  current: 0x6b,
  lease: 0x6c,
  member: 0x6d,
  state: 0x73,
  auth: 0x75,
} as const;

export const stateKey = Uint8Array.of(prefixes.state);
export const compactionKey = Uint8Array.of(prefixes.compaction);

/** The last byte of a history key, so that counting at an old revision reads keys only. */
export const versionKinds = { deleted: 0, put: 1 } as const;

const revisionBytes = 8;
const terminatorBytes = 2;

export interface EngineSpan {
  readonly from: Uint8Array;
  readonly to: Uint8Array;
}

function prefixed(prefix: number, key: KeyText): Uint8Array {
  const bytes = new Uint8Array(1 + key.length);
  bytes[0] = prefix;
  writeText(key, bytes, 1);
  return bytes;
}

export const currentKey = (key: KeyText): Uint8Array => prefixed(prefixes.current, key);
export const blockKey = (firstKey: KeyText): Uint8Array => prefixed(prefixes.block, firstKey);

/** The user's key of a current or a block record. */
export const keyOfPrefixed = (engineKey: Uint8Array): KeyText => textOf(engineKey.subarray(1));

export function currentSpan(span: Span): EngineSpan {
  return {
    from: currentKey(span.from),
    to: span.to === undefined ? Uint8Array.of(prefixes.current + 1) : currentKey(span.to),
  };
}

/** All records of one kind. */
export function prefixSpan(prefix: number): EngineSpan {
  return { from: Uint8Array.of(prefix), to: Uint8Array.of(prefix + 1) };
}

export function memberKey(member: number): Uint8Array {
  const bytes = new Uint8Array(1 + revisionBytes);
  bytes[0] = prefixes.member;
  writeUint64(bytes, 1, member);
  return bytes;
}

/** The second byte of the records of leases. */
export const leaseSubjects = { lease: 0, attachment: 1 } as const;

export function alarmKey(member: bigint, kind: number): Uint8Array {
  const bytes = new Uint8Array(2 + 8);
  bytes[0] = prefixes.alarm;
  bytes[1] = kind;
  writeUint32(bytes, 2, Number(member >> 32n));
  writeUint32(bytes, 6, Number(member & 0xffffffffn));
  return bytes;
}

export function leaseKey(id: bigint): Uint8Array {
  const bits = BigInt.asUintN(64, id);
  const bytes = new Uint8Array(2 + 8);
  bytes[0] = prefixes.lease;
  bytes[1] = leaseSubjects.lease;
  writeUint32(bytes, 2, Number(bits >> 32n));
  writeUint32(bytes, 6, Number(bits & 0xffffffffn));
  return bytes;
}

export function attachmentKey(key: KeyText): Uint8Array {
  const bytes = new Uint8Array(2 + key.length);
  bytes[0] = prefixes.lease;
  bytes[1] = leaseSubjects.attachment;
  writeText(key, bytes, 2);
  return bytes;
}

export const keyOfAttachment = (engineKey: Uint8Array): KeyText => textOf(engineKey.subarray(2));

export function journalKey(revision: number, number: number): Uint8Array {
  const bytes = new Uint8Array(1 + revisionBytes + 4);
  bytes[0] = prefixes.journal;
  writeUint64(bytes, 1, revision);
  writeUint32(bytes, 1 + revisionBytes, number);
  return bytes;
}

/** Where a journal record begins. Throws `FormatError`. */
export function readJournalKey(engineKey: Uint8Array): { readonly revision: number; readonly number: number } {
  const reader = new ByteReader(engineKey, 1);
  const place = { revision: reader.uint64(), number: reader.uint32() };
  reader.end();
  return place;
}

/**
 * A key is written so that no key is the beginning of another and the order stays: 00 becomes 00 01, and 00 00 ends it.
 * Then all versions of a key lie together, the oldest first.
 */
function escapedLength(key: KeyText): number {
  let length = key.length + terminatorBytes;
  for (let at = key.indexOf("\0"); at >= 0; at = key.indexOf("\0", at + 1)) length++;
  return length;
}

function writeEscaped(key: KeyText, into: Uint8Array, offset: number): number {
  let at = offset;
  for (let index = 0; index < key.length; index++) {
    const byte = key.charCodeAt(index);
    into[at++] = byte;
    if (byte === 0) into[at++] = 1;
  }
  // The terminator is zeros, which a new buffer holds.
  return at + terminatorBytes;
}

export function historyKey(key: KeyText, revision: number, isPut: boolean): Uint8Array {
  const length = 1 + escapedLength(key);
  const bytes = new Uint8Array(length + revisionBytes + 1);
  bytes[0] = prefixes.history;
  writeEscaped(key, bytes, 1);
  writeUint64(bytes, length, revision);
  bytes[length + revisionBytes] = isPut ? versionKinds.put : versionKinds.deleted;
  return bytes;
}

/** The engine key before all versions of `key`. */
export function historyStart(key: KeyText): Uint8Array {
  const bytes = new Uint8Array(1 + escapedLength(key));
  bytes[0] = prefixes.history;
  writeEscaped(key, bytes, 1);
  return bytes;
}

export function historySpan(span: Span): EngineSpan {
  return {
    from: historyStart(span.from),
    to: span.to === undefined ? Uint8Array.of(prefixes.history + 1) : historyStart(span.to),
  };
}

export interface HistoryPoint {
  readonly key: KeyText;
  readonly revision: number;
  readonly isPut: boolean;
}

/** What a history key says. Throws `FormatError`. */
export function readHistoryKey(engineKey: Uint8Array): HistoryPoint {
  const end = engineKey.length - revisionBytes - 1;
  const textEnd = end - terminatorBytes;
  if (textEnd < 1) throw new FormatError("a history key is too short");
  const escaped = engineKey.subarray(1, textEnd);
  const kind = engineKey[engineKey.length - 1];
  if (kind !== versionKinds.put && kind !== versionKinds.deleted)
    throw new FormatError(`unknown kind ${kind} of a version`);
  return {
    key: escaped.includes(0) ? unescape(escaped) : textOf(escaped),
    revision: new ByteReader(engineKey, end, end + revisionBytes).uint64(),
    isPut: kind === versionKinds.put,
  };
}

function unescape(escaped: Uint8Array): KeyText {
  const plain: number[] = [];
  for (let at = 0; at < escaped.length; at++) {
    const byte = escaped[at] as number;
    plain.push(byte);
    if (byte === 0) at++;
  }
  return textOf(Uint8Array.from(plain));
}

function writeUint64(into: Uint8Array, offset: number, value: number): void {
  writeUint32(into, offset, Math.floor(value / 0x100000000));
  writeUint32(into, offset + 4, value);
}

/** Big-endian. */
export function writeUint32(into: Uint8Array, offset: number, value: number): void {
  into[offset] = value >>> 24;
  into[offset + 1] = value >>> 16;
  into[offset + 2] = value >>> 8;
  into[offset + 3] = value;
}
