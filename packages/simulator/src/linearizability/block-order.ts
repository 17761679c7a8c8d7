import { blocksOf, linked } from "./blocks.ts";
import type { Block, Contradiction } from "./blocks.ts";
import { whatHappened, withProof } from "./what-happened.ts";
import type { RegisterOperation } from "./register-history.ts";

export type BlockOrder = { readonly order: readonly number[] } | { readonly contradiction: Contradiction };

/**
 * Whether a register whose states are each written once at most has an order, in O(n log n) (Gibbons and Korach 1997, with
 * compare-and-sets as links within a block). A block whose first return comes before its last call lasts from the one to
 * the other at least; no two of these may overlap. Any other block can happen at one instant between its last call and its
 * first return, unless another lasts all this time.
 */
export function orderBlocks(operations: readonly RegisterOperation[], states: number): BlockOrder {
  const happened = whatHappened(operations, states);
  const result = orderHappened([...happened.keys()], states);
  if ("order" in result) return result;
  const { kind, operations: core } = result.contradiction;
  return { contradiction: { kind, operations: withProof(core, happened) } };
}

function orderHappened(operations: readonly RegisterOperation[], states: number): BlockOrder {
  const grouped = blocksOf(operations, states);
  if ("contradiction" in grouped) return grouped;
  const lasting = grouped.blocks.filter(({ from, to }) => from < to).sort((a, b) => a.from - b.from);
  for (let at = 1; at < lasting.length; at++) {
    const [before, block] = [lasting[at - 1] as Block, lasting[at] as Block];
    if (before.to > block.from) return { contradiction: tornApart(before, block) };
  }
  // An instant comes after the last lasting block that begins before it may, and after that block's end.
  const placed = lasting.map((block, after) => ({ block, after, at: -Infinity }));
  for (const block of grouped.blocks) {
    if (block.from < block.to) continue;
    const after = lastBefore(lasting, block.to);
    const end = lasting[after]?.to ?? -Infinity;
    if (end > block.from) return { contradiction: tornApart(lasting[after] as Block, block) };
    placed.push({ block, after, at: Math.max(block.to, end) });
  }
  placed.sort((a, b) => a.after - b.after || compare(a.at, b.at));
  return { order: placed.flatMap(({ block }) => block.operations.map(({ number }) => number)) };
}

/** Infinities included, whose difference is no number. */
function compare(a: number, b: number): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The last of the blocks that begins before a time, or -1. */
function lastBefore(lasting: readonly Block[], time: number): number {
  let low = 0;
  let high = lasting.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((lasting[middle] as Block).from < time) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

function tornApart(a: Block, b: Block): Contradiction {
  return { kind: "torn-apart", operations: [...ends(a), ...ends(b)] };
}

/** What makes a block last as long as it does. */
function ends({ operations, firstReturn, lastCall }: Block): RegisterOperation[] {
  const at = [firstReturn, lastCall].flatMap((end) => (end === undefined ? [] : [operations.indexOf(end)]));
  return at.length === 0 ? [] : linked(operations, Math.min(...at), Math.max(...at));
}
