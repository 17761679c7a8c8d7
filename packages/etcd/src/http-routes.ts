import type { HttpHandler } from "@quorate/grpc";
import type { Admission } from "./auth/admission.ts";
import { health, version } from "./http-endpoints.ts";
import { gatewayRoutes } from "./json-gateway.ts";
import type { ServerMetrics } from "./metrics.ts";
import type { ServiceParts } from "./service-parts.ts";

/** Everything that is served over plain HTTP on the clients' port. */
export function httpRoutes(parts: ServiceParts, admission: Admission, metrics: ServerMetrics): HttpHandler {
  const routes = new Map<string, HttpHandler>(gatewayRoutes(admission));
  routes.set("/version", version);
  routes.set("/health", health(parts));
  routes.set("/metrics", metrics.handler);
  return (request, respond) => {
    const handler = routes.get(request.path);
    if (handler !== undefined) return handler(request, respond);
    respond({ status: 404, contentType: "text/plain; charset=utf-8", body: "404 page not found\n" });
  };
}
