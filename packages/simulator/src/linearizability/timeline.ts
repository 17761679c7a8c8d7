import type { History, Operation } from "./history.ts";
import type { Model } from "./model.ts";

/**
 * One partition's operations, laid out for the search. *Closed* operations (with a return) are numbered in the order of
 * their returns, *open* ones in the order of their calls. Operations that constrain nothing are left out.
 */
export interface Timeline<Input, Output> {
  readonly closed: readonly Operation<Input, Output>[];
  readonly open: readonly Operation<Input, Output>[];
  /** Indices of the above in the history that was given. */
  readonly closedIndex: Int32Array;
  readonly openIndex: Int32Array;
  /** 1 for a closed operation that changes no state. */
  readonly readOnly: Uint8Array;
  /** Calls (the number of the operation) and returns (its complement, `~number`) of closed operations, in time's order. */
  readonly events: Int32Array;
  /** Where in `events` each closed operation returns. */
  readonly returnAt: Int32Array;
  /** Each closed operation holds a slot between call and return; those that overlap hold different ones. */
  readonly slotOf: Int32Array;
  readonly slots: number;
  /** How many of the open operations were called before each closed one returned. */
  readonly openCalled: Int32Array;
}

/** Lays out those operations of a history whose indices are given. */
export function layOut<State, Input, Output>(
  model: Model<State, Input, Output>,
  history: History<Input, Output>,
  indices: readonly number[],
): Timeline<Input, Output> {
  const at = (index: number) => history[index] as Operation<Input, Output>;
  const readOnly = (index: number) => model.readOnly?.(at(index).input, at(index).output) ?? false;
  const closedIndex = Int32Array.from(
    indices.filter((index) => at(index).return !== undefined && !(at(index).output === undefined && readOnly(index))),
  ).sort((a, b) => returned(at(a)) - returned(at(b)) || a - b);
  const closed = Array.from(closedIndex, at);
  const end = closed.length === 0 ? -Infinity : returned(closed.at(-1) as Operation<Input, Output>);
  const openIndex = Int32Array.from(
    indices.filter((index) => at(index).return === undefined && at(index).call <= end && !readOnly(index)),
  ).sort((a, b) => at(a).call - at(b).call || a - b);
  const open = Array.from(openIndex, at);
  return {
    closed,
    open,
    closedIndex,
    openIndex,
    readOnly: Uint8Array.from(closedIndex, (index) => (readOnly(index) ? 1 : 0)),
    ...eventsOf(closed),
    openCalled: calledBefore(open, closed),
  };
}

function returned(operation: Operation<unknown, unknown>): number {
  return operation.return as number;
}

function eventsOf(closed: readonly Operation<unknown, unknown>[]) {
  const byCall = Int32Array.from(closed.keys()).sort(
    (a, b) =>
      (closed[a] as Operation<unknown, unknown>).call - (closed[b] as Operation<unknown, unknown>).call || a - b,
  );
  const events = new Int32Array(closed.length * 2);
  const returnAt = new Int32Array(closed.length);
  const slotOf = new Int32Array(closed.length);
  const free: number[] = [];
  let slots = 0;
  let called = 0;
  let count = 0;
  for (let number = 0; number < closed.length; number++) {
    const end = returned(closed[number] as Operation<unknown, unknown>);
    for (; called < closed.length; called++) {
      const caller = byCall[called] as number;
      if ((closed[caller] as Operation<unknown, unknown>).call > end) break;
      slotOf[caller] = free.pop() ?? slots++;
      events[count++] = caller;
    }
    returnAt[number] = count;
    events[count++] = ~number;
    free.push(slotOf[number] as number);
  }
  return { events, returnAt, slotOf, slots };
}

function calledBefore(
  open: readonly Operation<unknown, unknown>[],
  closed: readonly Operation<unknown, unknown>[],
): Int32Array {
  let called = 0;
  return Int32Array.from(closed, (operation) => {
    while (called < open.length && (open[called] as Operation<unknown, unknown>).call <= returned(operation)) called++;
    return called;
  });
}
