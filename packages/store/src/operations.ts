import type { AlarmCommand, AlarmResult } from "./alarm-operations.ts";
import { authRefusals, type AuthCommand, type Caller } from "./auth/auth-data.ts";
import type { LeaseCommand, LeaseResult } from "./lease-operations.ts";

/**
 * What clients ask of the store, and what it answers: plain data, in etcd's terms. A revision is an integer from 1 (the
 * empty store) that rises by one with each transaction that changes something. Leases are 63-bit, hence bigint.
 */

/** [key, end): `end` undefined for the single key; `end` of one zero byte for every key from `key` on. */
export interface KeyRange {
  readonly key: Uint8Array;
  readonly end: Uint8Array | undefined;
}

export interface KeyValue {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
  /** The revision of the key's creation, of its last change, and how often it was put since its creation. */
  readonly createRevision: number;
  readonly modRevision: number;
  readonly version: number;
  /** 0n for none. */
  readonly lease: bigint;
}

export const sortTargets = ["key", "version", "create", "mod", "value"] as const;
export type SortTarget = (typeof sortTargets)[number];
export type SortOrder = "none" | "ascend" | "descend";

export interface RangeOperation {
  readonly type: "range";
  readonly range: KeyRange;
  /** 0 for no limit. */
  readonly limit: number;
  /** 0 (or less) for the newest. */
  readonly revision: number;
  readonly sortOrder: SortOrder;
  readonly sortTarget: SortTarget;
  readonly keysOnly: boolean;
  readonly countOnly: boolean;
  /** Inclusive bounds on the keys returned; 0 for none. They do not change `count`. */
  readonly minModRevision: number;
  readonly maxModRevision: number;
  readonly minCreateRevision: number;
  readonly maxCreateRevision: number;
}

export interface PutOperation {
  readonly type: "put";
  readonly key: Uint8Array;
  readonly value: Uint8Array;
  readonly lease: bigint;
  readonly previous: boolean;
  readonly ignoreValue: boolean;
  readonly ignoreLease: boolean;
}

export interface DeleteRangeOperation {
  readonly type: "delete-range";
  readonly range: KeyRange;
  readonly previous: boolean;
}

export interface TxnOperation {
  readonly type: "txn";
  readonly compare: readonly Compare[];
  readonly success: readonly Operation[];
  readonly failure: readonly Operation[];
}

export type Operation = RangeOperation | PutOperation | DeleteRangeOperation | TxnOperation;

/** True when every key in the range satisfies it; a range without keys stands for one absent key (all zero, no value). */
export interface Compare {
  readonly range: KeyRange;
  readonly relation: "equal" | "greater" | "less" | "not-equal";
  readonly target:
    | { readonly kind: "version" | "create" | "mod"; readonly operand: number }
    | { readonly kind: "value"; readonly operand: Uint8Array }
    | { readonly kind: "lease"; readonly operand: bigint };
}

/** What the log holds for the store. New kinds are added, old ones never change: old logs must always replay. */
export type StoreCommand =
  | PutOperation
  | DeleteRangeOperation
  | TxnOperation
  | LeaseCommand
  /** A member makes its name and client URLs known (etcd's "publish"). Not part of the revisioned state. */
  | {
      readonly type: "publish-member";
      readonly member: number;
      readonly name: string;
      readonly clientUrls: readonly string[];
    }
  /** No read before this revision is answered any more, and what only those would see is removed. */
  | { readonly type: "compact"; readonly revision: number }
  | AlarmCommand
  | AuthCommand
  /** On behalf of a user, who was known when auth was enabled. */
  | { readonly type: "by-user"; readonly caller: Caller; readonly command: PlainCommand }
  /** What a client could ask for too, and a member does of its own accord. */
  | { readonly type: "by-member"; readonly command: PlainCommand };

/** Without a word on who asks. */
export type PlainCommand = Exclude<StoreCommand, { readonly type: "by-user" | "by-member" }>;

export type WriteOperation = PutOperation | DeleteRangeOperation | TxnOperation;

/** Whether a command is one on keys, rather than on what has no revisions. */
export function isOperation(command: StoreCommand): command is WriteOperation {
  return command.type === "put" || command.type === "delete-range" || command.type === "txn";
}

export interface RangeResult {
  readonly type: "range";
  readonly items: readonly KeyValue[];
  readonly more: boolean;
  /** Keys in the range at that revision, whatever limit and filters. */
  readonly count: number;
}
export interface PutResult {
  readonly type: "put";
  readonly previous: KeyValue | undefined;
}
export interface DeleteRangeResult {
  readonly type: "delete-range";
  readonly deleted: number;
  readonly previous: readonly KeyValue[];
}
export interface TxnResult {
  readonly type: "txn";
  readonly succeeded: boolean;
  readonly results: readonly OperationResult[];
  /** The store's revision as this operation saw it, for nested headers. */
  readonly revision: number;
}
export type OperationResult = RangeResult | PutResult | DeleteRangeResult | TxnResult;

/** A refused command changed nothing; it is a result like any other, the same on every member. */
export const storeRefusals = [
  "key-not-found",
  "lease-not-found",
  "lease-exists",
  /** What only the leader of one term may say was said by one of another. */
  "deposed",
  "compacted",
  "future-revision",
  /** By an alarm. */
  "no-space",
  "corrupt",
  "too-many-alarms",
  ...authRefusals,
] as const;
export type StoreRefusal = (typeof storeRefusals)[number];

export type CommandResult =
  | {
      readonly ok: true;
      readonly revision: number;
      readonly result:
        | OperationResult
        | LeaseResult
        | AlarmResult
        | { readonly type: "publish-member" | "compact" | "auth" };
    }
  | { readonly ok: false; readonly revision: number; readonly refusal: StoreRefusal };

/** A read at one revision; `revision` is the store's newest one at that moment, for the response header. */
export type ReadResult<T> =
  | { readonly ok: true; readonly revision: number; readonly result: T }
  | { readonly ok: false; readonly revision: number; readonly refusal: StoreRefusal };
