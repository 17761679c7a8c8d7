import { create } from "@bufbuild/protobuf";
import { grpcCodes } from "@quorate/grpc";
import { maxAlarms } from "@quorate/store";
import type {
  DeleteRangeResult,
  KeyValue,
  OperationResult,
  PutResult,
  RangeResult,
  StoreRefusal,
  TxnResult,
} from "@quorate/store";
import { authRefusalError, isAuthRefusal } from "./auth/refusals.ts";
import { EtcdError, refusals } from "./errors.ts";
import {
  DeleteRangeResponseSchema,
  PutResponseSchema,
  RangeResponseSchema,
  ResponseHeaderSchema,
  ResponseOpSchema,
  TxnResponseSchema,
  type DeleteRangeResponse,
  type PutResponse,
  type RangeResponse,
  type ResponseHeader,
  type ResponseOp,
  type TxnResponse,
} from "./generated/etcdserverpb/rpc_pb.ts";
import { KeyValueSchema, type KeyValue as KeyValueMessage } from "./generated/mvccpb/kv_pb.ts";

/** From the store's results to etcd's answers. */

export function keyValueMessage(item: KeyValue): KeyValueMessage {
  return create(KeyValueSchema, {
    key: item.key,
    value: item.value,
    createRevision: BigInt(item.createRevision),
    modRevision: BigInt(item.modRevision),
    version: BigInt(item.version),
    lease: item.lease,
  });
}

export function rangeResponse(header: ResponseHeader, result: RangeResult): RangeResponse {
  const { items, more, count } = result;
  return create(RangeResponseSchema, { header, kvs: items.map(keyValueMessage), more, count: BigInt(count) });
}

export function putResponse(header: ResponseHeader, { previous }: PutResult): PutResponse {
  return create(PutResponseSchema, previous === undefined ? { header } : { header, prevKv: keyValueMessage(previous) });
}

export function deleteRangeResponse(header: ResponseHeader, result: DeleteRangeResult): DeleteRangeResponse {
  const { deleted, previous } = result;
  return create(DeleteRangeResponseSchema, {
    header,
    deleted: BigInt(deleted),
    prevKvs: previous.map(keyValueMessage),
  });
}

export function txnResponse(header: ResponseHeader, result: TxnResult): TxnResponse {
  const { succeeded, results, revision } = result;
  const revisions = new TxnRevisions(revision, results.some(hasWritten));
  return create(TxnResponseSchema, { header, succeeded, responses: results.map((one) => responseOp(one, revisions)) });
}

/**
 * Within a transaction a header carries the revision alone, as it was at that operation: the one before the transaction
 * until something is written. A nested transaction's own header is empty. (Seen at etcd 3.4.)
 */
function responseOp(result: OperationResult, revisions: TxnRevisions): ResponseOp {
  const header = create(ResponseHeaderSchema, {
    revision: result.type === "txn" ? 0n : BigInt(revisions.at(result)),
  });
  switch (result.type) {
    case "range":
      return create(ResponseOpSchema, { response: { case: "responseRange", value: rangeResponse(header, result) } });
    case "put":
      return create(ResponseOpSchema, { response: { case: "responsePut", value: putResponse(header, result) } });
    case "delete-range":
      return create(ResponseOpSchema, {
        response: { case: "responseDeleteRange", value: deleteRangeResponse(header, result) },
      });
    case "txn": {
      const { succeeded, results } = result;
      const responses = results.map((one) => responseOp(one, revisions));
      const value = create(TxnResponseSchema, { header, succeeded, responses });
      return create(ResponseOpSchema, { response: { case: "responseTxn", value } });
    }
  }
}

/** Follows the operations of a transaction in their order, to tell the revision that each of them saw. */
class TxnRevisions {
  readonly #last: number;
  #written: boolean;

  /** `last` is the revision after the transaction; `writes` says whether it made that revision. */
  constructor(last: number, writes: boolean) {
    this.#last = last;
    this.#written = !writes;
  }

  at(result: OperationResult): number {
    this.#written ||= hasWritten(result);
    return this.#written ? this.#last : this.#last - 1;
  }
}

function hasWritten(result: OperationResult): boolean {
  switch (result.type) {
    case "range":
      return false;
    case "put":
      return true;
    case "delete-range":
      return result.deleted > 0;
    case "txn":
      return result.results.some(hasWritten);
  }
}

/** The store refused a command or a read, the same on every member. */
export function refusalError(refusal: StoreRefusal): EtcdError {
  if (isAuthRefusal(refusal)) return authRefusalError(refusal);
  switch (refusal) {
    case "key-not-found":
      return refusals.keyNotFound();
    case "lease-not-found":
      return refusals.leaseNotFound();
    case "lease-exists":
      return refusals.leaseExists();
    case "deposed":
      return refusals.leaderChanged();
    case "compacted":
      return refusals.compacted();
    case "future-revision":
      return refusals.futureRevision();
    case "no-space":
      return refusals.noSpace();
    case "corrupt":
      return refusals.corrupt();
    case "too-many-alarms":
      return new EtcdError(grpcCodes.resourceExhausted, `quorate: ${maxAlarms} alarms are raised: disarm some`);
  }
}
