import { encodeHeaders } from "../hpack/header-encoder.ts";
import type { Http2Connection } from "../http2/connection.ts";
import { fieldValue, type RequestHead } from "../http2/request-head.ts";
import type { HttpHeaders, HttpRequestHead } from "../http-handler.ts";

/** HTTP/1.1's own, which HTTP/2 forbids. */
const connectionFields: ReadonlySet<string> = new Set(["connection", "keep-alive", "transfer-encoding", "upgrade"]);

/** A request over HTTP/2 as handlers of plain HTTP see it. */
export function httpRequestHead({ remote, clientName }: Http2Connection, head: RequestHead): HttpRequestHead {
  const { method } = head;
  return { method, ...splitTarget(head.path), remote, clientName, header: (name) => fieldValue(head, name) };
}

/** "/health?serializable=true" */
export function splitTarget(target: string): { readonly path: string; readonly query: URLSearchParams } {
  const mark = target.indexOf("?");
  if (mark < 0) return { path: target, query: new URLSearchParams() };
  return { path: target.slice(0, mark), query: new URLSearchParams(target.slice(mark + 1)) };
}

/** `length`: of the body in bytes; undefined when nobody knows it yet. */
export function httpResponseBlock(
  status: number,
  contentType: string,
  length: number | undefined,
  headers: HttpHeaders = {},
): Uint8Array {
  const others = Object.entries(headers)
    .map(([name, value]) => [name.toLowerCase(), value] as const)
    .filter(([name]) => !connectionFields.has(name));
  return encodeHeaders([
    [":status", String(status)],
    ["content-type", contentType],
    ...(length === undefined ? [] : [["content-length", String(length)] as const]),
    ["x-content-type-options", "nosniff"],
    ...others,
  ]);
}
