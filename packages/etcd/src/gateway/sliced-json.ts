import { fromBinary, toJson, type DescField, type DescMessage } from "@bufbuild/protobuf";
import { BinaryReader } from "@bufbuild/protobuf/wire";
import { nesting } from "../nesting.ts";
import { jsonRegistry } from "./json-messages.ts";

const options = { useProtoFieldName: true, registry: jsonRegistry };

/**
 * A response as JSON, in pieces: what is in its lists of messages, key by key. Together the pieces are what the library would
 * write at once; between any two of them others may have their turn.
 */
export function* slicedJson(type: DescMessage, response: Uint8Array): Generator<string> {
  const { lists, rest } = split(type, response);
  const json = toJson(type, fromBinary(type, rest, nesting), options) as Readonly<Record<string, unknown>>;
  let separator = "{";
  for (const field of type.fields) {
    const items = lists.get(field.number);
    if (items !== undefined && field.fieldKind === "list" && field.listKind === "message") {
      yield `${separator}${JSON.stringify(field.name)}:[`;
      for (const [index, item] of items.entries()) {
        const text = JSON.stringify(toJson(field.message, fromBinary(field.message, item, nesting), options));
        yield index === 0 ? text : `,${text}`;
      }
      yield "]";
    } else if (field.name in json) {
      yield `${separator}${JSON.stringify(field.name)}:${JSON.stringify(json[field.name])}`;
    } else continue;
    separator = ",";
  }
  yield separator === "{" ? "{}" : "}";
}

interface Split {
  /** The messages of each list that has some, by the field's number. */
  readonly lists: ReadonlyMap<number, readonly Uint8Array[]>;
  /** Everything else, as a message of its own. */
  readonly rest: Uint8Array;
}

function split(type: DescMessage, response: Uint8Array): Split {
  const isList = ({ fieldKind, ...field }: DescField): boolean =>
    fieldKind === "list" && "listKind" in field && field.listKind === "message";
  const listed = new Set(type.fields.filter(isList).map(({ number }) => number));
  const lists = new Map<number, Uint8Array[]>();
  const others: Uint8Array[] = [];
  const reader = new BinaryReader(response);
  while (reader.pos < reader.len) {
    const start = reader.pos;
    const [number, wireType] = reader.tag();
    if (listed.has(number)) {
      const items = lists.get(number) ?? [];
      items.push(reader.bytes());
      lists.set(number, items);
      continue;
    }
    reader.skip(wireType, number);
    others.push(response.subarray(start, reader.pos));
  }
  return { lists, rest: Buffer.concat(others) };
}
