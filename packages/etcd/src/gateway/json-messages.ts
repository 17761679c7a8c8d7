import {
  create,
  createRegistry,
  fromBinary,
  fromJson,
  toBinary,
  toJson,
  type JsonValue,
  type Registry,
} from "@bufbuild/protobuf";
import { nesting } from "../nesting.ts";
import { withKnownFields } from "./known-fields.ts";
import type { MessageTypes } from "./message-types.ts";

/** The proto JSON mapping as etcd has it: its own field names, 64-bit numbers as strings, bytes in base64, no zero values. */

export const jsonRegistry: Registry = createRegistry();
const decoder = new TextDecoder("utf-8", { fatal: true });

/** More digits than a double holds exactly may follow each other. */
const longNumber = /\d{16}/;

/** A reviver's third argument, which tells how a number was written (ECMAScript 2026). */
type Reviver = (key: string, value: unknown, context?: { readonly source?: string }) => unknown;

/** A request from JSON to its bytes; no JSON at all is an empty one, as is null. Throws whatever is wrong with it. */
export function requestFromJson({ input }: MessageTypes, json: Uint8Array | undefined): Uint8Array {
  const value = json === undefined ? null : parse(decoder.decode(json));
  const message =
    value === null
      ? create(input)
      : fromJson(input, withKnownFields(input, value), { registry: jsonRegistry, ...nesting });
  return toBinary(input, message);
}

export function responseToJson({ output }: MessageTypes, response: Uint8Array): JsonValue {
  return toJson(output, fromBinary(output, response, nesting), { useProtoFieldName: true, registry: jsonRegistry });
}

/** Numbers that a double cannot hold stay as they were written: identifiers of leases are such numbers. */
function parse(text: string): JsonValue {
  if (!longNumber.test(text)) return JSON.parse(text) as JsonValue;
  const exact: Reviver = (_, value, context) =>
    typeof value === "number" && !Number.isSafeInteger(value) && /^-?\d+$/.test(context?.source ?? "")
      ? context?.source
      : value;
  return JSON.parse(text, exact) as JsonValue;
}
