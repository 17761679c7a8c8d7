import type { Model } from "../model.ts";
import { keyValueModel } from "./key-value.ts";
import type { KeyValueInput, KeyValueOutput } from "./key-value.ts";
import { registerModel } from "./register.ts";
import type { RegisterInput, RegisterOutput } from "./register.ts";
import { stringKeyValueModel } from "./string-key-value.ts";
import type { StringKeyValueInput, StringKeyValueOutput } from "./string-key-value.ts";

/** A model of this package, and the check of what a file says its operations are. */
export interface NamedModel<State, Input, Output> {
  readonly model: Model<State, Input, Output>;
  /** Undefined when it is an input, else what an input looks like. */
  readonly inputProblem: (input: unknown) => string | undefined;
  /** The same of the output of a given input; no output is always right. */
  readonly outputProblem: (input: Input, output: unknown) => string | undefined;
}

export const modelNames = ["register", "key-value", "string-key-value"] as const;
export type ModelName = (typeof modelNames)[number];

const register: NamedModel<string | number | null, RegisterInput, RegisterOutput> = {
  model: registerModel(),
  inputProblem: (input) =>
    is(input, "read", {}) ||
    is(input, "write", { value: isScalar }) ||
    is(input, "cas", { from: isScalar, to: isScalar })
      ? undefined
      : '{"kind":"read"}, {"kind":"write","value":V} or {"kind":"cas","from":V,"to":V}, V a number, a string or null',
  outputProblem: ({ kind }, output) => answerProblem(kind, "read", output, isScalar),
};

const keyValue: NamedModel<string | null, KeyValueInput, KeyValueOutput> = {
  model: keyValueModel(),
  inputProblem: (input) =>
    is(input, "get", { key: isText }) ||
    is(input, "put", { key: isText, value: isText }) ||
    is(input, "delete", { key: isText }) ||
    is(input, "cas", { key: isText, from: isTextOrNull, to: isTextOrNull })
      ? undefined
      : '"kind" get, put, delete or cas; a "key"; put has a "value", cas has "from" and "to" (null: absent)',
  outputProblem: ({ kind }, output) => answerProblem(kind, "get", output, isTextOrNull),
};

const stringKeyValue: NamedModel<string, StringKeyValueInput, StringKeyValueOutput> = {
  model: stringKeyValueModel(),
  inputProblem: (input) =>
    is(input, "get", { key: isText }) ||
    is(input, "put", { key: isText, value: isText }) ||
    is(input, "append", { key: isText, value: isText })
      ? undefined
      : '"kind" get, put or append; a "key"; put and append have a "value"',
  outputProblem: ({ kind }, output) => answerProblem(kind, "get", output, isText),
};

/** The models that files can ask for by name. */
export const namedModels = { register, "key-value": keyValue, "string-key-value": stringKeyValue } as const;

type Test = (value: unknown) => boolean;

const isText: Test = (value) => typeof value === "string";
const isTextOrNull: Test = (value) => value === null || typeof value === "string";
const isScalar: Test = (value) => isTextOrNull(value) || typeof value === "number";

function is(value: unknown, kind: string, fields: Readonly<Record<string, Test>>): boolean {
  if (typeof value !== "object" || value === null) return false;
  const record = value as Readonly<Record<string, unknown>>;
  return record["kind"] === kind && Object.entries(fields).every(([name, test]) => test(record[name]));
}

function answerProblem(kind: string, reading: string, output: unknown, isValue: Test): string | undefined {
  if (kind !== reading && kind !== "cas") return "no output";
  const record = typeof output === "object" && output !== null ? (output as Readonly<Record<string, unknown>>) : {};
  if (kind === reading) return isValue(record["value"]) ? undefined : '{"value":V}';
  return typeof record["swapped"] === "boolean" ? undefined : '{"swapped":true} or {"swapped":false}';
}
