import type { Operation, TxnOperation } from "@quorate/store";
import { refusals } from "./errors.ts";

/**
 * No key may be written twice by the operations that one execution of a transaction can run: two puts of a key, or a put
 * within a range that is deleted, in the same branch or in nested ones. Branches of one transaction exclude each other.
 * Two deletions may overlap.
 */
export function checkOverlaps(txn: TxnOperation): void {
  writesOf(txn);
}

interface Writes {
  readonly puts: Set<string>;
  readonly deletes: readonly { readonly from: string; readonly to: string | undefined }[];
}

function writesOf(txn: TxnOperation): Writes {
  const success = writesOfBranch(txn.success);
  const failure = writesOfBranch(txn.failure);
  return {
    puts: new Set([...success.puts, ...failure.puts]),
    deletes: [...success.deletes, ...failure.deletes],
  };
}

function writesOfBranch(operations: readonly Operation[]): Writes {
  const deletes: { from: string; to: string | undefined }[] = [];
  for (const operation of operations) {
    if (operation.type === "delete-range") deletes.push(intervalOf(operation.range.key, operation.range.end));
  }
  const puts = new Set<string>();
  const addPut = (key: string, within: Writes["deletes"]): void => {
    if (puts.has(key) || within.some(({ from, to }) => key >= from && (to === undefined || key < to))) {
      throw refusals.duplicateKey();
    }
    puts.add(key);
  };
  for (const operation of operations) if (operation.type === "put") addPut(order(operation.key), deletes);
  for (const operation of operations) {
    if (operation.type !== "txn") continue;
    const nested = writesOf(operation);
    for (const { from, to } of nested.deletes) {
      for (const key of puts) if (key >= from && (to === undefined || key < to)) throw refusals.duplicateKey();
    }
    for (const key of nested.puts) addPut(key, deletes);
    deletes.push(...nested.deletes);
  }
  return { puts, deletes };
}

/** [from, to) of keys as strings that sort as the keys' bytes do; no `to` for everything from `from` on. */
function intervalOf(key: Uint8Array, end: Uint8Array | undefined): { from: string; to: string | undefined } {
  const from = order(key);
  if (end === undefined) return { from, to: `${from}\u0000` };
  return { from, to: end.length === 1 && end[0] === 0 ? undefined : order(end) };
}

/** One character for each byte, so that strings compare as the bytes do. */
function order(key: Uint8Array): string {
  return Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString("latin1");
}
