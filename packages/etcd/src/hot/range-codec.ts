import type { KeyValue, RangeResult } from "@quorate/store";
import type { RangeFields } from "../kv-requests.ts";
import { headerSize, writeHeader, type HeaderFields } from "./header-codec.ts";
import { keyValueSize, writeKeyValue } from "./key-value-codec.ts";
import { WireReader } from "./wire-reader.ts";
import { lengthDelimitedSize, numberFieldSize, WireWriter } from "./wire-writer.ts";

const nothing = new Uint8Array(0);

/** Absent fields are zero; byte strings are views of the message. Throws `MalformedMessageError`. */
export function decodeRangeRequest(bytes: Uint8Array): RangeFields {
  const reader = new WireReader(bytes);
  const fields: RangeFields = {
    key: nothing,
    rangeEnd: nothing,
    limit: 0,
    revision: 0,
    sortOrder: 0,
    sortTarget: 0,
    serializable: false,
    keysOnly: false,
    countOnly: false,
    minModRevision: 0,
    maxModRevision: 0,
    minCreateRevision: 0,
    maxCreateRevision: 0,
  };
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) readField(reader, tag, fields);
  return fields;
}

function readField(reader: WireReader, tag: number, fields: RangeFields): void {
  switch (tag) {
    case 0x0a:
      fields.key = reader.bytes();
      break;
    case 0x12:
      fields.rangeEnd = reader.bytes();
      break;
    case 0x18:
      fields.limit = reader.int64();
      break;
    case 0x20:
      fields.revision = reader.int64();
      break;
    case 0x28:
      fields.sortOrder = reader.int32();
      break;
    case 0x30:
      fields.sortTarget = reader.int32();
      break;
    case 0x38:
      fields.serializable = reader.bool();
      break;
    case 0x40:
      fields.keysOnly = reader.bool();
      break;
    case 0x48:
      fields.countOnly = reader.bool();
      break;
    case 0x50:
      fields.minModRevision = reader.int64();
      break;
    case 0x58:
      fields.maxModRevision = reader.int64();
      break;
    case 0x60:
      fields.minCreateRevision = reader.int64();
      break;
    case 0x68:
      fields.maxCreateRevision = reader.int64();
      break;
    default:
      reader.skip(tag);
  }
}

/** What a response says besides its keys. */
export interface RangeEnd {
  readonly header: HeaderFields;
  readonly more: boolean;
  readonly count: number;
}

/** One pass for the sizes, one for the bytes: a response of many megabytes is built once. */
export function encodeRangeResponse(header: HeaderFields, { items, more, count }: RangeResult): Uint8Array {
  const end = { header, more, count };
  const writer = new WireWriter(responseSize(items, end));
  writeResponse(writer, items, end);
  return writer.bytes;
}

/** RangeStreamResponse: a part of a response, without what only the last of them says unless that is given. */
export function encodeRangePart(items: readonly KeyValue[], end: RangeEnd | undefined): Uint8Array {
  const size = responseSize(items, end);
  const writer = new WireWriter(lengthDelimitedSize(size));
  writer.lengthDelimited(1, size);
  writeResponse(writer, items, end);
  return writer.bytes;
}

function responseSize(items: readonly KeyValue[], end: RangeEnd | undefined): number {
  let size = 0;
  if (end !== undefined) {
    size +=
      lengthDelimitedSize(headerSize(end.header)) + numberFieldSize(end.more ? 1 : 0) + numberFieldSize(end.count);
  }
  for (const item of items) size += lengthDelimitedSize(keyValueSize(item));
  return size;
}

function writeResponse(writer: WireWriter, items: readonly KeyValue[], end: RangeEnd | undefined): void {
  if (end !== undefined) {
    writer.lengthDelimited(1, headerSize(end.header));
    writeHeader(writer, end.header);
  }
  for (const item of items) {
    writer.lengthDelimited(2, keyValueSize(item));
    writeKeyValue(writer, item);
  }
  if (end === undefined) return;
  writer.boolField(3, end.more);
  writer.numberField(4, end.count);
}
