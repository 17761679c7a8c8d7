import { HistoryError } from "../history.ts";
import type { Operation } from "../history.ts";
import type { RegisterInput, RegisterOutput, RegisterValue } from "../models/register.ts";
import { EventPairing } from "./event-pairing.ts";

const linePattern = /^INFO\s+jepsen\.util - (\S+)\s+:(invoke|ok|fail|info)\s+:(read|write|cas)\s+(.+?)\s*$/;
const clientPattern = /^INFO\s+jepsen\.util - \d+\s/;

/**
 * The log of a Jepsen test of one register: `INFO  jepsen.util - PROCESS :invoke|:ok|:fail|:info :read|:write|:cas VALUE`.
 * Lines of others than clients, whose names are numbers, are skipped; times are line numbers. A failed cas found another value; a failed read learned nothing;
 * a failed write never happened; after `:info` the outcome stays open.
 */
export function parseJepsenLog(text: string): Operation<RegisterInput, RegisterOutput>[] {
  const pairing = new EventPairing<RegisterInput, RegisterOutput>();
  text.split("\n").forEach((line, at) => {
    const match = linePattern.exec(line);
    if (match === null) {
      // Left out, a return would make its operation an open one, which fits almost anywhere.
      if (clientPattern.test(line)) {
        throw new HistoryError(`Line ${at + 1} is no event of a register: ${line.slice(0, 100)}`);
      }
      return;
    }
    const [, process, type, kind, value] = match as unknown as [string, string, string, string, string];
    if (type === "info") return;
    if (type === "invoke") pairing.invoke(process, at + 1, inputOf(kind, value, at + 1));
    else if (type === "fail" && kind === "write") pairing.neverHappened(process, at + 1);
    else pairing.complete(process, at + 1, outputOf(kind, type, value, at + 1));
  });
  return pairing.operations();
}

function inputOf(kind: string, value: string, line: number): RegisterInput {
  if (kind === "read") return { kind };
  if (kind === "write") return { kind, value: valueOf(value, line) };
  const pair = /^\[(\S+) (\S+)\]$/.exec(value) as unknown as [string, string, string] | null;
  if (pair === null) throw new HistoryError(`Line ${line}: a cas needs [FROM TO], not ${value}.`);
  return { kind: "cas", from: valueOf(pair[1], line), to: valueOf(pair[2], line) };
}

function outputOf(kind: string, type: string, value: string, line: number): RegisterOutput | undefined {
  if (kind === "cas") return value === ":timed-out" ? undefined : { swapped: type === "ok" };
  return kind === "write" || type === "fail" ? undefined : { value: valueOf(value, line) };
}

function valueOf(text: string, line: number): RegisterValue {
  if (text === "nil") return null;
  const value = Number(text);
  if (Number.isNaN(value)) throw new HistoryError(`Line ${line}: ${text} is neither a number nor nil.`);
  return value;
}
