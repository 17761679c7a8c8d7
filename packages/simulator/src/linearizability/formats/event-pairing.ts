import { HistoryError } from "../history.ts";
import type { Operation } from "../history.ts";

type Draft<Input, Output> = { -readonly [Key in keyof Operation<Input, Output>]: Operation<Input, Output>[Key] };

/** Makes operations of a log that has one line for a call and another for its return. */
export class EventPairing<Input, Output> {
  readonly #operations = new Set<Draft<Input, Output>>();
  readonly #pending = new Map<string, Draft<Input, Output>>();

  /** A process that calls again without having heard has left its last operation open. */
  invoke(process: string, line: number, input: Input): void {
    const operation = { process: nameOf(process), call: line, return: undefined, input, output: undefined };
    this.#operations.add(operation);
    this.#pending.set(process, operation);
  }

  complete(process: string, line: number, output: Output | undefined): void {
    const operation = this.#take(process, line);
    operation.return = line;
    operation.output = output;
  }

  /** The operation under way certainly had no effect, and is left out. */
  neverHappened(process: string, line: number): void {
    this.#operations.delete(this.#take(process, line));
  }

  /** In the order of their calls. */
  operations(): Operation<Input, Output>[] {
    return [...this.#operations];
  }

  #take(process: string, line: number): Draft<Input, Output> {
    const operation = this.#pending.get(process);
    if (operation === undefined) throw new HistoryError(`Line ${line}: process ${process} returns without a call.`);
    this.#pending.delete(process);
    return operation;
  }
}

function nameOf(process: string): number | string {
  return /^\d+$/.test(process) ? Number(process) : process;
}
