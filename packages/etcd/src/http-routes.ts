import type { HttpHandler } from "@quorate/grpc";
import { healthChecks } from "./health/health-checks.ts";
import { healthEndpoint } from "./health/health-endpoint.ts";
import { probes } from "./health/probes.ts";
import { jsonResponse } from "./json-response.ts";
import type { ServerMetrics } from "./metrics.ts";
import type { ServiceParts } from "./service-parts.ts";
import { methodNotAllowed, textResponse } from "./text-response.ts";
import { emulatedClusterVersion, emulatedVersion } from "./version.ts";

/** What is served over plain HTTP on the clients' port beside the gateway. `parts`: the member's own. */
export function httpRoutes(parts: ServiceParts, metrics: ServerMetrics): HttpHandler {
  return served(new Map([["/version", version], ...watchful(parts, metrics)]));
}

/** What those need who watch over a member, and nothing of what it keeps (`--listen-metrics-urls`). */
export function metricsRoutes(parts: ServiceParts, metrics: ServerMetrics): HttpHandler {
  return served(watchful(parts, metrics));
}

function watchful(parts: ServiceParts, metrics: ServerMetrics): ReadonlyMap<string, HttpHandler> {
  const checks = healthChecks(parts);
  return new Map([
    ["/health", healthEndpoint(parts, checks, metrics.health)],
    ["/metrics", metrics.handler],
    ...probes(checks, metrics.health),
  ]);
}

function served(routes: ReadonlyMap<string, HttpHandler>): HttpHandler {
  return (request, respond) => {
    const handler = routes.get(request.path);
    if (handler !== undefined) return handler(request, respond);
    respond(textResponse(404, "404 page not found\n"));
  };
}

const version: HttpHandler = (request, respond) => {
  if (request.method !== "GET") return respond(methodNotAllowed);
  respond(jsonResponse(200, { etcdserver: emulatedVersion, etcdcluster: emulatedClusterVersion }));
};
