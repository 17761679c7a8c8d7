import { encodeHeaders } from "../hpack/header-encoder.ts";
import { fieldValue, type RequestHead } from "../http2/request-head.ts";
import type { ResponseMetadata } from "../service.ts";

/** Names that HTTP/2 or gRPC itself uses. */
const reserved = /^(:.*|grpc-.*|content-type|content-length|te|connection|keep-alive|upgrade|transfer-encoding)$/;
const validName = /^[0-9a-z_.-]+$/;
const validValue = /^[\x20-\x7e]*$/;

/** The first value of a field of the request, as it was sent. */
export function requestMetadata(head: RequestHead, name: string): string | undefined {
  return fieldValue(head, name);
}

/** The first value of a field "...-bin": bytes, sent in base64 with or without padding; undefined where it is none. */
export function binaryMetadata(head: RequestHead, name: string): Uint8Array | undefined {
  const value = fieldValue(head, name);
  // Several values may be joined by commas (gRPC over HTTP/2, "Custom-Metadata").
  const first = value?.split(",", 1)[0]?.trim();
  return first === undefined || !/^[A-Za-z0-9+/_-]*={0,2}$/.test(first) ? undefined : Buffer.from(first, "base64");
}

/** Fields as they travel. Throws a `RangeError` for what gRPC's metadata cannot be: that is a mistake of a service. */
export function metadataFields(metadata: ResponseMetadata): (readonly [string, string])[] {
  return Object.entries(metadata).map(([name, value]) => {
    if (!validName.test(name) || reserved.test(name)) throw new RangeError(`${name} cannot be a name of metadata`);
    const isBinary = typeof value !== "string";
    if (isBinary !== name.endsWith("-bin")) throw new RangeError(`${name}: bytes belong to names that end with -bin`);
    const text = isBinary ? Buffer.from(value).toString("base64").replace(/=+$/, "") : value.trim();
    if (!validValue.test(text)) throw new RangeError(`${name}: a value must be printable ASCII, or bytes under -bin`);
    return [name, text];
  });
}

export function encodeMetadata(
  first: readonly (readonly [string, string])[],
  metadata: ResponseMetadata | undefined,
): Uint8Array {
  return encodeHeaders(metadata === undefined ? first : [...first, ...metadataFields(metadata)]);
}
