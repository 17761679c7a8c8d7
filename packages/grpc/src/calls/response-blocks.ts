import { encodeHeaders } from "../hpack/header-encoder.ts";
import type { ResponseMetadata } from "../service.ts";
import type { GrpcStatus } from "../status.ts";
import { acceptedEncodings } from "./compression.ts";
import { encodeMetadata } from "./metadata.ts";
import { encodeStatusMessage } from "./status-message.ts";

type Fields = readonly (readonly [string, string])[];

/** Beyond so many different errors, we encode again. */
const maxCached = 256;

const responseFields: Fields = [
  [":status", "200"],
  ["content-type", "application/grpc"],
];
const gzipFields: Fields = [...responseFields, ["grpc-encoding", "gzip"]];

/** Header blocks do not depend on the connection, so that the usual ones are made once. */
export const responseHeaders: Uint8Array = encodeHeaders(responseFields);
export const gzipResponseHeaders: Uint8Array = encodeHeaders(gzipFields);
export const okTrailers: Uint8Array = encodeHeaders([["grpc-status", "0"]]);

const cache = new Map<string, Uint8Array>();

export function headersWith(isGzip: boolean, metadata: ResponseMetadata | undefined): Uint8Array {
  if (metadata === undefined) return isGzip ? gzipResponseHeaders : responseHeaders;
  return encodeMetadata(isGzip ? gzipFields : responseFields, metadata);
}

/** The end of a response that has begun. */
export function trailersOf(status: GrpcStatus, metadata?: ResponseMetadata): Uint8Array {
  if (status.code === 0 && metadata === undefined) return okTrailers;
  if (metadata !== undefined) return encodeMetadata(statusFields(status), metadata);
  return cached(`t${status.code} ${status.message}`, () => statusFields(status));
}

/** A response without a message is its headers alone ("Trailers-Only"). */
export function trailersOnly(status: GrpcStatus, httpStatus: number, metadata?: ResponseMetadata): Uint8Array {
  const fields = (): Fields => [
    [":status", String(httpStatus)],
    ["content-type", "application/grpc"],
    ...statusFields(status),
    ...(status.code === 12 ? [["grpc-accept-encoding", acceptedEncodings] as const] : []),
  ];
  if (metadata !== undefined) return encodeMetadata(fields(), metadata);
  return cached(`${httpStatus} ${status.code} ${status.message}`, fields);
}

function statusFields({ code, message }: GrpcStatus): Fields {
  const status = ["grpc-status", String(code)] as const;
  return message === "" ? [status] : [status, ["grpc-message", encodeStatusMessage(message)]];
}

function cached(key: string, fields: () => Fields): Uint8Array {
  let block = cache.get(key);
  if (block !== undefined) return block;
  block = encodeHeaders(fields());
  if (cache.size >= maxCached) cache.clear();
  if (key.length <= 256) cache.set(key, block);
  return block;
}
