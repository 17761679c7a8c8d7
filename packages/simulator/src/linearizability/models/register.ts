import { rejected } from "../model.ts";
import type { Model, RegisterStep } from "../model.ts";

export type RegisterValue = string | number | null;

export type RegisterInput =
  | { readonly kind: "read" }
  | { readonly kind: "write"; readonly value: RegisterValue }
  /** Sets `to` if the register holds `from`. */
  | { readonly kind: "cas"; readonly from: RegisterValue; readonly to: RegisterValue };

/** Of a read, and of a compare-and-set. A write has none. */
export type RegisterOutput = { readonly value: RegisterValue } | { readonly swapped: boolean };

/** What a register answers, for models that have many. */
export function stepRegister(
  state: RegisterValue,
  input: RegisterInput,
  output: RegisterOutput | undefined,
): RegisterValue | typeof rejected {
  switch (input.kind) {
    case "read":
      return output === undefined || ("value" in output && output.value === state) ? state : rejected;
    case "write":
      return input.value;
    case "cas": {
      const swapped = state === input.from;
      if (output !== undefined && !("swapped" in output && output.swapped === swapped)) return rejected;
      return swapped ? input.to : state;
    }
  }
}

export function registerReadOnly(input: RegisterInput, output: RegisterOutput | undefined): boolean {
  if (input.kind === "read") return true;
  return input.kind === "cas" && output !== undefined && "swapped" in output && !output.swapped;
}

/** A compare-and-set that found another value leaves no trace that the quick way could use. */
export function registerStep(
  input: RegisterInput,
  output: RegisterOutput | undefined,
): RegisterStep<RegisterValue> | undefined {
  switch (input.kind) {
    case "read":
      return output === undefined || !("value" in output) ? undefined : { meets: { state: output.value } };
    case "write":
      return { leaves: { state: input.value } };
    case "cas":
      if (registerReadOnly(input, output)) return undefined;
      return { meets: { state: input.from }, leaves: { state: input.to }, maybe: output === undefined };
  }
}

export function describeRegister(input: RegisterInput, output: RegisterOutput | undefined): string {
  switch (input.kind) {
    case "read":
      return `read ${output !== undefined && "value" in output ? describeValue(output.value) : "?"}`;
    case "write":
      return `write ${describeValue(input.value)}`;
    case "cas": {
      const answer = output === undefined || !("swapped" in output) ? "?" : output.swapped ? "yes" : "no";
      return `cas ${describeValue(input.from)}\u2192${describeValue(input.to)}: ${answer}`;
    }
  }
}

function describeValue(value: RegisterValue): string {
  if (value === null) return "nil";
  return value === "" ? '""' : String(value);
}

/** A register with read, write and compare-and-set, `initial` (null) at first. */
export function registerModel(initial: RegisterValue = null): Model<RegisterValue, RegisterInput, RegisterOutput> {
  return {
    name: "register",
    init: () => initial,
    step: stepRegister,
    readOnly: registerReadOnly,
    asRegister: registerStep,
    describe: describeRegister,
  };
}
