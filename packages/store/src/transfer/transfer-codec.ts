import { HostError } from "@quorate/host";
import { ByteReader } from "../byte-reader.ts";
import { ByteWriter } from "../byte-writer.ts";
import { FormatError } from "../errors.ts";
import type { KeyText } from "../key-text.ts";
import { textOf } from "../key-text.ts";
import type { AppliedPosition, StateRecord } from "../state-record.ts";

/** The form of points, headers, tokens and chunks: members with another one cannot exchange states. */
const formatVersion = 1;

/** What a receiver holds. */
export interface StatePoint {
  readonly revision: number;
  readonly position: AppliedPosition;
}

/** What a state on its way is. */
export interface TransferHeader {
  /** `StoreOptions.lineage` of the sender. */
  readonly lineage: number;
  /** The revision that the receiver holds; undefined when everything is sent. */
  readonly since: number | undefined;
  /** The state's own record. */
  readonly record: StateRecord;
  /** Live keys in it. */
  readonly keyCount: number;
  /** Roughly, in bytes of chunks. */
  readonly totalBytes: number;
}

/** What a receiver has verified and kept of a state on its way. */
export interface TransferToken {
  /** Every change of the keys that are held is there up to this revision. */
  readonly through: number;
  /** Some keys may be held as of a later revision, up to this one: a source that is older cannot go on with them. */
  readonly touched: number;
  /** All keys up to this one are held; `all` when none is missing. */
  readonly keys: KeyText | typeof allKeys;
}

/** Greater than every key. */
export const allKeys = Symbol("all keys");

export function isHeld(keys: TransferToken["keys"], key: KeyText): boolean {
  return keys === allKeys || key <= keys;
}

export function encodePoint({ revision, position }: StatePoint): Uint8Array {
  return encoded((into) => {
    into.varint(revision);
    into.varint(position.index);
    into.varint(position.term);
  });
}

/** Undefined for what no store of this version wrote. */
export function decodePoint(bytes: Uint8Array): StatePoint | undefined {
  try {
    return decoded(bytes, (reader) => ({
      revision: reader.varint(),
      position: { index: reader.varint(), term: reader.varint() },
    }));
  } catch (error) {
    if (error instanceof FormatError) return undefined;
    throw error;
  }
}

export function encodeHeader({ lineage, since, record, keyCount, totalBytes }: TransferHeader): Uint8Array {
  return encoded((into) => {
    into.varint(lineage);
    into.varint(since ?? 0);
    writeRecord(into, record);
    into.varint(keyCount);
    into.varint(totalBytes);
  });
}

/** Throws `HostError` `invalid`. */
export function decodeHeader(bytes: Uint8Array): TransferHeader {
  return readable("header", () =>
    decoded(bytes, (reader) => {
      const lineage = reader.varint();
      const since = reader.varint();
      const record = readRecord(reader);
      const { revision, compactedRevision, journalFloor } = record;
      const isPossible =
        revision >= 1 &&
        compactedRevision <= revision &&
        journalFloor >= 1 &&
        journalFloor <= revision &&
        since <= revision;
      if (!isPossible) throw new FormatError("its revisions are impossible");
      return {
        lineage,
        since: since === 0 ? undefined : since,
        record,
        keyCount: reader.varint(),
        totalBytes: reader.varint(),
      };
    }),
  );
}

export function writeRecord(into: ByteWriter, record: StateRecord): void {
  into.varint(record.position.index);
  into.varint(record.position.term);
  into.varint(record.revision);
  into.varint(record.compactedRevision);
  into.varint(record.historyBytes);
  into.varint(record.journalFloor);
  into.varint(record.journalBytes);
}

export function readRecord(reader: ByteReader): StateRecord {
  return {
    position: { index: reader.varint(), term: reader.varint() },
    revision: reader.varint(),
    compactedRevision: reader.varint(),
    historyBytes: reader.varint(),
    journalFloor: reader.varint(),
    journalBytes: reader.varint(),
  };
}

export function encodeToken(token: TransferToken): Uint8Array {
  return encoded((into) => writeToken(into, token));
}

/** Throws `HostError` `invalid`. */
export function decodeToken(bytes: Uint8Array): TransferToken {
  return readable("token", () => decoded(bytes, readToken));
}

export function writeToken(into: ByteWriter, { through, touched, keys }: TransferToken): void {
  into.varint(through);
  into.varint(touched);
  into.byte(keys === allKeys ? 1 : 0);
  if (keys === allKeys) return;
  into.varint(keys.length);
  into.text(keys);
}

export function readToken(reader: ByteReader): TransferToken {
  const through = reader.varint();
  const touched = reader.varint();
  const flag = reader.byte();
  if (flag > 1 || touched < through) throw new FormatError("what is held is impossible");
  return { through, touched, keys: flag === 1 ? allKeys : textOf(reader.sizedBytes()) };
}

function encoded(write: (into: ByteWriter) => void): Uint8Array {
  const writer = new ByteWriter();
  writer.varint(formatVersion);
  write(writer);
  return writer.take();
}

function decoded<T>(bytes: Uint8Array, read: (reader: ByteReader) => T): T {
  const reader = new ByteReader(bytes);
  const version = reader.varint();
  if (version !== formatVersion) throw new FormatError(`its format ${version} is unknown`);
  const value = read(reader);
  reader.end();
  return value;
}

/** What is wrong with bytes of a transfer. */
export function invalidTransfer(what: string, options?: ErrorOptions): HostError {
  return new HostError(
    "invalid",
    "state transfer",
    `the state that is being received cannot be used: ${what}`,
    options,
  );
}

/** What `read` gives. Throws `HostError` `invalid` for bytes that it cannot read. */
export function readable<T>(what: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (!(cause instanceof FormatError)) throw cause;
    throw invalidTransfer(`its ${what} cannot be read: ${cause.message}; do both members run the same version?`, {
      cause,
    });
  }
}
