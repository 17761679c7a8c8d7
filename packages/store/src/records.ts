import { ByteReader } from "./byte-reader.ts";
import { ByteWriter } from "./byte-writer.ts";
import { crc32c } from "./crc32c.ts";
import { DamagedRecordError, FormatError, type RecordKind } from "./errors.ts";
import { currentKey, historyKey, writeUint32 } from "./key-space.ts";
import { bytesOf, type KeyText } from "./key-text.ts";
import type { Version } from "./version.ts";

/**
 * The values of engine records. Each ends with a CRC-32C over its engine key and its contents, so that a damaged record
 * is found, and one that is found under another's key too.
 */
const checksumBytes = 4;
const noLease = 0;
const withLease = 1;

const writer = new ByteWriter();

/** Contents with their checksum, as the engine keeps them: a view of a buffer that records of one checkpoint share. */
export function seal(engineKey: Uint8Array, write: (writer: ByteWriter) => void): Uint8Array {
  writer.clear();
  write(writer);
  const length = writer.length;
  writer.uint32(0);
  const sealed = writer.takeView();
  writeUint32(sealed, length, crc32c(sealed, crc32c(engineKey), 0, length));
  return sealed;
}

/** Reads a record's contents after checking them. Throws `DamagedRecordError`. */
export function unseal<T>(
  kind: RecordKind,
  engineKey: Uint8Array,
  sealed: Uint8Array | undefined,
  read: (reader: ByteReader) => T,
  userKey: () => Uint8Array = () => engineKey,
): T {
  if (sealed === undefined) throw new DamagedRecordError(kind, userKey(), "it is missing");
  const length = sealed.length - checksumBytes;
  if (length < 0) throw new DamagedRecordError(kind, userKey(), "it is too short");
  const checksum = new ByteReader(sealed, length).uint32();
  if (crc32c(sealed, crc32c(engineKey), 0, length) !== checksum) {
    throw new DamagedRecordError(kind, userKey(), "its checksum is wrong");
  }
  try {
    const reader = new ByteReader(sealed, 0, length);
    const value = read(reader);
    reader.end();
    return value;
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    throw new DamagedRecordError(kind, userKey(), error.message);
  }
}

function writeLease(into: ByteWriter, lease: bigint): void {
  into.byte(lease === 0n ? noLease : withLease);
  if (lease !== 0n) into.bits64(lease);
}

function readLease(reader: ByteReader): bigint {
  const flag = reader.byte();
  if (flag > withLease) throw new FormatError(`unknown lease flag ${flag}`);
  return flag === noLease ? 0n : reader.bits64();
}

/** A live key's metadata. */
export function sealMetadata(engineKey: Uint8Array, version: Version): Uint8Array {
  return seal(engineKey, (into) => {
    into.varint(version.revision);
    into.varint(version.createRevision);
    into.varint(version.version);
    into.varint(version.valueLength);
    writeLease(into, version.lease);
  });
}

export function unsealMetadata(key: KeyText, engineKey: Uint8Array, sealed: Uint8Array): Version {
  return unseal("metadata", engineKey, sealed, readMetadata, () => bytesOf(key));
}

/** The newest version as a point read finds it: its metadata, or that there is none. */
export function versionOfCurrent(key: KeyText, sealed: Uint8Array | undefined): Version | undefined {
  return sealed === undefined ? undefined : unsealMetadata(key, currentKey(key), sealed);
}

function readMetadata(reader: ByteReader): Version {
  return {
    revision: reader.varint(),
    createRevision: reader.varint(),
    version: reader.varint(),
    valueLength: reader.varint(),
    lease: readLease(reader),
    alive: true,
    value: undefined,
    older: undefined,
  };
}

/** One version in the history: everything but its key and revision, which the engine key holds. */
export function sealVersion(engineKey: Uint8Array, version: Version): Uint8Array {
  return seal(engineKey, (into) => writeVersion(into, version));
}

/** Also what a state's hash is taken over, so it says everything that clients can see. */
export function writeVersion(into: ByteWriter, version: Version): void {
  if (!version.alive) return;
  into.varint(version.createRevision);
  into.varint(version.version);
  writeLease(into, version.lease);
  if (version.value !== undefined) into.bytes(version.value);
}

/** A version out of the history, with its value, which is a view of `sealed`. The engine key, where it is at hand. */
export function unsealVersion(
  key: KeyText,
  revision: number,
  isPut: boolean,
  sealed: Uint8Array | undefined,
  engineKey: Uint8Array = historyKey(key, revision, isPut),
): Version {
  const read = (reader: ByteReader): Version => (isPut ? readPut(reader, revision) : deletedAt(revision));
  return unseal("version", engineKey, sealed, read, () => bytesOf(key));
}

function readPut(reader: ByteReader, revision: number): Version {
  const createRevision = reader.varint();
  const version = reader.varint();
  const lease = readLease(reader);
  const value = reader.rest();
  return { revision, createRevision, version, lease, alive: true, valueLength: value.length, value, older: undefined };
}

/** The version that a deletion makes. */
export function deletedAt(revision: number): Version {
  return {
    revision,
    createRevision: 0,
    version: 0,
    lease: 0n,
    alive: false,
    valueLength: 0,
    value: undefined,
    older: undefined,
  };
}
