import type { ReplayProblem } from "./replay.ts";
import type { TransactionOperation } from "./transactions.ts";

/**
 * The first request whose revision is older than what had returned before it was called; undefined when there is none. A
 * change must be newer than all that. Serializable reads are exempt.
 */
export function realTimeProblem(
  history: readonly TransactionOperation[],
  order: readonly { readonly index: number; readonly revision: number; readonly writes: boolean }[],
): ReplayProblem | undefined {
  const at = (index: number) => history[index] as TransactionOperation;
  const strict = order.filter(({ index }) => at(index).input.serializable !== true);
  const byCall = strict.toSorted((a, b) => at(a.index).call - at(b.index).call);
  const returned = strict.filter(({ index }) => at(index).return !== undefined);
  const byReturn = returned.sort((a, b) => (at(a.index).return as number) - (at(b.index).return as number));
  let newest = -Infinity;
  let next = 0;
  for (const { index, revision, writes } of byCall) {
    for (; next < byReturn.length; next++) {
      const before = byReturn[next] as (typeof byReturn)[number];
      if ((at(before.index).return as number) >= at(index).call) break;
      newest = Math.max(newest, before.revision);
    }
    if (revision < newest || (writes && revision === newest)) {
      const reason = `revision ${newest} was known before it was called`;
      return { operation: index, revision, reason };
    }
  }
  return undefined;
}
