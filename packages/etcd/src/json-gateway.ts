import {
  createRegistry,
  fromJson,
  toJson,
  type DescMessage,
  type JsonValue,
  type MessageShape,
} from "@bufbuild/protobuf";
import { grpcCodes, type GrpcCode, type HttpHandler, type HttpRequest, type HttpResponse } from "@quorate/grpc";
import type { Admission } from "./auth/admission.ts";
import { credentialsOfHttp } from "./auth/credentials.ts";
import { EtcdError } from "./errors.ts";
import type { EtcdMethod } from "./etcd-method.ts";
import { etcdMethods, serve } from "./methods.ts";
import type { Respond, ServiceParts } from "./service-parts.ts";

/**
 * etcd's JSON gateway: the unary methods as `POST /v3/...`, in the proto JSON mapping with etcd's field names, 64-bit
 * numbers as strings, bytes in base64, zero values left out. Clients such as Patroni use nothing else.
 */

const prefixes = ["/v3", "/v3beta"] as const;
const registry = createRegistry();
const decoder = new TextDecoder("utf-8", { fatal: true });

/** Handlers by path. */
export function gatewayRoutes(admission: Admission): ReadonlyMap<string, HttpHandler> {
  const routes = new Map<string, HttpHandler>();
  for (const method of etcdMethods) {
    for (const prefix of prefixes) routes.set(`${prefix}${method.gatewayPath}`, handlerOf(admission, method));
  }
  return routes;
}

function handlerOf(admission: Admission, method: EtcdMethod): HttpHandler {
  return (request, respond) => {
    if (request.method !== "POST") return respond(errorResponse(grpcCodes.unimplemented, "Method Not Allowed", 405));
    let message: MessageShape<DescMessage>;
    try {
      message = readMessage(method, request);
    } catch (thrown) {
      return respond(
        errorResponse(grpcCodes.invalidArgument, thrown instanceof Error ? thrown.message : String(thrown)),
      );
    }
    const answer: Respond<MessageShape<DescMessage>> = (error, response) => {
      if (response !== undefined) respond(jsonResponse(200, writeMessage(method, response)));
      else if (error !== undefined) respond(errorResponse(error.code, error.message));
      else throw new EtcdError(grpcCodes.internal, "the handler gave no response");
    };
    const go = (parts: ServiceParts): void => serve((done) => method.handle(parts, message, done), answer);
    const refuse = (error: EtcdError): void => answer(error, undefined);
    admission.admit(method.path, credentialsOfHttp(request), message, go, refuse);
  };
}

function readMessage({ input }: EtcdMethod, { body }: HttpRequest): MessageShape<DescMessage> {
  const text = body.length === 0 ? "{}" : decoder.decode(body);
  return fromJson(input, JSON.parse(text) as JsonValue, { ignoreUnknownFields: true, registry });
}

function writeMessage({ output }: EtcdMethod, response: MessageShape<DescMessage>): JsonValue {
  return toJson(output, response, { useProtoFieldName: true, registry });
}

/** What gRPC's codes are over HTTP. */
const httpStatuses = new Map<GrpcCode, number>([
  [grpcCodes.invalidArgument, 400],
  [grpcCodes.outOfRange, 400],
  [grpcCodes.failedPrecondition, 412],
  [grpcCodes.notFound, 404],
  [grpcCodes.alreadyExists, 409],
  [grpcCodes.permissionDenied, 403],
  [grpcCodes.unauthenticated, 401],
  [grpcCodes.resourceExhausted, 429],
  [grpcCodes.unimplemented, 501],
  [grpcCodes.unavailable, 503],
  [grpcCodes.deadlineExceeded, 504],
]);

/** The error under the names of both of etcd's gateways: clients read `error`, or `message`, and `code`. */
function errorResponse(code: GrpcCode, message: string, status = httpStatuses.get(code) ?? 500): HttpResponse {
  return jsonResponse(status, { error: message, message, code });
}

export function jsonResponse(status: number, value: JsonValue): HttpResponse {
  return { status, contentType: "application/json", body: JSON.stringify(value) };
}
