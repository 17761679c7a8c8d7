import { STATUS_CODES } from "node:http";
import type { JsonValue } from "@bufbuild/protobuf";
import { grpcCodes, type GrpcCode, type GrpcStatus } from "@quorate/grpc";

/** What gRPC's codes are over HTTP, as etcd's gateway says (grpc-gateway v1). All others are 500. */
const statuses = new Map<GrpcCode, number>([
  [grpcCodes.ok, 200],
  [grpcCodes.canceled, 408],
  [grpcCodes.invalidArgument, 400],
  [grpcCodes.deadlineExceeded, 504],
  [grpcCodes.notFound, 404],
  [grpcCodes.alreadyExists, 409],
  [grpcCodes.permissionDenied, 403],
  [grpcCodes.resourceExhausted, 429],
  [grpcCodes.failedPrecondition, 412],
  [grpcCodes.aborted, 409],
  [grpcCodes.outOfRange, 400],
  [grpcCodes.unimplemented, 501],
  [grpcCodes.unavailable, 503],
  [grpcCodes.unauthenticated, 401],
]);

export function httpStatusOf(code: GrpcCode): number {
  return statuses.get(code) ?? 500;
}

/** Instead of an answer: clients read `error`, or `message`, and `code`. */
export function errorBody({ code, message }: GrpcStatus): JsonValue {
  return { error: message, message, code };
}

/** The last line of an answer that has begun. */
export function errorLine({ code, message }: GrpcStatus): JsonValue {
  const status = httpStatusOf(code);
  return { error: { grpc_code: code, http_code: status, message, http_status: STATUS_CODES[status] ?? "" } };
}
