import type { ByteReader } from "./byte-reader.ts";
import type { ByteWriter } from "./byte-writer.ts";
import { readCompare, writeCompare } from "./compare-codec.ts";
import { FormatError } from "./errors.ts";
import {
  sortTargets,
  type DeleteRangeOperation,
  type Operation,
  type PutOperation,
  type RangeOperation,
  type SortOrder,
  type TxnOperation,
} from "./operations.ts";

/** The number that opens each operation. New forms get new numbers; these stay as they are for ever. */
export const readTags = { put: 1, deleteRange: 2, txn: 3, range: 5 } as const;

/** A transaction holds transactions at most this deep (etcd's bound of 128 operations bounds it there). */
export const maxTxnDepth = 128;
/** Compares, or operations of one branch, of one transaction. */
export const maxTxnEntries = 65_536;

const putFlags = { previous: 1, ignoreValue: 2, ignoreLease: 4, lease: 8 } as const;
const deleteFlags = { previous: 1, end: 2 } as const;
const rangeFlags = { end: 1, keysOnly: 2, countOnly: 4, limit: 8, revision: 16, sort: 32, bounds: 64 } as const;
const sortOrders: readonly SortOrder[] = ["none", "ascend", "descend"];

export function writePut(writer: ByteWriter, put: PutOperation): void {
  writer.byte(readTags.put);
  writer.byte(
    (put.previous ? putFlags.previous : 0) |
      (put.ignoreValue ? putFlags.ignoreValue : 0) |
      (put.ignoreLease ? putFlags.ignoreLease : 0) |
      (put.lease === 0n ? 0 : putFlags.lease),
  );
  writer.sizedBytes(put.key);
  writer.sizedBytes(put.value);
  if (put.lease !== 0n) writer.bits64(put.lease);
}

function readPut(reader: ByteReader): PutOperation {
  const flags = readFlags(reader, 0x0f);
  const key = reader.sizedBytes();
  const value = reader.sizedBytes();
  return {
    type: "put",
    key,
    value,
    lease: (flags & putFlags.lease) === 0 ? 0n : reader.bits64(),
    previous: (flags & putFlags.previous) !== 0,
    ignoreValue: (flags & putFlags.ignoreValue) !== 0,
    ignoreLease: (flags & putFlags.ignoreLease) !== 0,
  };
}

export function writeDeleteRange(writer: ByteWriter, operation: DeleteRangeOperation): void {
  const { key, end } = operation.range;
  writer.byte(readTags.deleteRange);
  writer.byte((operation.previous ? deleteFlags.previous : 0) | (end === undefined ? 0 : deleteFlags.end));
  writer.sizedBytes(key);
  if (end !== undefined) writer.sizedBytes(end);
}

function readDeleteRange(reader: ByteReader): DeleteRangeOperation {
  const flags = readFlags(reader, 0x03);
  const key = reader.sizedBytes();
  const end = (flags & deleteFlags.end) === 0 ? undefined : reader.sizedBytes();
  return { type: "delete-range", range: { key, end }, previous: (flags & deleteFlags.previous) !== 0 };
}

function writeRange(writer: ByteWriter, operation: RangeOperation): void {
  const { key, end } = operation.range;
  const bounds = [
    magnitude(operation.minModRevision),
    magnitude(operation.maxModRevision),
    magnitude(operation.minCreateRevision),
    magnitude(operation.maxCreateRevision),
  ];
  const limit = magnitude(operation.limit);
  const hasSort = operation.sortOrder !== "none" || operation.sortTarget !== "key";
  const hasBounds = bounds.some((bound) => bound !== 0);
  writer.byte(readTags.range);
  writer.byte(
    (end === undefined ? 0 : rangeFlags.end) |
      (operation.keysOnly ? rangeFlags.keysOnly : 0) |
      (operation.countOnly ? rangeFlags.countOnly : 0) |
      (limit === 0 ? 0 : rangeFlags.limit) |
      (operation.revision === 0 ? 0 : rangeFlags.revision) |
      (hasSort ? rangeFlags.sort : 0) |
      (hasBounds ? rangeFlags.bounds : 0),
  );
  writer.sizedBytes(key);
  if (end !== undefined) writer.sizedBytes(end);
  if (limit !== 0) writer.varint(limit);
  if (operation.revision !== 0) {
    writer.byte(operation.revision < 0 ? 1 : 0);
    writer.varint(magnitude(Math.abs(operation.revision)));
  }
  if (hasSort) writer.byte(sortOrders.indexOf(operation.sortOrder) | (sortTargets.indexOf(operation.sortTarget) << 4));
  if (hasBounds) for (const bound of bounds) writer.varint(bound);
}

