import type { KeyRange, Operation, PutOperation, RangeOperation, TxnOperation } from "@quorate/store";

/**
 * The keys that locks and elections are made of, as etcd's clients have them: `<name>/<lease in hexadecimal>`, each tied to its
 * lease. Whoever's key was created first owns the name, the one after that is next, and so on.
 */

const nothing = new Uint8Array(0);
const slash = 0x2f;

/** All keys under a name. */
export function keysUnder(name: Uint8Array): KeyRange {
  return { key: joined(name, Buffer.of(slash)), end: joined(name, Buffer.of(slash + 1)) };
}

export function keyOf(name: Uint8Array, lease: bigint): Uint8Array {
  return joined(name, Buffer.from(`/${lease.toString(16)}`));
}

export function oneKey(key: Uint8Array): RangeOperation {
  return rangeOf({ key, end: undefined });
}

/** Whose turn it is. */
export function firstUnder(name: Uint8Array): RangeOperation {
  return { ...rangeOf(keysUnder(name)), limit: 1, sortOrder: "ascend", sortTarget: "create" };
}

/** Who comes just before the key that was created at `revision`. */
export function lastBefore(name: Uint8Array, revision: number): RangeOperation {
  return {
    ...rangeOf(keysUnder(name)),
    limit: 1,
    sortOrder: "descend",
    sortTarget: "create",
    keysOnly: true,
    maxCreateRevision: revision - 1,
  };
}

export function putOf(key: Uint8Array, value: Uint8Array, lease: bigint): PutOperation {
  return { type: "put", key, value, lease, previous: false, ignoreValue: false, ignoreLease: false };
}

/** What is done if the key is the one that was created at `revision`; 0 for one that is not there. */
export function ifCreatedAt(
  key: Uint8Array,
  revision: number,
  success: readonly Operation[],
  failure: readonly Operation[] = [],
): TxnOperation {
  const target = { kind: "create", operand: revision } as const;
  return { type: "txn", compare: [{ range: { key, end: undefined }, relation: "equal", target }], success, failure };
}

/** Gives a key up, unless it is another one by now. */
export function giveUp(key: Uint8Array, revision: number): TxnOperation {
  return ifCreatedAt(key, revision, [{ type: "delete-range", range: { key, end: undefined }, previous: false }]);
}

/** Names come from clients, of any length: spread as arguments they would overflow the stack. */
function joined(name: Uint8Array, rest: Uint8Array): Uint8Array {
  const key = new Uint8Array(name.length + rest.length);
  key.set(name);
  key.set(rest, name.length);
  return key;
}

function rangeOf(range: KeyRange): RangeOperation {
  return {
    type: "range",
    range,
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
  };
}

export const noValue = nothing;
