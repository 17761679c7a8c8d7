import type { ContradictionKind } from "../blocks.ts";
import type { PartitionResult } from "../check.ts";
import type { History, Operation } from "../history.ts";
import { rejected } from "../model.ts";
import type { Model } from "../model.ts";

const longestLabel = 32;

/** An operation in a few words, as the model has them. */
export function labelOf<Input, Output>(
  model: Pick<Model<unknown, Input, Output>, "describe">,
  { input, output }: Operation<Input, Output>,
): string {
  const described = model.describe?.(input, output) ?? JSON.stringify({ input, output });
  return described.length <= longestLabel ? described : `${described.slice(0, longestLabel - 1)}\u2026`;
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
  const state = stateAfter(model, partition, history, order);
  if (state !== undefined) {
    const length = order.length === 1 ? "1 operation" : `${order.length} operations`;
    sentences.push(`The longest order that gets as far as that has ${length}; the state after it is ${state}.`);
  }
  return sentences;
}

function stateAfter<State, Input, Output>(
  model: Model<State, Input, Output>,
  partition: string,
  history: History<Input, Output>,
  order: readonly number[],
): string | undefined {
  let state = model.init(partition);
  for (const index of order) {
    const { input, output } = history[index] as Operation<Input, Output>;
    const next = model.step(state, input, output);
    if (next === rejected) return undefined;
    state = next;
  }
  const text = state === null ? "nil" : typeof state === "object" ? JSON.stringify(state) : String(state);
  return text === "" ? "an empty string" : text.length > 60 ? `\u2026${text.slice(-60)}` : text;
}
