import type { TransactionAnswer, TransactionOperation } from "./transactions.ts";
import { changed, writesOf } from "./transactions.ts";

/** What became of the requests without an answer, as far as answers to others tell. */
export interface UnheardWrites {
  /** Indices of requests that took effect, by their revision: a pair was seen that only they can have put. */
  readonly proven: ReadonlyMap<number, number>;
  /** Indices of those of which nothing was seen. */
  readonly unseen: readonly number[];
  /** An answer with a pair that no request put. */
  readonly problem?: { readonly operation: number; readonly reason: string };
}

/** Attributes revisions that belong to no answer to requests without one, by the pairs that were seen. */
export function findUnheardWrites(history: readonly TransactionOperation[], begin: number): UnheardWrites {
  const answered = new Set<number>();
  const open = new Map<string, number[]>();
  const unheard: number[] = [];
  history.forEach(({ input, output }, index) => {
    if (output !== undefined) {
      if (changed(output)) answered.add(output.revision);
      return;
    }
    const writes = writesOf(input);
    if (writes.length > 0) unheard.push(index);
    for (const step of writes) {
      if (step.kind !== "put") continue;
      const name = pairName(step.key, step.value);
      open.set(name, [...(open.get(name) ?? []), index]);
    }
  });

  const proven = new Map<number, number>();
  const used = new Set<number>();
  for (const [index, { output }] of history.entries()) {
    for (const { key, value, mod } of pairsOf(output)) {
      if (mod <= begin || answered.has(mod) || proven.has(mod)) continue;
      const candidates = (open.get(pairName(key, value)) ?? []).filter((each) => !used.has(each));
      const [only] = candidates;
      if (only === undefined) {
        const reason = `${key} = ${value} was seen with revision ${mod}, which belongs to no request that put it`;
        return { proven, unseen: [], problem: { operation: index, reason } };
      }
      // Values that are not unique: any of them may have been it, so none is proven.
      if (candidates.length > 1) continue;
      proven.set(mod, only);
      used.add(only);
    }
  }
  return { proven, unseen: unheard.filter((index) => !used.has(index)) };
}

function pairName(key: string, value: string): string {
  return `${key.length}:${key}${value}`;
}

function pairsOf(output: TransactionAnswer | undefined) {
  return (output?.steps ?? []).flatMap((step) => (step.kind === "range" ? step.pairs : []));
}
