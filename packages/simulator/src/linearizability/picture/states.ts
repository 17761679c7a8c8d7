import type { History, Operation } from "../history.ts";
import { rejected } from "../model.ts";
import type { Model } from "../model.ts";

/** The state after each operation of an order, for people, the one before the first at 0; as far as the model accepts it. */
export function statesAlong<State, Input, Output>(
  model: Model<State, Input, Output>,
  partition: string,
  history: History<Input, Output>,
  order: readonly number[],
): string[] {
  let state = model.init(partition);
  const texts = [textOfState(state)];
  for (const index of order) {
    const { input, output } = history[index] as Operation<Input, Output>;
    const next = model.step(state, input, output);
    if (next === rejected) return texts;
    state = next;
    texts.push(textOfState(state));
  }
  return texts;
}

function textOfState(state: unknown): string {
  if (state === null) return "nil";
  if (state === "") return '""';
  return typeof state === "string" ? state : (JSON.stringify(state) ?? "nothing");
}

/** The end of a text that is too long: what came last is what tells two states apart. */
export function tailOf(text: string, letters: number): string {
  return text.length <= letters ? text : `\u2026${text.slice(text.length - letters + 1)}`;
}
