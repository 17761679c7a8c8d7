import type { MemberView } from "../world/tape.ts";

/** Members that hold the same entry at an index. */
export type Holders = readonly number[];

/**
 * Who holds which entry at this index, where two members hold different ones of the same term: what log matching rules
 * out (Raft §5.3), and what terms alone do not show. By term, in the order of members; empty where there is nothing of it.
 */
export function differingAt(views: readonly MemberView[], index: number): ReadonlyMap<number, readonly Holders[]> {
  const byTerm = new Map<number, Map<number, number[]>>();
  for (const { id, base, terms, checksums } of views) {
    const [term, checksum] = [terms[index - base - 1], checksums[index - base - 1]];
    if (index <= base || term === undefined || checksum === undefined) continue;
    const entries = byTerm.get(term) ?? new Map<number, number[]>();
    byTerm.set(term, entries.set(checksum, [...(entries.get(checksum) ?? []), id]));
  }
  const differing = new Map<number, readonly Holders[]>();
  for (const [term, entries] of byTerm) if (entries.size > 1) differing.set(term, [...entries.values()]);
  return differing;
}
