import type { Operation } from "../linearizability/history.ts";
import { textOf } from "./printed.ts";

/**
 * The same history, in which operations that nobody heard of again are open no longer, where their end is known: a read
 * changed nothing, what was never applied did not happen, and what was applied was answered so, had the client waited.
 * An operation that may have happened at any time, or never, doubles what the search for an order has to try.
 *
 * Operations that are tried again have the same command. How often it was applied says how many of them happened; which of
 * them is only known if all did, or none but those that were answered.
 */
export function settled(
  history: readonly Operation<unknown, unknown>[],
  endsAt: number,
  commands: {
    /** Undefined for an operation without a command; else its bytes, as text. */
    readonly of: (operation: unknown) => string | undefined;
    /** Answers that it got, one for each time that it was applied. */
    readonly answers: (command: string, operation: unknown) => readonly unknown[];
  },
): Operation<unknown, unknown>[] {
  const shares = new Map<string, { all: number; answered: number }>();
  for (const { input, return: end } of history) {
    const command = commands.of(input);
    if (command === undefined) continue;
    const share = shares.get(command) ?? { all: 0, answered: 0 };
    shares.set(command, share);
    share.all++;
    if (end !== undefined) share.answered++;
  }
  return history.flatMap((operation) => {
    if (operation.return !== undefined) return [operation];
    const command = commands.of(operation.input);
    if (command === undefined) return [];
    const answers = commands.answers(command, operation.input);
    const { all, answered } = shares.get(command) as { all: number; answered: number };
    if (answers.length <= answered) return [];
    const isOne = answers.every((answer) => textOf(answer) === textOf(answers[0]));
    return answers.length >= all && isOne ? [{ ...operation, return: endsAt, output: answers[0] }] : [operation];
  });
}
