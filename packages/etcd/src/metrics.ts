import { CallCounts, type HttpHandler } from "@quorate/grpc";
import { collectDefaultMetrics, Registry } from "prom-client";
import { HealthCounts } from "./health/health-counts.ts";
import { addCalls } from "./metrics/call-metrics.ts";
import { addDisk } from "./metrics/disk-metrics.ts";
import { metricAdder } from "./metrics/metric-kinds.ts";
import { addPeers, type Traffic } from "./metrics/peer-metrics.ts";
import { addLeases } from "./lease/lease-metrics.ts";
import { addRaft } from "./metrics/raft-metrics.ts";
import { addState } from "./metrics/state-metrics.ts";
import { pauseMetrics } from "./pause-metrics.ts";
import type { ServiceParts } from "./service-parts.ts";
import { methodNotAllowed, textResponse } from "./text-response.ts";
import { addAuth } from "./auth/auth-metrics.ts";
import { tlsMetrics } from "./tls/tls-metrics.ts";
import { addWatches } from "./watch/watch-metrics.ts";

export interface MetricsOptions {
  /** Also how long each call takes (`--metrics extensive`). */
  readonly areExtensive?: boolean;
  /** Nobody unless given. */
  readonly traffic?: Traffic;
}

/**
 * Prometheus metrics under the names that etcd's dashboards use, where what they name is measured here; ours begin with
 * `quorate_`.
 */
export class ServerMetrics {
  /** Where calls are counted. */
  readonly calls: CallCounts;
  /** Where questions after the member's health are counted. */
  readonly health = new HealthCounts();
  readonly #registry = new Registry();

  constructor(parts: ServiceParts, { areExtensive = false, traffic = () => new Map() }: MetricsOptions = {}) {
    this.calls = new CallCounts({ areTimed: areExtensive });
    const registry = this.#registry;
    collectDefaultMetrics({ register: registry });
    pauseMetrics(registry, parts);
    tlsMetrics(registry, parts);
    const adder = metricAdder(registry);
    addRaft(parts, adder);
    addState(parts, adder);
    addDisk(parts, adder);
    addPeers(parts, traffic, adder);
    addCalls(this.calls, adder);
    this.health.addTo(adder);
    addLeases(parts, adder);
    addWatches(parts, adder.gauge);
    addAuth(parts, adder.gauge);
  }

  readonly handler: HttpHandler = (request, respond) => {
    if (request.method !== "GET") return respond(methodNotAllowed);
    this.#registry.metrics().then(
      (body) => respond({ status: 200, contentType: this.#registry.contentType, body }),
      (error: unknown) => respond(textResponse(500, String(error))),
    );
  };
}
