import { signal, type Signal } from "@preact/signals";
import { readInputs, writeInputs, type Inputs } from "./inputs.ts";

/** Inputs that a page may change; the address follows. */
export function inputsOf(argument: string): {
  readonly inputs: Signal<Inputs>;
  change: (part: Partial<Inputs>) => void;
} {
  const inputs = signal(readInputs(argument));
  const change = (part: Partial<Inputs>): void => {
    inputs.value = readInputs(writeInputs({ ...inputs.value, ...part }));
    history.replaceState(null, "", `#/quorum/${writeInputs(inputs.value)}`);
  };
  return { inputs, change };
}
