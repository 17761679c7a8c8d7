import {
  checkLinearizable,
  explainCounterexample,
  formatHistory,
  registerModel,
} from "../../packages/simulator/src/linearizability/index.ts";
import type { Operation, RegisterInput, RegisterOutput } from "../../packages/simulator/src/linearizability/index.ts";

/** One operation on one key as its client saw it. Times in microseconds of one monotonic clock; null is an absent key. */
export interface KeyOperation {
  readonly key: string;
  readonly client: string;
  readonly kind: "read" | "write" | "cas";
  readonly callUs: number;
  /** Undefined: the outcome was never learned. Reads without an outcome are left out. */
  readonly returnUs: number | undefined;
  /** Of writes and compare-and-puts: the value to put, unlike any other of the run. */
  readonly value?: string;
  /** Of compare-and-puts. */
  readonly expected?: string;
  /** What a read found, or a compare-and-put that did not put. */
  readonly found?: string | null;
}

type RegisterOperation = Operation<RegisterInput, RegisterOutput>;

/** What is wrong with the history of one key. */
export interface KeyProblem {
  readonly text: string;
  /** The history as a file for `quorate check`, when it is evidence. */
  readonly file?: string;
}

/** Why the history of one key is not that of a register; undefined when it is, or "unknown" when the search gave up. */
export function problemOfKey(history: readonly KeyOperation[]): KeyProblem | "unknown" | undefined {
  for (const { kind, expected, found } of history) {
    if (kind === "cas" && found !== undefined && found === expected) {
      return { text: `a transaction found ${found} and did not take it for ${expected}` };
    }
  }
  const operations = withoutUnseen(history).map(toRegister);
  const model = registerModel(null);
  const result = checkLinearizable(model, operations, { maxSteps: 20_000_000 });
  if (result.verdict === "linearizable") return undefined;
  if (result.verdict === "unknown") return "unknown";
  const [part] = result.partitions;
  const why = part === undefined ? [] : explainCounterexample(model, operations, part);
  return { text: `not linearizable: ${why.join(" ")}`, file: formatHistory("register", operations) };
}

/**
 * Leaves out operations without an outcome whose value nobody ever found. Values are unique and every answer names the
 * value it met, so such an operation can always be taken as one that never happened: the verdict is the same, and the
 * search need not try it everywhere.
 */
function withoutUnseen(history: readonly KeyOperation[]): readonly KeyOperation[] {
  const seen = new Set<string>();
  for (const { found, expected, kind, returnUs } of history) {
    if (typeof found === "string") seen.add(found);
    // A compare-and-put that may have put is evidence of the value it expected only if it did.
    if (kind === "cas" && expected !== undefined && (returnUs === undefined || found === undefined)) seen.add(expected);
  }
  return history.filter(({ returnUs, value }) => returnUs !== undefined || (value !== undefined && seen.has(value)));
}

function toRegister({ kind, client, callUs, returnUs, value, expected, found }: KeyOperation): RegisterOperation {
  const times = { process: client, call: callUs, return: returnUs };
  // A compare-and-put that did not put has read the value in the same transaction.
  if (kind === "read" || found !== undefined) {
    return { ...times, input: { kind: "read" }, output: { value: found ?? null } };
  }
  if (kind === "write") return { ...times, input: { kind: "write", value: value ?? null }, output: undefined };
  return {
    ...times,
    input: { kind: "cas", from: expected ?? null, to: value ?? null },
    output: returnUs === undefined ? undefined : { swapped: true },
  };
}
