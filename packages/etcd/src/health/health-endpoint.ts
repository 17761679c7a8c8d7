import type { HttpHandler } from "@quorate/grpc";
import { jsonResponse } from "../json-response.ts";
import type { ServiceParts } from "../service-parts.ts";
import { methodNotAllowed } from "../text-response.ts";
import type { HealthChecks } from "./health-checks.ts";
import type { HealthCounts } from "./health-counts.ts";

/**
 * `/health`, as etcd 3.5 answers it: healthy is who has no alarm (but those in `?exclude=`), knows a leader and can do a
 * linearizable read; with `?serializable=true`, a local one will do. Not who rebuilds its state.
 */
export function healthEndpoint(parts: ServiceParts, checks: HealthChecks, counts: HealthCounts): HttpHandler {
  return (request, respond) => {
    if (request.method !== "GET") return respond(methodNotAllowed);
    const answer = (reason: string): void => {
      const isHealthy = reason === "";
      counts.answered(isHealthy);
      respond(jsonResponse(isHealthy ? 200 : 503, { health: String(isHealthy), reason }));
    };
    const isLocal = request.query.get("serializable") === "true";
    const excluded = new Set(request.query.getAll("exclude"));
    checks.alarms((names) => {
      const alarm = [...names].find((name) => !excluded.has(name));
      if (alarm !== undefined) return answer(`ALARM ${alarm}`);
      if (parts.condition.isRebuilding) return answer("STATE REBUILDING");
      if (!isLocal && parts.replica.status.leader === 0) return answer("RAFT NO LEADER");
      const read = isLocal ? checks.serializableRead : checks.linearizableRead;
      read((failure) => answer(failure === undefined ? "" : failure.replace("range error: ", "RANGE ERROR:")));
    });
  };
}
