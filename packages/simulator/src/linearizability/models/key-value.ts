import type { Model, RegisterStep } from "../model.ts";
import { describeRegister, registerReadOnly, registerStep, stepRegister } from "./register.ts";
import type { RegisterInput } from "./register.ts";

export type KeyValueInput =
  | { readonly kind: "get"; readonly key: string }
  | { readonly kind: "put"; readonly key: string; readonly value: string }
  | { readonly kind: "delete"; readonly key: string }
  /** Sets `to` if the key holds `from`; null is its absence. */
  | { readonly kind: "cas"; readonly key: string; readonly from: string | null; readonly to: string | null };

/** Of a get (null: no such key), and of a compare-and-set. Put and delete have none. */
export type KeyValueOutput = { readonly value: string | null } | { readonly swapped: boolean };

/** A set of keys, all absent at first; each is checked on its own, as a register. */
export function keyValueModel(): Model<string | null, KeyValueInput, KeyValueOutput> {
  return {
    name: "key-value",
    init: () => null,
    step: (state, input, output) => stepRegister(state, asRegisterInput(input), output) as string | null,
    partition: ({ key }) => key,
    readOnly: (input, output) => registerReadOnly(asRegisterInput(input), output),
    asRegister: (input, output) =>
      registerStep(asRegisterInput(input), output) as RegisterStep<string | null> | undefined,
    describe,
  };
}

function describe(input: KeyValueInput, output: KeyValueOutput | undefined): string {
  if (input.kind === "delete") return "delete";
  const text = describeRegister(asRegisterInput(input), output);
  return text.replace(/^read/, "get").replace(/^write/, "put");
}

function asRegisterInput(input: KeyValueInput): RegisterInput {
  switch (input.kind) {
    case "get":
      return { kind: "read" };
    case "put":
      return { kind: "write", value: input.value };
    case "delete":
      return { kind: "write", value: null };
    case "cas":
      return input;
  }
}
