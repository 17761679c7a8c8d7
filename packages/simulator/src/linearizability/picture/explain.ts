import type { ContradictionKind } from "../blocks.ts";
import type { PartitionResult } from "../check.ts";
import type { History, Operation } from "../history.ts";
import type { Model } from "../model.ts";
import { statesAlong, tailOf } from "./states.ts";

const longestLabel = 32;
const longestState = 61;

/** An operation in a few words, as the model has them. */
export function labelOf<Input, Output>(
  model: Pick<Model<unknown, Input, Output>, "describe">,
  { input, output }: Operation<Input, Output>,
): string {
  const described =
    model.describe?.(input, output) ?? `${brief(input)} \u2192 ${output === undefined ? "?" : brief(output)}`;
  // Long values mostly differ in how they end.
  const head = longestLabel / 2 - 2;
  return described.length <= longestLabel
    ? described
    : `${described.slice(0, head)}\u2026${described.slice(described.length - (longestLabel - head - 1))}`;
}

/** A value in as few letters as can be: JSON without the marks that a reader does not need. */
function brief(value: unknown): string {
  if (typeof value === "string") return value;
  return (JSON.stringify(value) ?? "nothing").replaceAll(/^\{|\}$|"/g, "").replaceAll(",", ", ");
}

const contradictions: Readonly<Record<ContradictionKind, string>> = {
  "never-written": "A value was found that nothing had written.",
  "met-twice": "Two compare-and-sets both found the same value, and each took it away.",
  circle: "Compare-and-sets each found what the other left, and nothing began it.",
  "met-too-early": "A value was found before the write that led to it was even called.",
  "torn-apart":
    "Two values were each written once, and yet each would have to hold before and after the other: one of them was found after it had been replaced.",
};

/** Why a partition is not linearizable, in a few sentences; none when it is not known to be so. */
export function explainCounterexample<State, Input, Output>(
  model: Model<State, Input, Output>,
  history: History<Input, Output>,
  { partition, counterexample }: PartitionResult,
): string[] {
  if (counterexample === undefined) return [];
  const { blocked, prefixes, contradiction } = counterexample;
  const name = (index: number) => {
    const operation = history[index] as Operation<Input, Output>;
    const end = operation.return === undefined ? "never heard of again" : `until ${operation.return}`;
    return `client ${operation.process}'s \u201c${labelOf(model, operation)}\u201d (from ${operation.call}, ${end})`;
  };
  const order = prefixes[0] ?? [];
  const sentences = [
    `No order has a place for ${name(blocked)}: all that returned before it has an order, and with it there is none.`,
  ];
  if (contradiction !== undefined) {
    const { kind, operations } = contradiction;
    const some = operations.slice(0, 8).map(name).join("; ");
    const more = operations.length > 8 ? `; and ${operations.length - 8} more` : "";
    sentences.push(`${contradictions[kind]} These cannot all be true: ${some}${more}.`);
  }
  const states = statesAlong(model, partition, history, order);
  if (states.length > order.length) {
    const length = order.length === 1 ? "1 operation" : `${order.length} operations`;
    const state = tailOf(states.at(-1) as string, longestState);
    sentences.push(`The longest order that gets as far as that has ${length}; the state after it is ${state}.`);
  }
  return sentences;
}
