import { HistoryError } from "../history.ts";
import type { Operation } from "../history.ts";
import { modelNames, namedModels } from "../models/named-models.ts";
import type { ModelName } from "../models/named-models.ts";

/** The first line of a history file. */
export interface HistoryHeader {
  readonly quorate: "history";
  readonly version: 1;
  readonly model: ModelName;
}

/** The first line of a history file, without its line end. */
export function formatHistoryHeader(model: ModelName): string {
  return JSON.stringify({ quorate: "history", version: 1, model } satisfies HistoryHeader);
}

/** One operation as one line of JSON, without its line end. Inputs and outputs must be what JSON can say. */
export function formatOperation(operation: Operation<unknown, unknown>): string {
  const { process, call, return: end, input, output } = operation;
  // What is undefined is left out.
  return JSON.stringify({ process, call, return: end, input, output });
}

/** A whole history file as text: header, then one line for each operation, each with its line end. */
export function formatHistory(model: ModelName, history: Iterable<Operation<unknown, unknown>>): string {
  const lines = [formatHistoryHeader(model)];
  for (const operation of history) lines.push(formatOperation(operation));
  return `${lines.join("\n")}\n`;
}

export interface ParsedHistory {
  readonly model: ModelName;
  /** With inputs and outputs of that model. */
  readonly history: Operation<unknown, unknown>[];
}

/** Reads a history file. Without a header, `model` says what it is about. Throws a HistoryError that names the line. */
export function parseHistory(lines: Iterable<string>, model?: ModelName): ParsedHistory {
  const history: Operation<unknown, unknown>[] = [];
  let name = model;
  let number = 0;
  let headed = false;
  for (const line of lines) {
    number++;
    if (line.trim() === "") continue;
    const record = recordOf(line, number);
    if ("quorate" in record) {
      if (headed || history.length > 0) throw new HistoryError(`Line ${number}: a header comes once, before all else.`);
      headed = true;
      const told = headerModel(record, number);
      name ??= told;
    } else {
      if (name === undefined) {
        throw new HistoryError(`Line ${number}: without a header, say which model: ${modelNames.join(", ")}.`);
      }
      history.push(operationOf(record, name, number));
    }
  }
  if (name === undefined) throw new HistoryError("The file is empty.");
  return { model: name, history };
}

type JsonRecord = Readonly<Record<string, unknown>>;

function recordOf(line: string, number: number): JsonRecord {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    throw new HistoryError(`Line ${number} is no JSON: ${(error as Error).message}`, { cause: error });
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as JsonRecord;
  throw new HistoryError(`Line ${number}: an object is needed.`);
}

function headerModel({ quorate, version, model }: JsonRecord, number: number): ModelName {
  if (quorate !== "history" || version !== 1) {
    throw new HistoryError(`Line ${number}: only {"quorate":"history","version":1,...} can be read.`);
  }
  const known = modelNames.find((name) => name === model);
  if (known === undefined) {
    throw new HistoryError(`Line ${number}: "model" is ${JSON.stringify(model)}; known are ${modelNames.join(", ")}.`);
  }
  return known;
}

function operationOf(record: JsonRecord, name: ModelName, number: number): Operation<unknown, unknown> {
  const { process, call, return: end, input, output, ...others } = record;
  const wrong = (what: string) => new HistoryError(`Line ${number}: ${what}`);
  // A misspelt return or output would be one that was never learned, which fits almost anywhere.
  const strange = Object.keys(others)[0];
  if (strange !== undefined) {
    throw wrong(`"${strange}" is no field of an operation; known are process, call, return, input, output.`);
  }
  if (typeof process !== "number" && typeof process !== "string")
    throw wrong('"process" must be a number or a string.');
  if (typeof call !== "number") throw wrong('"call" must be a number.');
  if (end !== undefined && end !== null && typeof end !== "number") {
    throw wrong('"return" must be a number, or left out when the outcome was never learned.');
  }
  const { inputProblem, outputProblem } = namedModels[name];
  const unlike = inputProblem(input);
  if (unlike !== undefined) throw wrong(`"input" of a ${name} must be ${unlike}.`);
  const known = output === null ? undefined : output;
  const problem = known === undefined ? undefined : outputProblem(input as never, known);
  if (problem !== undefined) throw wrong(`"output" of this ${name} operation must be ${problem}.`);
  return { process, call, return: end ?? undefined, input, output: known };
}
