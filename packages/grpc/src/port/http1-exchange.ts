import type { IncomingMessage, ServerResponse } from "node:http";
import { splitTarget } from "../calls/http-head.ts";
import type { Shared } from "../calls/shared.ts";
import type { HttpRequestHead } from "../http-handler.ts";
import { Http1Stream } from "./http1-stream.ts";
import { Http1Whole } from "./http1-whole.ts";

/** One request over HTTP/1.1 and its answer. */
export interface Http1Exchange {
  start(): void;
  /** The answer has gone out, or the client has gone away. */
  closed(): void;
  /** Called about every second, to end what takes too long. */
  sweep(now: number): void;
}

/** Who asks on one connection. */
export type Http1Client = Pick<HttpRequestHead, "remote" | "clientName">;

export interface Http1Parts {
  readonly shared: Shared;
  readonly head: HttpRequestHead;
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
  readonly mustClose: () => boolean;
}

export function serveHttp1(
  shared: Shared,
  client: Http1Client,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  mustClose: () => boolean,
): Http1Exchange {
  const head: HttpRequestHead = {
    method: incoming.method ?? "",
    ...splitTarget(incoming.url ?? ""),
    ...client,
    header(name) {
      const value = incoming.headers[name];
      return Array.isArray(value) ? value[0] : value;
    },
  };
  const parts: Http1Parts = { shared, head, incoming, outgoing, mustClose };
  const open = shared.httpStreams(head);
  return open === undefined ? new Http1Whole(parts) : new Http1Stream(parts, open);
}
