import {
  maxTxnDepth,
  maxTxnEntries,
  type Compare,
  type DeleteRangeOperation,
  type KeyRange,
  type Operation,
  type PutOperation,
  type RangeOperation,
  type TxnOperation,
} from "@quorate/store";
import { refusals } from "./errors.ts";
import {
  Compare_CompareResult,
  Compare_CompareTarget,
  RangeRequest_SortOrder,
  RangeRequest_SortTarget,
  type Compare as CompareMessage,
  type DeleteRangeRequest,
  type PutRequest,
  type RangeRequest,
  type RequestOp,
  type TxnRequest,
} from "./generated/etcdserverpb/rpc_pb.ts";

/** From etcd's requests to the store's operations, each checked as etcd checks it. All throw `EtcdError`. */

/** The largest revision that is exact in JavaScript: whatever is above lies in the future just the same. */
const largest = BigInt(Number.MAX_SAFE_INTEGER);

export function toNumber(value: bigint): number {
  if (value > largest) return Number.MAX_SAFE_INTEGER;
  return value < -largest ? -Number.MAX_SAFE_INTEGER : Number(value);
}

/** [key, end) as the store has it: no end for the single key. */
export function keyRange(key: Uint8Array, end: Uint8Array): KeyRange {
  return { key, end: end.length === 0 ? undefined : end };
}

const sortTargets = new Map<number, RangeOperation["sortTarget"]>([
  [RangeRequest_SortTarget.KEY, "key"],
  [RangeRequest_SortTarget.VERSION, "version"],
  [RangeRequest_SortTarget.CREATE, "create"],
  [RangeRequest_SortTarget.MOD, "mod"],
  [RangeRequest_SortTarget.VALUE, "value"],
]);

const sortOrders = new Map<number, RangeOperation["sortOrder"]>([
  [RangeRequest_SortOrder.NONE, "none"],
  [RangeRequest_SortOrder.ASCEND, "ascend"],
  [RangeRequest_SortOrder.DESCEND, "descend"],
]);

/** A RangeRequest whose 64-bit integers are numbers already. */
export type RangeFields = Pick<RangeRequest, "key" | "rangeEnd" | "serializable" | "keysOnly" | "countOnly"> & {
  sortOrder: number;
  sortTarget: number;
  limit: number;
  revision: number;
  minModRevision: number;
  maxModRevision: number;
  minCreateRevision: number;
  maxCreateRevision: number;
};

export function rangeOperation(request: RangeRequest): RangeOperation {
  return rangeOperationOf({
    ...request,
    limit: toNumber(request.limit),
    revision: toNumber(request.revision),
    minModRevision: toNumber(request.minModRevision),
    maxModRevision: toNumber(request.maxModRevision),
    minCreateRevision: toNumber(request.minCreateRevision),
    maxCreateRevision: toNumber(request.maxCreateRevision),
  });
}

export function rangeOperationOf(fields: RangeFields): RangeOperation {
  if (fields.key.length === 0) throw refusals.emptyKey();
  const sortTarget = sortTargets.get(fields.sortTarget);
  const sortOrder = sortOrders.get(fields.sortOrder);
  if (sortTarget === undefined || sortOrder === undefined) throw refusals.invalidSort();
  return {
    type: "range",
    range: keyRange(fields.key, fields.rangeEnd),
    limit: Math.max(0, fields.limit),
    revision: fields.revision,
    sortOrder,
    sortTarget,
    keysOnly: fields.keysOnly,
    countOnly: fields.countOnly,
    minModRevision: fields.minModRevision,
    maxModRevision: fields.maxModRevision,
    minCreateRevision: fields.minCreateRevision,
    maxCreateRevision: fields.maxCreateRevision,
  };
}

/** What a PutRequest says, without the message around it. */
export type PutFields = Pick<PutRequest, "key" | "value" | "lease" | "prevKv" | "ignoreValue" | "ignoreLease">;

export function putOperation(request: PutFields): PutOperation {
  if (request.key.length === 0) throw refusals.emptyKey();
  if (request.ignoreValue && request.value.length > 0) throw refusals.valueProvided();
  if (request.ignoreLease && request.lease !== 0n) throw refusals.leaseProvided();
  return {
    type: "put",
    key: request.key,
    value: request.value,
    lease: request.lease,
    previous: request.prevKv,
    ignoreValue: request.ignoreValue,
    ignoreLease: request.ignoreLease,
  };
}

export function deleteRangeOperation(request: DeleteRangeRequest): DeleteRangeOperation {
  if (request.key.length === 0) throw refusals.emptyKey();
  return { type: "delete-range", range: keyRange(request.key, request.rangeEnd), previous: request.prevKv };
}

/** Operations in one list of a transaction, at most; nested ones share what is left. */
export const defaultMaxTxnOps = 128;

/** A transaction, its size checked; `checkOverlaps` in txn-overlaps.ts looks for keys that are written twice. `depth`: 1 for the outermost. */
export function txnOperation(request: TxnRequest, maxTxnOps: number = defaultMaxTxnOps, depth = 1): TxnOperation {
  const count = Math.max(request.compare.length, request.success.length, request.failure.length);
  if (count > Math.min(maxTxnOps, maxTxnEntries) || depth > maxTxnDepth) throw refusals.tooManyOps();
  for (const { key } of request.compare) if (key.length === 0) throw refusals.emptyKey();
  const left = maxTxnOps - count;
  return {
    type: "txn",
    compare: request.compare.map(compareOf),
    success: request.success.map((op) => operationOf(op, left, depth)),
    failure: request.failure.map((op) => operationOf(op, left, depth)),
  };
}

function operationOf({ request }: RequestOp, maxTxnOps: number, depth: number): Operation {
  switch (request.case) {
    case "requestRange":
      return rangeOperation(request.value);
    case "requestPut":
      return putOperation(request.value);
    case "requestDeleteRange":
      return deleteRangeOperation(request.value);
    case "requestTxn":
      return txnOperation(request.value, maxTxnOps, depth + 1);
    case undefined:
      throw refusals.keyNotFound();
  }
}

const relations = new Map<number, Compare["relation"]>([
  [Compare_CompareResult.EQUAL, "equal"],
  [Compare_CompareResult.GREATER, "greater"],
  [Compare_CompareResult.LESS, "less"],
  [Compare_CompareResult.NOT_EQUAL, "not-equal"],
]);

const noValue = new Uint8Array(0);

function compareOf(message: CompareMessage): Compare {
  // etcd takes an unknown relation for one that holds, and an unknown target for the version: neither is an error.
  return {
    range: keyRange(message.key, message.rangeEnd),
    relation: relations.get(message.result) ?? "equal",
    target: targetOf(message),
  };
}

/** The operand; one that is missing, or given for another target, counts as zero or as no bytes. */
function targetOf({ target, targetUnion }: CompareMessage): Compare["target"] {
  const { case: given, value } = targetUnion;
  switch (target) {
    case Compare_CompareTarget.CREATE:
      return { kind: "create", operand: given === "createRevision" ? toNumber(value) : 0 };
    case Compare_CompareTarget.MOD:
      return { kind: "mod", operand: given === "modRevision" ? toNumber(value) : 0 };
    case Compare_CompareTarget.VALUE:
      return { kind: "value", operand: given === "value" ? value : noValue };
    case Compare_CompareTarget.LEASE:
      return { kind: "lease", operand: given === "lease" ? value : 0n };
    case Compare_CompareTarget.VERSION:
    default:
      return { kind: "version", operand: given === "version" ? toNumber(value) : 0 };
  }
}
