import { HistoryError } from "../history.ts";
import type { Operation } from "../history.ts";
import type { StringKeyValueInput, StringKeyValueOutput } from "../models/string-key-value.ts";
import { EventPairing } from "./event-pairing.ts";

const linePattern =
  /^\{:process (\S+), :type :(invoke|ok|fail|info), :f :(append|put|get), :key ("(?:[^"\\]|\\.)*"), :value (nil|"(?:[^"\\]|\\.)*")\}\s*$/;

/**
 * A log of a store with a string per key: `{:process 0, :type :invoke, :f :append, :key "0", :value "x"}`, one event a line.
 * Empty lines are skipped; times are line numbers. A failed get learned nothing, what else failed never happened, and after
 * `:info` the outcome stays open.
 */
export function parseStringKeyValueLog(text: string): Operation<StringKeyValueInput, StringKeyValueOutput>[] {
  const pairing = new EventPairing<StringKeyValueInput, StringKeyValueOutput>();
  text.split("\n").forEach((line, at) => {
    if (line.trim() === "") return;
    const match = linePattern.exec(line) as unknown as [string, string, string, string, string, string] | null;
    if (match === null) throw new HistoryError(`Line ${at + 1} is no event of this format: ${line.slice(0, 100)}`);
    const [, process, type, kind, key, value] = match;
    if (type === "info") return;
    if (type === "invoke") pairing.invoke(process, at + 1, inputOf(kind, textOf(key), value, at + 1));
    else if (type === "fail" && kind !== "get") pairing.neverHappened(process, at + 1);
    else pairing.complete(process, at + 1, kind === "get" && type === "ok" ? { value: textOf(value) } : undefined);
  });
  return pairing.operations();
}

function inputOf(kind: string, key: string, value: string, line: number): StringKeyValueInput {
  if (kind === "get") return { kind, key };
  if (value === "nil") throw new HistoryError(`Line ${line}: a ${kind} needs a value.`);
  return { kind: kind === "put" ? "put" : "append", key, value: textOf(value) };
}

function textOf(literal: string): string {
  return literal === "nil" ? "" : literal.slice(1, -1).replace(/\\(.)/g, (_, char: string) => escapes[char] ?? char);
}

const escapes: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r" };
