import type { HttpHandler } from "@quorate/grpc";
import { textResponse, methodNotAllowed } from "../text-response.ts";
import type { HealthCheck, HealthChecks } from "./health-checks.ts";
import type { HealthCounts } from "./health-counts.ts";

/**
 * `/livez` and `/readyz`, as etcd 3.5.11 and 3.6 answer them, and below each of them its checks one by one. `?verbose` says how
 * each went, `?exclude=` leaves some out. A member that is not live should be started again; one that is not ready should get
 * no requests.
 */
export function probes(checks: HealthChecks, counts: HealthCounts): ReadonlyMap<string, HttpHandler> {
  const { serializableRead, linearizableRead, dataCorruption, nonLearner } = checks;
  const types: Readonly<Record<string, Readonly<Record<string, HealthCheck>>>> = {
    livez: { serializable_read: serializableRead },
    readyz: {
      data_corruption: dataCorruption,
      linearizable_read: linearizableRead,
      non_learner: nonLearner,
      serializable_read: serializableRead,
    },
  };
  const routes = new Map<string, HttpHandler>();
  for (const [type, own] of Object.entries(types)) {
    routes.set(`/${type}`, probe(`/${type}`, type, own, counts));
    for (const [name, check] of Object.entries(own)) {
      const path = `/${type}/${name}`;
      routes.set(path, probe(path, type, { [name]: check }, counts));
    }
  }
  return routes;
}

function probe(
  path: string,
  type: string,
  checks: Readonly<Record<string, HealthCheck>>,
  counts: HealthCounts,
): HttpHandler {
  return ({ method, query }, respond) => {
    if (method !== "GET") return respond(methodNotAllowed);
    const excluded = new Set(query.getAll("exclude"));
    const wanted = Object.entries(checks).filter(([name]) => !excluded.has(name));
    const lines: string[] = [];
    let isWell = true;
    const next = (index: number): void => {
      const [name, check] = wanted[index] ?? [];
      if (name === undefined || check === undefined) return end();
      check((failure) => {
        lines.push(failure === undefined ? `[+]${name} ok\n` : `[-]${name} failed: ${failure}\n`);
        isWell &&= failure === undefined;
        counts.checked(type, name, failure === undefined);
        next(index + 1);
      });
    };
    const end = (): void => {
      const report = lines.join("");
      if (!isWell) respond(textResponse(503, `${report}${path} check failed\n`));
      else respond(textResponse(200, query.has("verbose") ? `${report}${path} check passed\n` : "ok"));
    };
    next(0);
  };
}
