import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { grpcCodes, okStatus, type Method, type StreamCall, type StreamHandler } from "@quorate/grpc";
import {
  HealthCheckRequestSchema,
  HealthCheckResponse_ServingStatus as Status,
  HealthCheckResponseSchema,
} from "../generated/grpc/health/v1/health_pb.ts";
import type { ServiceParts } from "../service-parts.ts";

const service = "/grpc.health.v1.Health";
/** How often those who watch are looked after, in ms: a rebuilding takes longer. */
const lookMs = 1000;

/**
 * gRPC's health service (grpc.health.v1), for load balancers: asked of the server as a whole, as etcd has it. Whoever is asked answers
 * anybody, with or without a leader; a member that rebuilds its state says that it does not serve.
 */
export function healthMethods({ condition }: Pick<ServiceParts, "condition">): readonly Method[] {
  const now = (): Status => (condition.isRebuilding ? Status.NOT_SERVING : Status.SERVING);
  return [
    {
      kind: "unary",
      path: `${service}/Check`,
      handle: (_, bytes, respond) => {
        const name = serviceIn(bytes);
        if (name === undefined) respond(unreadable("Check"));
        else if (name !== "") respond({ code: grpcCodes.notFound, message: "unknown service" });
        else respond(okStatus, encoded(now()));
      },
    },
    watchMethod(now),
  ];
}

/** One clock looks for all who watch, for as long as there is somebody. */
function watchMethod(now: () => Status): Method {
  const watching = new Map<StreamCall, Status>();
  let clock: NodeJS.Timeout | undefined;
  const look = (): void => {
    const status = now();
    for (const [call, told] of watching) {
      if (status === told) continue;
      watching.set(call, status);
      call.send(encoded(status));
    }
  };
  const leave = (call: StreamCall): void => {
    watching.delete(call);
    if (watching.size === 0) clearInterval(clock);
  };
  const enter = (call: StreamCall): void => {
    if (watching.size === 0) clock = setInterval(look, lookMs).unref();
    const status = now();
    watching.set(call, status);
    call.send(encoded(status));
  };
  return {
    kind: "server-stream",
    path: `${service}/Watch`,
    open: (call): StreamHandler => ({
      onMessage: (message) => {
        const name = serviceIn(message);
        if (name === undefined) call.end(unreadable("Watch"));
        else if (name === "") enter(call);
        // By the protocol the stream stays: the service may come to be known. None here does.
        else call.send(encoded(Status.SERVICE_UNKNOWN));
      },
      onEnd: () => {},
      onCancel: () => leave(call),
    }),
  };
}

function serviceIn(message: Uint8Array): string | undefined {
  try {
    return fromBinary(HealthCheckRequestSchema, message).service;
  } catch {
    return undefined;
  }
}

function unreadable(method: string): { readonly code: 13; readonly message: string } {
  return { code: grpcCodes.internal, message: `grpc: error unmarshalling request for ${service}/${method}` };
}

function encoded(status: Status): Uint8Array {
  return toBinary(HealthCheckResponseSchema, create(HealthCheckResponseSchema, { status }));
}
