import type {
  Compare,
  DeleteRangeOperation,
  KeyRange,
  Operation,
  PutOperation,
  RangeOperation,
  TxnOperation,
} from "@quorate/store";

/** Short ways to write operations, with every option at its default. */
export const utf8 = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text));

export function keyRange(key: string, end?: string): KeyRange {
  return { key: utf8(key), end: end === undefined ? undefined : utf8(end) };
}

export const everything: KeyRange = { key: Uint8Array.of(0), end: Uint8Array.of(0) };

export function put(key: string, value: string, options: Partial<PutOperation> = {}): PutOperation {
  return {
    type: "put",
    key: utf8(key),
    value: utf8(value),
    lease: 0n,
    previous: false,
    ignoreValue: false,
    ignoreLease: false,
    ...options,
  };
}

export function remove(key: string, end?: string, previous = false): DeleteRangeOperation {
  return { type: "delete-range", range: keyRange(key, end), previous };
}

export function range(target: KeyRange | string, options: Partial<RangeOperation> = {}): RangeOperation {
  return {
    type: "range",
    range: typeof target === "string" ? keyRange(target) : target,
    limit: 0,
    revision: 0,
    sortOrder: "none",
    sortTarget: "key",
    keysOnly: false,
    countOnly: false,
    minModRevision: 0,
    maxModRevision: 0,
    minCreateRevision: 0,
    maxCreateRevision: 0,
    ...options,
  };
}

export function txn(
  compare: readonly Compare[],
  success: readonly Operation[],
  failure: readonly Operation[] = [],
): TxnOperation {
  return { type: "txn", compare, success, failure };
}

export function compare(
  target: KeyRange | string,
  kind: Compare["target"]["kind"],
  relation: Compare["relation"],
  operand: number | string | bigint,
): Compare {
  const range = typeof target === "string" ? keyRange(target) : target;
  if (kind === "value") return { range, relation, target: { kind, operand: utf8(operand as string) } };
  if (kind === "lease") return { range, relation, target: { kind, operand: operand as bigint } };
  return { range, relation, target: { kind, operand: operand as number } };
}
