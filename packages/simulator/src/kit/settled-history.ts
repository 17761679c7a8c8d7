import type { Operation } from "../linearizability/history.ts";
import { textOf } from "./printed.ts";

type Asked = Operation<unknown, unknown>;

/** A command was applied: when it was first, on any member, and the answer that it got. */
export interface Application {
  readonly at: number;
  readonly answer: unknown;
}

/** Where commands come from and what became of them, as one sees it who looks from above. No client knows that. */
export interface Fates {
  /** The command of an operation as text; undefined for one without. */
  readonly commandOf: (operation: unknown) => string | undefined;
  /** One for each time that it was applied, in the order of the log. */
  readonly applications: (command: string, operation: unknown) => readonly Application[];
}

export interface SettledHistory {
  readonly history: Asked[];
  /**
   * Whether what became of each operation is known for certain. Otherwise some operations with the same command may have
   * each other's answers.
   */
  readonly isExact: boolean;
}

/**
 * The same history without open operations, each of which doubles what a search for an order has to try. A read that was
 * not answered changed nothing; what was not applied did not happen; what was applied had happened then, with that answer,
 * had the client waited.
 *
 * Operations with the same command (tried again, or alike) are the same to the state machine. Those that were answered have
 * each had one of its applications; the others have had the rest, in the order in which they were called: had it been
 * another order, they could have changed places. Called last and left without: did not happen.
 */
export function settle(history: readonly Asked[], fates: Fates): SettledHistory {
  const settled: Asked[] = [];
  const alike = new Map<string, Asked[]>();
  for (const operation of history) {
    const command = fates.commandOf(operation.input);
    if (command !== undefined) alike.set(command, [...(alike.get(command) ?? []), operation]);
    else if (operation.return !== undefined) settled.push(operation);
  }
  let isExact = true;
  for (const [command, operations] of alike) {
    const applications = fates.applications(command, operations[0]?.input);
    const { left, isCertain } = withoutAnswered(operations, applications);
    const open = operations.filter((operation) => operation.return === undefined).sort((a, b) => a.call - b.call);
    settled.push(...operations.filter((operation) => operation.return !== undefined));
    for (const [at, { at: appliedAt, answer }] of left.slice(0, open.length).entries()) {
      const operation = open[at] as Asked;
      settled.push({ ...operation, return: Math.max(operation.call, appliedAt), output: answer });
    }
    if (!isCertain && open.length > 0) isExact = false;
  }
  return { history: settled.sort((a, b) => a.call - b.call), isExact };
}

/** Applications that no answered operation has had; certain unless another choice would have left other answers. */
function withoutAnswered(
  operations: readonly Asked[],
  applications: readonly Application[],
): { readonly left: readonly Application[]; readonly isCertain: boolean } {
  const left = [...applications];
  let isCertain = true;
  for (const { return: end, output } of operations) {
    if (end === undefined) continue;
    const text = textOf(output);
    const had = left.findIndex(({ answer }) => textOf(answer) === text);
    if (had < 0) continue;
    left.splice(had, 1);
    if (left.some(({ answer }) => textOf(answer) === text)) isCertain = false;
  }
  const isOne = new Set(applications.map(({ answer }) => textOf(answer))).size <= 1;
  return { left, isCertain: isCertain || isOne || left.length === 0 };
}
