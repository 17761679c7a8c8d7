import type { PutResult } from "@quorate/store";
import type { PutFields } from "../kv-requests.ts";
import { headerSize, writeHeader, type HeaderFields } from "./header-codec.ts";
import { keyValueSize, writeKeyValue } from "./key-value-codec.ts";
import { WireReader } from "./wire-reader.ts";
import { lengthDelimitedSize, WireWriter } from "./wire-writer.ts";

const nothing = new Uint8Array(0);

/** Absent fields are zero; byte strings are views of the message. Throws `MalformedMessageError`. */
export function decodePutRequest(bytes: Uint8Array): PutFields {
  const reader = new WireReader(bytes);
  const fields: PutFields = {
    key: nothing,
    value: nothing,
    lease: 0n,
    prevKv: false,
    ignoreValue: false,
    ignoreLease: false,
  };
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    switch (tag) {
      case 0x0a:
        fields.key = reader.bytes();
        break;
      case 0x12:
        fields.value = reader.bytes();
        break;
      case 0x18:
        fields.lease = reader.bigInt64();
        break;
      case 0x20:
        fields.prevKv = reader.bool();
        break;
      case 0x28:
        fields.ignoreValue = reader.bool();
        break;
      case 0x30:
        fields.ignoreLease = reader.bool();
        break;
      default:
        reader.skip(tag);
    }
  }
  return fields;
}

export function encodePutResponse(header: HeaderFields, { previous }: PutResult): Uint8Array {
  const headerBytes = headerSize(header);
  const previousBytes = previous === undefined ? 0 : keyValueSize(previous);
  const size = lengthDelimitedSize(headerBytes) + (previous === undefined ? 0 : lengthDelimitedSize(previousBytes));
  const writer = new WireWriter(size);
  writer.lengthDelimited(1, headerBytes);
  writeHeader(writer, header);
  if (previous !== undefined) {
    writer.lengthDelimited(2, previousBytes);
    writeKeyValue(writer, previous);
  }
  return writer.bytes;
}
