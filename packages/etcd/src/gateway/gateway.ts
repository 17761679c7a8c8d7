import type { CallCounts, HttpRequestHead, HttpStreamRoutes, Method, OpenHttpStream } from "@quorate/grpc";
import { textAnswer } from "./access-control.ts";
import { messageTypes, type MessageTypes } from "./message-types.ts";
import { gatewayPaths, gatewayPrefixes } from "./paths.ts";
import { StreamingExchange } from "./streaming-exchange.ts";
import { UnaryExchange, type GatewayLimits } from "./unary-exchange.ts";

export interface GatewayOptions extends GatewayLimits {
  /** What is served over gRPC: the gateway is a client of it. */
  readonly methods: readonly Method[];
  readonly counts: CallCounts;
}

/**
 * etcd's JSON gateway: `POST /v3/...` for every method of etcd's services that is served. Clients such as Patroni use nothing
 * else. Errors are those of grpc-gateway's first version, as in etcd 3.4 and 3.5.
 */
export function gatewayRoutes(options: GatewayOptions): HttpStreamRoutes {
  const served = new Map(options.methods.map((method) => [method.path, method]));
  const open = (path: string): ((head: HttpRequestHead) => OpenHttpStream) | undefined => {
    const method = served.get(path);
    const types = messageTypes.get(path);
    return method === undefined || types === undefined ? undefined : (head) => exchange(method, types, head, options);
  };
  const routes = new Map([...gatewayPaths].map(([path, method]) => [path, open(method)] as const));
  return (head) => {
    const route = routes.get(head.path);
    if (route === undefined) return isBelow(head.path) ? textAnswer(404, "Not Found") : undefined;
    if (head.method !== "POST") return textAnswer(405, "Method Not Allowed");
    return route(head);
  };
}

function exchange(
  method: Method,
  types: MessageTypes,
  head: HttpRequestHead,
  { counts, maxValueBytes }: GatewayOptions,
): OpenHttpStream {
  const limits = { maxValueBytes };
  const own = counts.of(method);
  return method.kind === "unary"
    ? (stream) => new UnaryExchange(method, types, head, stream, own, limits)
    : (stream) => new StreamingExchange(method, types, head, stream, own, limits);
}

function isBelow(path: string): boolean {
  return gatewayPrefixes.some((prefix) => path.startsWith(`${prefix}/`));
}
