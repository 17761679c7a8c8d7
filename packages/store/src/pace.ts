import type { Timers } from "@quorate/host";

/**
 * Goes on with `next` when it is time: work in the background calls it after each step, with the bytes that the step took
 * from the engine.
 */
export type Pace = (bytes: number, next: () => void) => void;

/** Debts below this, in ms, are collected: timers are not finer than that. */
const leastWaitMs = 5;
/** No wait is longer than this, in ms, so that whoever closes the store does not wait long for a reader to notice. */
const longestWaitMs = 200;

/** Keeps work below a rate, in bytes per second (more than 0), over each few milliseconds; input always goes first. */
export function pacedBy(timers: Pick<Timers, "after" | "afterPendingInput">, bytesPerSecond: number): Pace {
  let owedMs = 0;
  return (bytes, next) => {
    owedMs += (bytes * 1000) / bytesPerSecond;
    if (owedMs < leastWaitMs) return timers.afterPendingInput(next);
    const waitMs = Math.min(owedMs, longestWaitMs);
    owedMs -= waitMs;
    timers.after(waitMs, () => timers.afterPendingInput(next));
  };
}
