import type { RunNumbers } from "../world/numbers.ts";

/** A number that two runs are compared by: as it is named, and as it is written. */
export interface Quantity {
  readonly name: string;
  readonly of: (numbers: RunNumbers) => number;
  readonly text: (value: number) => string;
}

const term: Quantity = { name: "newest term", of: (numbers) => numbers.term, text: String };
const elections: Quantity = { name: "elections won", of: (numbers) => numbers.elections, text: String };
const unavailable: Quantity = {
  name: "time in which nothing was committed, though asked for",
  of: ({ unavailableMs }) => unavailableMs,
  text: msText,
};
const staleReads: Quantity = { name: "stale reads", of: (numbers) => numbers.staleReads, text: String };
const bytes: Quantity = { name: "bytes sent", of: (numbers) => numbers.bytes, text: bytesText };

/** Those that are drawn over time. */
export const plotted: readonly Quantity[] = [term, elections, unavailable, staleReads, bytes];

/** All of them, in the order of the table. */
export const quantities: readonly Quantity[] = [
  term,
  elections,
  unavailable,
  {
    name: "longest time that a running member heard no leader",
    of: ({ longestSilenceMs }) => longestSilenceMs,
    text: msText,
  },
  { name: "entries committed", of: ({ committed }) => committed, text: String },
  staleReads,
  { name: "appends refused", of: ({ rejections }) => rejections, text: String },
  { name: "messages sent", of: ({ messages }) => messages, text: String },
  bytes,
];

function msText(ms: number): string {
  return ms >= 10_000 ? `${(ms / 1000).toFixed(1)} s` : `${ms.toFixed(0)} ms`;
}

export function bytesText(count: number): string {
  if (count < 10_000) return `${count} B`;
  if (count < 10_000_000) return `${(count / 1000).toFixed(0)} kB`;
  return count < 10_000_000_000 ? `${(count / 1_000_000).toFixed(0)} MB` : `${(count / 1_000_000_000).toFixed(0)} GB`;
}
