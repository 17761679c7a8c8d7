import type { MessageInitShape } from "@bufbuild/protobuf";
import {
  RangeRequest_SortOrder as SortOrder,
  RangeRequest_SortTarget as SortTarget,
  type DeleteRangeRequestSchema,
  type PutRequestSchema,
  type RangeRequestSchema,
} from "@quorate/etcd/api";
import { UsageError } from "../errors.ts";
import type { Order, SortBy } from "./key-value-options.ts";
import { parseLeaseId } from "./lease-id.ts";
import { bytesOfArgument, endOfPrefix } from "./text-and-bytes.ts";

// What the arguments of get, put and del mean, on the command line and in the script of a transaction.

export interface RangeFlags {
  readonly prefix?: boolean;
  readonly fromKey?: boolean;
  readonly hex?: boolean;
}

export interface GetFlags extends RangeFlags {
  readonly rev?: number;
  readonly limit?: number;
  readonly consistency?: string;
  readonly order?: Order;
  readonly sortBy?: SortBy;
  readonly keysOnly?: boolean;
  readonly countOnly?: boolean;
}

export interface PutFlags {
  readonly hex?: boolean;
  readonly lease?: string;
  readonly prevKv?: boolean;
  readonly ignoreValue?: boolean;
  readonly ignoreLease?: boolean;
}

export interface DelFlags extends RangeFlags {
  readonly prevKv?: boolean;
}

const sortTargets: Readonly<Record<SortBy, SortTarget>> = {
  key: SortTarget.KEY,
  version: SortTarget.VERSION,
  create: SortTarget.CREATE,
  modify: SortTarget.MOD,
  value: SortTarget.VALUE,
};

const orders: Readonly<Record<Order, SortOrder>> = {
  ascend: SortOrder.ASCEND,
  descend: SortOrder.DESCEND,
};

export function getRequest(
  key: string,
  end: string | undefined,
  flags: GetFlags,
): MessageInitShape<typeof RangeRequestSchema> {
  return {
    ...keyRange(key, end, flags),
    revision: BigInt(flags.rev ?? 0),
    limit: BigInt(flags.limit ?? 0),
    serializable: flags.consistency?.startsWith("s") === true,
    sortTarget: sortTargets[flags.sortBy ?? "key"],
    sortOrder: flags.order === undefined ? unordered(flags) : orders[flags.order],
    keysOnly: flags.keysOnly === true,
    countOnly: flags.countOnly === true,
  };
}

/** etcdctl sorts upwards where only what to sort by is said. */
function unordered({ sortBy }: GetFlags): SortOrder {
  return sortBy === undefined ? SortOrder.NONE : SortOrder.ASCEND;
}

/** Without a value `value` is asked for it, unless the key keeps the one it has. */
export function putRequest(
  key: string,
  value: string | undefined,
  flags: PutFlags,
  otherwise: () => Uint8Array,
): MessageInitShape<typeof PutRequestSchema> {
  const hex = flags.hex === true;
  const keeps = flags.ignoreValue === true;
  if (keeps && value !== undefined) throw new UsageError("With --ignore-value the key keeps its value: give none.");
  if (flags.ignoreLease === true && flags.lease !== undefined) {
    throw new UsageError("With --ignore-lease the key keeps its lease: give no --lease.");
  }
  return {
    key: bytesOfArgument(key, hex),
    ...(keeps ? {} : { value: value === undefined ? otherwise() : bytesOfArgument(value, hex) }),
    lease: flags.lease === undefined ? 0n : parseLeaseId(flags.lease),
    prevKv: flags.prevKv === true,
    ignoreValue: keeps,
    ignoreLease: flags.ignoreLease === true,
  };
}

export function delRequest(
  key: string,
  end: string | undefined,
  flags: DelFlags,
): MessageInitShape<typeof DeleteRangeRequestSchema> {
  return { ...keyRange(key, end, flags), prevKv: flags.prevKv === true };
}

/** The key, or range, that the arguments mean. No end: the single key. Fails with `UsageError`. */
export function keyRange(
  key: string,
  end: string | undefined,
  flags: RangeFlags,
): { readonly key: Uint8Array; readonly rangeEnd: Uint8Array } {
  const from = bytesOfArgument(key, flags.hex === true);
  const ways = [end !== undefined, flags.prefix === true, flags.fromKey === true].filter(Boolean).length;
  if (ways > 1) throw new UsageError("Give one of a range end, --prefix and --from-key.");
  // Every key begins with nothing: etcd writes that range as ["\0", "\0").
  if (from.length === 0 && (flags.prefix === true || flags.fromKey === true)) {
    return { key: new Uint8Array(1), rangeEnd: new Uint8Array(1) };
  }
  if (flags.prefix === true) return { key: from, rangeEnd: endOfPrefix(from) };
  if (flags.fromKey === true) return { key: from, rangeEnd: new Uint8Array(1) };
  return { key: from, rangeEnd: end === undefined ? new Uint8Array(0) : bytesOfArgument(end, flags.hex === true) };
}
