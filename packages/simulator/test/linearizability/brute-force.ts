import { rejected } from "../../src/linearizability/index.ts";
import type { History, Model } from "../../src/linearizability/index.ts";

/** Tries every order. What is not required may be left out. Only for a handful of operations. */
export function hasOrder<State, Input, Output>(
  model: Model<State, Input, Output>,
  history: History<Input, Output>,
  required: (index: number) => boolean = (index) => history[index]?.return !== undefined,
): boolean {
  const end = (index: number) => history[index]?.return ?? Infinity;
  const extend = (state: State, rest: readonly number[]): boolean => {
    if (!rest.some(required)) return true;
    const deadline = Math.min(...rest.filter(required).map(end));
    return rest.some((index) => {
      const { call, input, output } = history[index] as History<Input, Output>[number];
      if (call > deadline || rest.some((other) => end(other) < call && required(other))) return false;
      const next = model.step(state, input, output);
      return (
        next !== rejected &&
        extend(
          next,
          rest.filter((other) => other !== index),
        )
      );
    });
  };
  return extend(model.init(""), [...history.keys()]);
}

/** Whether the operations in this order keep to real time and to the model; whatever is not in it may come later. */
export function isOrder<State, Input, Output>(
  model: Model<State, Input, Output>,
  history: History<Input, Output>,
  order: readonly number[],
): boolean {
  let state = model.init("");
  let latestCall = -Infinity;
  if (new Set(order).size !== order.length) return false;
  return order.every((index) => {
    const { call, return: end = Infinity, input, output } = history[index] as History<Input, Output>[number];
    const next = model.step(state, input, output);
    if (next === rejected || end < latestCall) return false;
    latestCall = Math.max(latestCall, call);
    state = next;
    return true;
  });
}
