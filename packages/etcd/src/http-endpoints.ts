import type { HttpHandler } from "@quorate/grpc";
import { jsonResponse } from "./json-response.ts";
import { replicaRefusal } from "./replica-errors.ts";
import type { ServiceParts } from "./service-parts.ts";
import { emulatedClusterVersion, emulatedVersion } from "./version.ts";

/** What etcd serves over plain HTTP beside its gateway: `/version` and `/health`. */

const notAllowed = { status: 405, contentType: "text/plain; charset=utf-8", body: "Method Not Allowed\n" } as const;

export const version: HttpHandler = (request, respond) => {
  if (request.method !== "GET") return respond(notAllowed);
  respond(jsonResponse(200, { etcdserver: emulatedVersion, etcdcluster: emulatedClusterVersion }));
};

/** Healthy is who can serve: a linearizable read succeeds, or, with `?serializable=true`, a local one. Not who rebuilds its state. */
export function health(parts: ServiceParts): HttpHandler {
  const healthy = jsonResponse(200, { health: "true", reason: "" });
  return (request, respond) => {
    if (request.method !== "GET") return respond(notAllowed);
    const unhealthy = (reason: string): void => respond(jsonResponse(503, { health: "false", reason }));
    if (parts.condition.isRebuilding) return unhealthy("STATE REBUILDING");
    if (request.query.get("serializable") === "true") return respond(healthy);
    if (parts.replica.status.leader === 0) return unhealthy("RAFT NO LEADER");
    parts.replica.readBarrier((error) => {
      if (error === undefined) respond(healthy);
      else unhealthy(replicaRefusal(error).message);
    });
  };
}
