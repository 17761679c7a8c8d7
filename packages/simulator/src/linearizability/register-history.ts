import type { Operation } from "./history.ts";
import type { Model } from "./model.ts";
import { StateTable } from "./state-table.ts";
import type { Timeline } from "./timeline.ts";

/** An operation on a register in which nothing writes the same state twice. States go by number, -1 for none. */
export interface RegisterOperation {
  /** Number in the timeline; the complement of an open one's. */
  readonly number: number;
  readonly call: number;
  /** Infinity for an open one. */
  readonly return: number;
  readonly meets: number;
  readonly leaves: number;
  /** It may as well not have happened, or not have changed anything. */
  readonly optional: boolean;
}

/** A partition whose states are each written once at most. */
export interface RegisterHistory {
  /** How many states there are; the initial one is number 0. */
  readonly states: number;
  /**
   * The operations called before the closed operation `last` returns. Of those that return later, only the ones that leave
   * a state, which may have happened by then.
   */
  until(last: number): RegisterOperation[];
  /** False when operations are left out, or may be, that say something after all: a compare-and-set that changed nothing. */
  readonly exact: boolean;
}

/** Undefined when the model cannot tell what an operation does to a register, or a state is written twice. */
export function registerHistory<State, Input, Output>(
  model: Model<State, Input, Output>,
  partition: string,
  { closed, open, openCalled, readOnly }: Timeline<Input, Output>,
): RegisterHistory | undefined {
  if (model.asRegister === undefined || closed.length === 0) return undefined;
  const states = new StateTable<State>(model);
  states.intern(model.init(partition));
  const numberOf = (of: { readonly state: State } | undefined) => (of === undefined ? -1 : states.intern(of.state));
  const describe = ({ input, output, call, return: end = Infinity }: Operation<Input, Output>, number: number) => {
    const step = model.asRegister?.(input, output);
    if (step === undefined) return undefined;
    const [meets, leaves] = [numberOf(step.meets), numberOf(step.leaves)];
    return { number, call, return: end, meets, leaves, optional: step.maybe === true || end === Infinity };
  };
  const returned = closed.map((operation, number) => describe(operation, number));
  const opened = open.map((operation, number) => describe(operation, ~number));
  // What changes nothing can be left out, and only makes more orders possible; what may write cannot.
  if (opened.includes(undefined)) return undefined;
  if (returned.some((operation, number) => operation === undefined && readOnly[number] === 0)) return undefined;
  if (!writtenOnce([...returned, ...opened], states.size)) return undefined;
  return {
    states: states.size,
    exact: returned.every((operation) => operation?.optional === false),
    until(last) {
      const now = closed[last]?.return as number;
      const operations = [...returned.slice(0, last + 1), ...opened.slice(0, openCalled[last])];
      for (const operation of returned.slice(last + 1)) {
        if (operation !== undefined && operation.call <= now && operation.leaves >= 0) {
          operations.push({ ...operation, return: Infinity, optional: true });
        }
      }
      return operations.filter((operation) => operation !== undefined);
    },
  };
}

function writtenOnce(operations: readonly (RegisterOperation | undefined)[], states: number): boolean {
  const written = new Uint8Array(states);
  written[0] = 1;
  for (const operation of operations) {
    if (operation === undefined || operation.leaves < 0) continue;
    if (written[operation.leaves] === 1) return false;
    written[operation.leaves] = 1;
  }
  return true;
}
