import type { Operation, TxnOperation } from "@quorate/store";
import { refusals } from "./errors.ts";

/**
 * No key may be written twice by the operations that one execution of a transaction can run, as far as etcd looks: two
 * puts of a key, or a put within a range that is deleted at the same level, or in a nested transaction before it. The two
 * branches of one transaction exclude each other. Deletions may overlap.
 */
export function checkOverlaps(txn: TxnOperation): void {
  writesOf(txn.success);
  writesOf(txn.failure);
}

interface Interval {
  readonly from: string;
  readonly to: string | undefined;
}

interface Writes {
  readonly puts: ReadonlySet<string>;
  readonly deletes: readonly Interval[];
}

/** What a branch may write. Looks in etcd's order: deletions here, nested transactions as they come, puts here. */
function writesOf(operations: readonly Operation[]): Writes {
  const puts = new Set<string>();
  const deletes: Interval[] = [];
  const addPut = (key: string, isElsewhere: boolean): void => {
    if (
      (puts.has(key) && !isElsewhere) ||
      deletes.some(({ from, to }) => key >= from && (to === undefined || key < to))
    ) {
      throw refusals.duplicateKey();
    }
    puts.add(key);
  };
  for (const operation of operations) {
    if (operation.type === "delete-range") deletes.push(intervalOf(operation.range.key, operation.range.end));
  }
  for (const operation of operations) {
    if (operation.type !== "txn") continue;
    const success = writesOf(operation.success);
    const failure = writesOf(operation.failure);
    for (const key of success.puts) addPut(key, false);
    for (const key of failure.puts) addPut(key, success.puts.has(key));
    deletes.push(...success.deletes, ...failure.deletes);
  }
  for (const operation of operations) if (operation.type === "put") addPut(order(operation.key), false);
  return { puts, deletes };
}

/** [from, to) of keys as strings that sort as the keys' bytes do; no `to` for everything from `from` on. */
function intervalOf(key: Uint8Array, end: Uint8Array | undefined): Interval {
  const from = order(key);
  if (end === undefined) return { from, to: `${from}\u0000` };
  return { from, to: end.length === 1 && end[0] === 0 ? undefined : order(end) };
}

/** One character for each byte, so that strings compare as the bytes do. */
function order(key: Uint8Array): string {
  return Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString("latin1");
}
