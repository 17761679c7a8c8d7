import type { Counterexample, PartitionResult } from "../check.ts";
import type { History, Operation } from "../history.ts";

/** One operation of the picture. */
export interface ShownOperation {
  readonly index: number;
  readonly operation: Operation<unknown, unknown>;
  /** Its place in the longest order, from 1; undefined when it is not in it. */
  readonly place: number | undefined;
  readonly blocked: boolean;
  /** One of those that contradict each other. */
  readonly contradicts: boolean;
}

const mostContradicting = 16;
const mostBefore = 8;
const mostUnderWay = 16;
const mostOpen = 4;

/**
 * The operations that a person needs to see: what could not be placed, what contradicts what, the end of the longest
 * order, and what was under way. At most about forty, in the order of their calls.
 */
export function shownOperations(
  history: History<unknown, unknown>,
  indices: readonly number[],
  { blocked, prefixes, contradiction, window }: Counterexample,
): ShownOperation[] {
  const order = prefixes[0] ?? [];
  const places = new Map(order.map((index, at) => [index, at + 1]));
  const contradicting = new Set(ends(contradiction?.operations ?? [], mostContradicting));
  const at = (index: number) => history[index] as Operation<unknown, unknown>;
  const underWay = indices.filter(
    (index) => at(index).call <= window.to && (at(index).return ?? at(index).call) >= window.from,
  );
  const open = indices.filter((index) => at(index).return === undefined && at(index).call <= window.to);
  const shown = new Set([
    blocked,
    ...contradicting,
    ...order.slice(-mostBefore),
    ...underWay.slice(-mostUnderWay),
    ...open.slice(-mostOpen),
  ]);
  return [...shown]
    .map((index) => ({
      index,
      operation: at(index),
      place: places.get(index),
      blocked: index === blocked,
      contradicts: contradicting.has(index),
    }))
    .sort((a, b) => a.operation.call - b.operation.call || a.index - b.index);
}

/** All of a list, or as many of its beginning as of its end. */
function ends<Item>(items: readonly Item[], most: number): readonly Item[] {
  return items.length <= most ? items : [...items.slice(0, most / 2), ...items.slice(-most / 2)];
}

/** The indices of a partition's operations. */
export function indicesOf<Input>(
  model: { partition?(input: Input): string },
  history: History<Input, unknown>,
  { partition }: Pick<PartitionResult, "partition">,
): number[] {
  return [...history.keys()].filter(
    (index) => (model.partition?.((history[index] as Operation<Input, unknown>).input) ?? "") === partition,
  );
}
