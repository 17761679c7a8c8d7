import { HistoryError, parseHistory, parseJepsenLog, parseStringKeyValueLog } from "@quorate/simulator/linearizability";
import type { ModelName, ParsedHistory } from "@quorate/simulator/linearizability";
import type { HistoryFormat } from "./check-request.ts";

/** The format of a history file by its first line; undefined when it looks like none. */
export function detectFormat(text: string): HistoryFormat | undefined {
  const first = /\S.*/.exec(text)?.[0] ?? "";
  if (/^\{\s*"/.test(first)) return "jsonl";
  if (first.startsWith("{:process")) return "kv-log";
  // Other lines of a test's log may come before the first of its history.
  return /^INFO\s+jepsen\.util - \S+\s+:/m.test(text) ? "jepsen" : undefined;
}

const logModels = { jepsen: "register", "kv-log": "string-key-value" } as const;

/** Reads a history in the given format, or in the one that it seems to have. Throws a HistoryError that says what is wrong. */
export function readHistory(
  text: string,
  format: HistoryFormat | undefined,
  model: ModelName | undefined,
): ParsedHistory & { readonly format: HistoryFormat } {
  const known = format ?? detectFormat(text);
  if (known === undefined) {
    throw new HistoryError("This is in no known format of histories; --format says which it is (docs/histories.md).");
  }
  if (known === "jsonl") {
    const parsed = parseHistory(text.split("\n"), model);
    if (parsed.history.length === 0) throw empty(known);
    return { format: known, ...parsed };
  }
  const only = logModels[known];
  if (model !== undefined && model !== only) {
    throw new HistoryError(`A ${known} history is about a ${only}, and cannot be checked as a ${model}.`);
  }
  const history = known === "jepsen" ? parseJepsenLog(text) : parseStringKeyValueLog(text);
  if (history.length === 0) throw empty(known);
  return { format: known, model: only, history };
}

/** Of nothing everything holds: a test that recorded nothing must not pass for one that found nothing. */
function empty(format: HistoryFormat): HistoryError {
  return new HistoryError(`There is no operation in this file, read as ${format}: there is nothing to check.`);
}
