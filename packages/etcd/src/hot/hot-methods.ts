import { grpcCodes, okStatus, type GrpcStatus, type Method, type Respond } from "@quorate/grpc";
import type { Replica } from "@quorate/replica";
import type { CommandResult } from "@quorate/store";
import type { Admission } from "../auth/admission.ts";
import { withParts } from "../auth/admit-call.ts";
import { refusals } from "../errors.ts";
import { putOperation, rangeOperationOf } from "../kv-requests.ts";
import { refusalError } from "../kv-responses.ts";
import { refusalOf } from "../kv-service.ts";
import { replicaRefusal } from "../replica-errors.ts";
import type { ServiceParts } from "../service-parts.ts";
import { Headers } from "./headers.ts";
import { decodePutRequest, encodePutResponse } from "./put-codec.ts";
import { decodeRangeRequest, encodeRangeResponse } from "./range-codec.ts";
import { MalformedMessageError } from "./wire-reader.ts";

/**
 * Put and Range over gRPC by the shortest way: no message objects between the bytes and the store's operations. What they
 * answer is what the services in kv-service.ts answer; a test compares them.
 */
export function hotMethods(admission: Admission, replica: Replica<CommandResult>): Method[] {
  const headers = new Headers(replica);
  return [
    {
      kind: "unary",
      path: "/etcdserverpb.KV/Put",
      handle: (call, request, respond) =>
        withParts(admission, call, respond, (parts) => put(parts, headers, call.path, request, respond)),
    },
    {
      kind: "unary",
      path: "/etcdserverpb.KV/Range",
      handle: (call, request, respond) =>
        withParts(admission, call, respond, (parts) => range(parts, headers, call.path, request, respond)),
    },
  ];
}

function put(parts: ServiceParts, headers: Headers, path: string, request: Uint8Array, respond: Respond): void {
  let command: Uint8Array;
  try {
    const operation = putOperation(decodePutRequest(request));
    const full = parts.quota.refusalOf(operation);
    if (full !== undefined) return respond(full);
    command = parts.encodeCommand(operation);
  } catch (thrown) {
    return respond(statusOf(thrown, path));
  }
  if (command.length > parts.maxRequestBytes) return respond(refusals.requestTooLarge());
  parts.replica.propose(command, (error, applied) => {
    if (error !== undefined) return respond(replicaRefusal(error));
    if (!applied.ok) return respond(refusalError(applied.refusal));
    const { revision, result } = applied;
    if (result.type === "put") respond(okStatus, encodePutResponse(headers.at(revision), result));
    else respond({ code: grpcCodes.internal, message: `internal: a put was answered with a result of ${result.type}` });
  });
}

function range(parts: ServiceParts, headers: Headers, path: string, request: Uint8Array, respond: Respond): void {
  let fields: ReturnType<typeof decodeRangeRequest>;
  let operation: ReturnType<typeof rangeOperationOf>;
  try {
    fields = decodeRangeRequest(request);
    operation = rangeOperationOf(fields);
  } catch (thrown) {
    return respond(statusOf(thrown, path));
  }
  const read = (): void => {
    parts.store.range(operation, (error, answer) => {
      if (error !== undefined) respond(refusals.corrupt());
      else if (answer.ok) respond(okStatus, encodeRangeResponse(headers.at(answer.revision), answer.result));
      else respond(refusalError(answer.refusal));
    });
  };
  if (fields.serializable && !parts.condition.isRebuilding) return read();
  parts.replica.readBarrier((error) => {
    if (error === undefined) read();
    else respond(replicaRefusal(error));
  });
}

function statusOf(thrown: unknown, path: string): GrpcStatus {
  if (!(thrown instanceof MalformedMessageError)) return refusalOf(thrown);
  return { code: grpcCodes.internal, message: `grpc: error unmarshalling request for ${path}: ${thrown.message}` };
}
