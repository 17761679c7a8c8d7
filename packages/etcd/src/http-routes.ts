import type { HttpHandler } from "@quorate/grpc";
import { health, version } from "./http-endpoints.ts";
import type { ServerMetrics } from "./metrics.ts";
import type { ServiceParts } from "./service-parts.ts";

/** What is served over plain HTTP on the clients' port beside the gateway. */
export function httpRoutes(parts: ServiceParts, metrics: ServerMetrics): HttpHandler {
  const routes = new Map<string, HttpHandler>([
    ["/version", version],
    ["/health", health(parts)],
    ["/metrics", metrics.handler],
  ]);
  return (request, respond) => {
    const handler = routes.get(request.path);
    if (handler !== undefined) return handler(request, respond);
    respond({ status: 404, contentType: "text/plain; charset=utf-8", body: "404 page not found\n" });
  };
}
