import type { ClientFall, ClientVerdict } from "../world/client-verdict.ts";
import type { ClientOperation } from "../world/tape.ts";
import { timeText } from "./words.ts";

/** What was called, and what came of it by this event: "reads 3", "writes 4, no answer". */
export function operationText(operation: ClientOperation, event: number): string {
  const { kind } = operation;
  switch (outcomeAt(operation, event)) {
    case "answered":
      return kind === "write" ? `writes ${operation.value}` : `reads ${valueText(operation)}`;
    case "refused":
      return `${kind}, refused`;
    case "lost":
      return `writes ${operation.value}, failed`;
    case undefined:
      return kind === "write" ? `writes ${operation.value}, no answer` : "read, no answer";
  }
}

/** An operation in a sentence, with its times since `from`. */
export function operationSentence(operation: ClientOperation, event: number, from: number): string {
  const { kind, member, askedAt, endedAt, index, term } = operation;
  const outcome = outcomeAt(operation, event);
  const called = `${timeText(askedAt - from)}: ${kind === "write" ? `write ${operation.value}` : "a read"}, of member ${member}`;
  const entry = kind === "write" ? ` (entry ${index} of term ${term})` : "";
  if (outcome === undefined) return `${called}${entry}: no answer`;
  const after = `after ${(((endedAt ?? askedAt) - askedAt) / 1000).toFixed(1)} ms`;
  if (outcome === "refused") return `${called}: refused ${after}`;
  if (outcome === "lost") return `${called}${entry}: failed ${after}, its member leads no more and has dropped it`;
  const found = kind === "read" ? `, reads ${valueText(operation)} as of entry ${index}` : "";
  return `${called}${entry}: answered ${after}${found}`;
}

/** What came of it by this event. */
export function outcomeAt({ endedIn, outcome }: ClientOperation, event: number): ClientOperation["outcome"] {
  return endedIn !== undefined && endedIn <= event ? outcome : undefined;
}

/** What the checker says of all that was answered by this event. */
export function verdictText({ isTooMuch, fall }: ClientVerdict, event: number, from: number): string {
  if (isTooMuch) return "not checked: too many operations";
  return fall === undefined || fall.event > event ? "linearizable so far" : `not linearizable: ${fallText(fall, from)}`;
}

function fallText({ operation, against }: ClientFall, from: number): string {
  const { kind, member, askedAt } = operation;
  const who = `the ${kind} of member ${member} at ${timeText(askedAt - from)}`;
  if (kind === "write") return `${who} (${operation.value}) fits into no order of what was answered before`;
  const found = `${who} found ${valueText(operation)}`;
  if (against === undefined) return `${found}, which fits into no order of what was answered before`;
  const answered = timeText((against.endedAt ?? against.askedAt) - from);
  return `${found} and is stale: write ${against.value} (entry ${against.index}) had been answered at ${answered}, before it was asked`;
}

function valueText({ value = 0 }: ClientOperation): string {
  return value === 0 ? "nothing" : String(value);
}
