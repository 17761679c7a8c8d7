import { grpcCodes } from "@quorate/grpc";
import type { HostError } from "@quorate/host";
import type { ReadResult } from "@quorate/store";
import { EtcdError, refusals } from "./errors.ts";
import type {
  DeleteRangeRequest,
  DeleteRangeResponse,
  PutRequest,
  PutResponse,
  RangeRequest,
  RangeResponse,
  RequestOp,
  ResponseHeader,
  TxnRequest,
  TxnResponse,
} from "./generated/etcdserverpb/rpc_pb.ts";
import { deleteRangeOperation, putOperation, rangeOperation, txnOperation } from "./kv-requests.ts";
import { deleteRangeResponse, putResponse, rangeResponse, refusalError, txnResponse } from "./kv-responses.ts";
import { propose, unexpected } from "./propose.ts";
import { replicaRefusal } from "./replica-errors.ts";
import { responseHeader, type Respond, type ServiceParts } from "./service-parts.ts";
import { checkOverlaps } from "./txn-overlaps.ts";

/** etcd's KV service: writes go through the log, reads are linearizable unless the client asks for the local state. */

export function range(parts: ServiceParts, request: RangeRequest, respond: Respond<RangeResponse>): void {
  const operation = rangeOperation(request);
  whenReadable(parts, request.serializable, respond, () => {
    parts.store.range(operation, answer(parts, respond, rangeResponse));
  });
}

export function put(parts: ServiceParts, request: PutRequest, respond: Respond<PutResponse>): void {
  propose(parts, putOperation(request), respond, (header, result) => {
    if (result.type === "put") return putResponse(header, result);
    throw unexpected(result.type);
  });
}

export function deleteRange(
  parts: ServiceParts,
  request: DeleteRangeRequest,
  respond: Respond<DeleteRangeResponse>,
): void {
  propose(parts, deleteRangeOperation(request), respond, (header, result) => {
    if (result.type === "delete-range") return deleteRangeResponse(header, result);
    throw unexpected(result.type);
  });
}

export function txn(parts: ServiceParts, request: TxnRequest, respond: Respond<TxnResponse>): void {
  const operation = txnOperation(request, parts.maxTxnOps);
  checkOverlaps(operation);
  if (isReadOnly(request)) {
    whenReadable(parts, isSerializable(request), respond, () => {
      parts.store.readTxn(operation, answer(parts, respond, txnResponse));
    });
    return;
  }
  propose(parts, operation, respond, (header, result) => {
    if (result.type === "txn") return txnResponse(header, result);
    throw unexpected(result.type);
  });
}

/** Only reads, at any depth: such a transaction does not go through the log. */
function isReadOnly({ success, failure }: TxnRequest): boolean {
  const reads = ({ request }: RequestOp): boolean =>
    request.case === "requestRange" || (request.case === "requestTxn" && isReadOnly(request.value));
  return success.every(reads) && failure.every(reads);
}

/** Every read in it asks for no more than the local state. */
function isSerializable({ success, failure }: TxnRequest): boolean {
  const local = ({ request }: RequestOp): boolean =>
    (request.case === "requestRange" && request.value.serializable) ||
    (request.case === "requestTxn" && isSerializable(request.value));
  return [...success, ...failure].every(local);
}

/**
 * Calls `read` at once for a serializable read of a state that is whole, else once this member holds all that was committed
 * when it was asked.
 */
export function whenReadable<T>(
  parts: ServiceParts,
  serializable: boolean,
  respond: Respond<T>,
  read: () => void,
): void {
  if (serializable && !parts.condition.isRebuilding) return read();
  parts.replica.readBarrier((error) => {
    if (error === undefined) read();
    else respond(replicaRefusal(error), undefined);
  });
}

function answer<Result, Response>(
  parts: ServiceParts,
  respond: Respond<Response>,
  toResponse: (header: ResponseHeader, result: Result) => Response,
): (error: HostError | undefined, read: ReadResult<Result>) => void {
  return (error, read) => {
    if (error !== undefined) respond(refusals.corrupt(), undefined);
    else if (read.ok) respond(undefined, toResponse(responseHeader(parts, read.revision), read.result));
    else respond(refusalError(read.refusal), undefined);
  };
}

/** What a handler threw, as an answer: its own refusals as they are, anything else as an internal failure. */
export function refusalOf(thrown: unknown): EtcdError {
  if (thrown instanceof EtcdError) return thrown;
  return new EtcdError(grpcCodes.internal, `internal: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
}