function readRange(reader: ByteReader): RangeOperation {
  const flags = readFlags(reader, 0x7f);
  const key = reader.sizedBytes();
  const end = (flags & rangeFlags.end) === 0 ? undefined : reader.sizedBytes();
  const limit = (flags & rangeFlags.limit) === 0 ? 0 : reader.varint();
  const revision = (flags & rangeFlags.revision) === 0 ? 0 : readSigned(reader);
  const sort = (flags & rangeFlags.sort) === 0 ? 0 : reader.byte();
  const sortOrder = sortOrders[sort & 0x0f];
  const sortTarget = sortTargets[sort >> 4];
  if (sortOrder === undefined || sortTarget === undefined) throw new FormatError(`unknown sort ${sort} of a range`);
  const hasBounds = (flags & rangeFlags.bounds) !== 0;
  return {
    type: "range",
    range: { key, end },
    limit,
    revision,
    sortOrder,
    sortTarget,
    keysOnly: (flags & rangeFlags.keysOnly) !== 0,
    countOnly: (flags & rangeFlags.countOnly) !== 0,
    minModRevision: hasBounds ? reader.varint() : 0,
    maxModRevision: hasBounds ? reader.varint() : 0,
    minCreateRevision: hasBounds ? reader.varint() : 0,
    maxCreateRevision: hasBounds ? reader.varint() : 0,
  };
}

export function writeTxn(writer: ByteWriter, txn: TxnOperation, depth: number): void {
  if (depth > maxTxnDepth) throw new RangeError(`transactions nested more than ${maxTxnDepth} deep`);
  writer.byte(readTags.txn);
  writer.varint(txn.compare.length);
  for (const compare of txn.compare) writeCompare(writer, compare);
  for (const branch of [txn.success, txn.failure]) {
    writer.varint(branch.length);
    for (const operation of branch) writeOperation(writer, operation, depth);
  }
}

function writeOperation(writer: ByteWriter, operation: Operation, depth: number): void {
  switch (operation.type) {
    case "put":
      return writePut(writer, operation);
    case "delete-range":
      return writeDeleteRange(writer, operation);
    case "range":
      return writeRange(writer, operation);
    case "txn":
      return writeTxn(writer, operation, depth + 1);
  }
}

/** Reads what follows the number `tag`, inside of `depth - 1` transactions. */
export function readOperation(reader: ByteReader, tag: number, depth: number): Operation {
  switch (tag) {
    case readTags.put:
      return readPut(reader);
    case readTags.deleteRange:
      return readDeleteRange(reader);
    case readTags.range:
      return readRange(reader);
    case readTags.txn:
      return readTxn(reader, depth);
    default:
      throw new FormatError(`unknown kind ${tag} of a command: written by a newer version?`);
  }
}

function readTxn(reader: ByteReader, depth: number): TxnOperation {
  if (depth > maxTxnDepth) throw new FormatError(`transactions nested more than ${maxTxnDepth} deep`);
  const compare = readMany(reader, () => readCompare(reader));
  const readBranch = (): Operation[] => readMany(reader, () => readOperation(reader, reader.byte(), depth + 1));
  const success = readBranch();
  return { type: "txn", compare, success, failure: readBranch() };
}

function readMany<T>(reader: ByteReader, one: () => T): T[] {
  const count = reader.varint();
  // Each takes two bytes or more: a count that cannot be true is found before anything is allocated for it.
  if (count > maxTxnEntries || 2 * count > reader.remaining) throw new FormatError(`${count} parts of a transaction`);
  const many: T[] = [];
  for (let index = 0; index < count; index++) many.push(one());
  return many;
}

function readFlags(reader: ByteReader, known: number): number {
  const flags = reader.byte();
  if ((flags & ~known) !== 0) throw new FormatError(`unknown flags ${flags} of a command: written by a newer version?`);
  return flags;
}

/** A limit or bound: 0 for none, and so for less. */
function magnitude(value: number): number {
  if (Number.isNaN(value) || (Number.isFinite(value) && !Number.isInteger(value)))
    throw new RangeError(`${value} is no integer`);
  return Math.min(Math.max(value, 0), Number.MAX_SAFE_INTEGER);
}

function readSigned(reader: ByteReader): number {
  const sign = reader.byte();
  const value = reader.varint();
  if (sign > 1 || value === 0) throw new FormatError(`no valid revision: sign ${sign}, ${value}`);
  return sign === 1 ? -value : value;
}
