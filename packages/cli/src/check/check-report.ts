import type { CheckProgress } from "@quorate/simulator/linearizability";
import { escapeText, figureStyle } from "@quorate/simulator/linearizability";
import type { CheckOutcome, OffendingPartition } from "./check-request.ts";

const toldInText = 10;

const verdicts = {
  linearizable: "linearizable",
  "not-linearizable": "NOT LINEARIZABLE",
  unknown: "undecided",
} as const;

/** The outcome for people. */
export function formatOutcome(file: string, outcome: CheckOutcome): string {
  const { offending, notLinearizable, unknown } = outcome;
  const lines = [`${file}: ${verdicts[outcome.verdict]} (${numbers(outcome)})`];
  for (const each of offending.slice(0, toldInText)) lines.push("", ...describePartition(each));
  const more = notLinearizable + unknown - Math.min(offending.length, toldInText);
  if (more > 0) lines.push("", `and ${more} more (--json tells of up to a thousand)`);
  return `${lines.join("\n")}\n`;
}

function numbers({
  operations,
  linearizable,
  notLinearizable,
  unknown,
  steps,
  milliseconds,
  model,
}: CheckOutcome): string {
  return [
    `${count(operations, "operation")} on ${count(linearizable + notLinearizable + unknown, partsOf(model))}`,
    ...(notLinearizable > 0 ? [`${notLinearizable} not linearizable`] : []),
    ...(unknown > 0 ? [`${unknown} undecided`] : []),
    `${count(steps, "step")} of search`,
    `${milliseconds} ms`,
  ].join(", ");
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
  return JSON.stringify(
    { file, ...outcome },
    (key, value: unknown) => (key === "svg" || key === "figure" ? undefined : value),
    2,
  );
}

/** A page with the pictures, each with its sentences. */
export function outcomeToHtml(file: string, outcome: CheckOutcome): string {
  const figures = outcome.offending.flatMap(({ figure }) => (figure === undefined ? [] : [figure]));
  const name = escapeText(file.split(/[\\/]/).at(-1) ?? file);
  const verdict = verdicts[outcome.verdict];
  const more = outcome.notLinearizable + outcome.unknown - figures.length;
  return [
    "<!doctype html>",
    `<html lang="en"><head><meta charset="utf-8"><title>${name}: ${verdict}</title>`,
    '<meta name="viewport" content="width=device-width,initial-scale=1">',
    "<style>body{font:15px/1.5 system-ui,sans-serif;margin:1.2rem clamp(.8rem,3vw,2rem);color:#1c2733;background:#fff}",
    "h1{font-size:1.5rem;margin:0;overflow-wrap:anywhere}header p{margin:.2rem 0 1.2rem;overflow-wrap:anywhere}",
    "@media(prefers-color-scheme:dark){body{color:#e6edf5;background:#14181d}}",
    `${figureStyle}</style></head><body>`,
    `<header><h1>${name}: ${verdict}</h1><p>${escapeText(numbers(outcome))}</p></header>`,
    ...figures,
    ...(more > 0 ? [`<p>And ${more} more, which are not drawn.</p>`] : []),
    "</body></html>",
    "",
  ].join("\n");
}
