import { healthMethods } from "./health/grpc-health.ts";
import type { GrpcServerOptions } from "@quorate/grpc";
import type { Admission } from "./auth/admission.ts";
import { AccessControl } from "./gateway/access-control.ts";
import { gatewayRoutes } from "./gateway/gateway.ts";
import { httpRoutes, metricsRoutes } from "./http-routes.ts";
import type { LeaderRequirement } from "./leader/leader-requirement.ts";
import { grpcMethods } from "./methods.ts";
import type { ServerMetrics } from "./metrics.ts";
import type { ServiceParts } from "./service-parts.ts";
import type { WatchService } from "./watch/watch-service.ts";

/** In JSON a message is larger than in protobuf: base64 and names. */
const jsonFactor = 2;

export interface ClientPortOptions {
  readonly parts: ServiceParts;
  readonly admission: Admission;
  readonly metrics: ServerMetrics;
  readonly watch: WatchService;
  readonly leader: LeaderRequirement;
  /** Origins whose web pages may use the gateway; "*": all. */
  readonly cors?: readonly string[];
  /** Largest request message, in bytes. */
  readonly maxMessageBytes: number;
}

/** Everything that is served on the clients' port: gRPC, and over plain HTTP the gateway and what watches over a member. */
export function clientPort({
  parts,
  admission,
  metrics,
  watch,
  leader,
  cors = ["*"],
  maxMessageBytes,
}: ClientPortOptions): Pick<
  GrpcServerOptions,
  "methods" | "http" | "httpStreams" | "webSockets" | "counts" | "limits"
> {
  const methods = leader.over([...grpcMethods(admission, parts.replica), watch.method, ...healthMethods(parts)]);
  const access = new AccessControl(cors);
  const maxValueBytes = jsonFactor * maxMessageBytes;
  const gateway = gatewayRoutes({ methods, counts: metrics.calls, maxValueBytes });
  return {
    methods,
    http: access.whole(httpRoutes(parts, metrics)),
    httpStreams: access.streams(gateway),
    webSockets: { maxMessageBytes: maxValueBytes, admitsOrigin: (origin) => access.admitsOrigin(origin) },
    counts: metrics.calls,
    limits: { maxRequestBytes: maxMessageBytes },
  };
}

/** What is served where only metrics and health are wanted: `--listen-metrics-urls`. */
export function metricsPort(parts: ServiceParts, metrics: ServerMetrics): Pick<GrpcServerOptions, "methods" | "http"> {
  return { methods: [], http: metricsRoutes(parts, metrics) };
}
