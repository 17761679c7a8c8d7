import type { CheckProgress } from "@quorate/simulator/linearizability";
import { escapeText } from "@quorate/simulator/linearizability";
import type { CheckOutcome, OffendingPartition } from "./check-request.ts";

const toldInText = 10;

const verdicts = {
  linearizable: "linearizable",
  "not-linearizable": "NOT LINEARIZABLE",
  unknown: "undecided",
} as const;

/** The outcome for people. */
export function formatOutcome(file: string, outcome: CheckOutcome): string {
  const { verdict, operations, offending, linearizable, notLinearizable, unknown, steps, milliseconds, model } =
    outcome;
  const parts = [
    `${count(operations, "operation")} on ${count(linearizable + notLinearizable + unknown, partsOf(model))}`,
    ...(notLinearizable > 0 ? [`${notLinearizable} not linearizable`] : []),
    ...(unknown > 0 ? [`${unknown} undecided`] : []),
    `${count(steps, "step")} of search`,
    `${milliseconds} ms`,
  ];
  const lines = [`${file}: ${verdicts[verdict]} (${parts.join(", ")})`];
  for (const each of offending.slice(0, toldInText)) lines.push("", ...describePartition(each));
  const more = notLinearizable + unknown - Math.min(offending.length, toldInText);
  if (more > 0) lines.push("", `and ${more} more (--json tells of up to a thousand)`);
  return `${lines.join("\n")}\n`;
}

function describePartition({ partition, operations, exhausted, explanation }: OffendingPartition): string[] {
  const of = partition === "" ? "The history" : `"${partition}"`;
  const title = `${of}, ${count(operations, "operation")}:`;
  if (exhausted === undefined) return [title, ...explanation.map((sentence) => `  ${sentence}`)];
  return [title, `  Undecided: the limit of ${exhausted} was reached; --max-${exhausted} raises it.`];
}

function partsOf(model: string): string {
  return model === "register" ? "register" : "key";
}

function count(number: number, what: string): string {
  return `${number.toLocaleString("en")} ${what}${number === 1 ? "" : "s"}`;
}

/** One line for a terminal while a long check is under way. */
export function formatProgress({
  partitions,
  partitionsDone,
  operations,
  operationsDone,
  steps,
}: CheckProgress): string {
  const percent = Math.floor((100 * operationsDone) / Math.max(1, operations));
  return `checking: ${percent} % of ${count(operations, "operation")}, ${partitionsDone} of ${partitions} keys, ${steps.toLocaleString("en")} steps`;
}

/** The outcome as one JSON value, without pictures. */
export function outcomeToJson(file: string, outcome: CheckOutcome): string {
  return JSON.stringify({ file, ...outcome }, (key, value: unknown) => (key === "svg" ? undefined : value), 2);
}

/** A page with the pictures, each with its sentences. */
export function outcomeToHtml(file: string, outcome: CheckOutcome): string {
  const drawn = outcome.offending.filter(({ svg }) => svg !== undefined);
  const title = escapeText(`${file}: ${verdicts[outcome.verdict]}`);
  return [
    "<!doctype html>",
    `<html lang="en"><head><meta charset="utf-8"><title>${title}</title>`,
    "<style>body{font:15px/1.5 system-ui,sans-serif;margin:2rem;color:#1c2733}",
    "figure{margin:0 0 2rem;overflow-x:auto;border:1px solid #cdd2da}</style></head><body>",
    `<h1>${title}</h1>`,
    `<pre>${escapeText(formatOutcome(file, { ...outcome, offending: [] }))}</pre>`,
    ...drawn.map(({ svg }) => `<figure>${svg}</figure>`),
    "</body></html>",
    "",
  ].join("\n");
}
