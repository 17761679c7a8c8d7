import { rejected } from "../model.ts";
import type { Model } from "../model.ts";

export type StringKeyValueInput =
  | { readonly kind: "get"; readonly key: string }
  | { readonly kind: "put"; readonly key: string; readonly value: string }
  | { readonly kind: "append"; readonly key: string; readonly value: string };

/** Of a get. Put and append have none. */
export interface StringKeyValueOutput {
  readonly value: string;
}

/** A string per key, empty at first, that can be read, replaced, and appended to; each key is checked on its own. */
export function stringKeyValueModel(): Model<string, StringKeyValueInput, StringKeyValueOutput> {
  return {
    name: "string-key-value",
    init: () => "",
    step(state, input, output) {
      switch (input.kind) {
        case "get":
          return output === undefined || output.value === state ? state : rejected;
        case "put":
          return input.value;
        case "append":
          return state + input.value;
      }
    },
    partition: ({ key }) => key,
    readOnly: ({ kind }) => kind === "get",
    describe: (input, output) => {
      const value = input.kind === "get" ? (output?.value ?? "?") : input.value;
      return `${input.kind} ${value === "" ? '""' : value}`;
    },
  };
}
