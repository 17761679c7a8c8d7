import type { Taken, ThreadTimes } from "./self-time.ts";

/** How many lines each table has at most. */
const most = { modules: 14, files: 24, functions: 40, inclusive: 30 };

/**
 * Tables of where a thread's time went, per operation. Samples count wall clock: waiting for a processor, for the disk or
 * in Atomics.wait is in them. `processorSeconds` is what the thread was given.
 */
export function describeThread(times: ThreadTimes, operations: number, processorSeconds: number): string {
  const { thread, wall, idle, functions, files, modules } = times;
  const byTotal = functions.toSorted((left, right) => right.total - left.total);
  const busy = wall - idle;
  return [
    `\n== ${thread}: ${perOperation(processorSeconds * 1e6, operations)} µs of processor per operation; ` +
      `not idle ${percent(busy, wall)} of the time, ${perOperation(busy, operations)} µs per operation:`,
    table("by package, self time", modules.slice(0, most.modules), busy, operations),
    table("by file, self time", files.slice(0, most.files), busy, operations),
    table("by function, self time", functions.slice(0, most.functions), busy, operations),
    table("by function, with what it calls", byTotal.slice(0, most.inclusive), busy, operations),
  ].join("\n");
}

function table(heading: string, rows: readonly Taken[], busy: number, operations: number): string {
  const lines = rows.map(({ what, self, total }) =>
    [
      perOperation(self, operations).padStart(8),
      percent(self, busy).padStart(7),
      perOperation(total, operations).padStart(8),
      ` ${what}`,
    ].join(" "),
  );
  return `\n-- ${heading}\n self µs/op   self total µs/op\n${lines.join("\n")}`;
}

function perOperation(micros: number, operations: number): string {
  return (micros / Math.max(1, operations)).toFixed(2);
}

function percent(part: number, whole: number): string {
  return `${((100 * part) / Math.max(1, whole)).toFixed(1)} %`;
}
