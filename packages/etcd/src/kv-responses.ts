import { create } from "@bufbuild/protobuf";
import type {
  DeleteRangeResult,
  KeyValue,
  OperationResult,
  PutResult,
  RangeResult,
  StoreRefusal,
  TxnResult,
} from "@quorate/store";
import { refusals, type EtcdError } from "./errors.ts";
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
  return create(TxnResponseSchema, { header, succeeded, responses: results.map((one) => responseOp(one, revision)) });
}

/** Within a transaction a header carries the revision alone (as etcd 3.4 was seen to answer). */
function responseOp(result: OperationResult, revision: number): ResponseOp {
  const header = create(ResponseHeaderSchema, { revision: BigInt(revision) });
  switch (result.type) {
    case "range":
      return create(ResponseOpSchema, { response: { case: "responseRange", value: rangeResponse(header, result) } });
    case "put":
      return create(ResponseOpSchema, { response: { case: "responsePut", value: putResponse(header, result) } });
    case "delete-range":
      return create(ResponseOpSchema, {
        response: { case: "responseDeleteRange", value: deleteRangeResponse(header, result) },
      });
    case "txn":
      return create(ResponseOpSchema, { response: { case: "responseTxn", value: txnResponse(header, result) } });
  }
}

/** The store refused a command or a read, the same on every member. */
export function refusalError(refusal: StoreRefusal): EtcdError {
  switch (refusal) {
    case "key-not-found":
      return refusals.keyNotFound();
    case "lease-not-found":
      return refusals.leaseNotFound();
    case "compacted":
      return refusals.compacted();
    case "future-revision":
      return refusals.futureRevision();
  }
}
