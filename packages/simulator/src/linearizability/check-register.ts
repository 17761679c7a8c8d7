import { orderBlocks } from "./block-order.ts";
import type { Contradiction } from "./blocks.ts";
import type { RegisterHistory } from "./register-history.ts";

export type RegisterVerdict =
  | { readonly verdict: "linearizable"; readonly order: readonly number[] }
  | {
      readonly verdict: "not-linearizable";
      /** The first closed operation with whose return there is no order; unless `exact`, the first that this way sees. */
      readonly blocked: number;
      /** An order of what was there before. */
      readonly prefix: readonly number[];
      readonly contradiction: Contradiction;
      readonly exact: boolean;
    };

/** The verdict on a register whose states are each written once at most; undefined when it takes a search. */
export function checkRegister(history: RegisterHistory, closed: number): RegisterVerdict | undefined {
  const orderUntil = (last: number) => orderBlocks(history.until(last), history.states);
  const whole = orderUntil(closed - 1);
  if ("order" in whole) {
    return history.exact ? { verdict: "linearizable", order: whole.order } : undefined;
  }
  // What has no order has none either with more operations, so the first return that is too much can be found by halving.
  let low = 0;
  let high = closed - 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ("order" in orderUntil(middle)) low = middle + 1;
    else high = middle;
  }
  const blocked = orderUntil(low);
  const before = low === 0 ? undefined : orderUntil(low - 1);
  return {
    verdict: "not-linearizable",
    blocked: low,
    prefix: before !== undefined && "order" in before ? before.order : [],
    contradiction: "contradiction" in blocked ? blocked.contradiction : whole.contradiction,
    exact: history.exact,
  };
}
