import { untilFinished, type Pause } from "./steps.ts";

/** Items sorted or merged in one step: well below a millisecond or two. */
const itemsPerStep = 2048;

/**
 * Sorts in slices with pauses between them, so that a million keys do not hold the loop: runs of a bounded length first,
 * then merges of neighbours. Stable.
 */
export function sortInSlices<T>(
  items: readonly T[],
  compare: (left: T, right: T) => number,
  pause: Pause,
  done: (sorted: readonly T[]) => void,
): void {
  if (items.length <= itemsPerStep) return done([...items].sort(compare));
  const runs: T[][] = [];
  let at = 0;
  let merged: T[][] = [];
  untilFinished(
    (step) => {
      if (at < items.length) {
        runs.push(items.slice(at, at + itemsPerStep).sort(compare));
        at += itemsPerStep;
        return pause(() => step(undefined, false));
      }
      if (runs.length > 1) {
        const [left, right] = runs.splice(0, 2) as [T[], T[]];
        return mergeInSlices(left, right, compare, pause, (run) => {
          merged.push(run);
          step(undefined, false);
        });
      }
      const last = runs.pop();
      if (last !== undefined) merged.push(last);
      if (merged.length === 1) return step(undefined, true);
      runs.push(...merged);
      merged = [];
      step(undefined, false);
    },
    () => done(merged[0] as T[]),
  );
}

function mergeInSlices<T>(
  left: readonly T[],
  right: readonly T[],
  compare: (left: T, right: T) => number,
  pause: Pause,
  done: (run: T[]) => void,
): void {
  const run: T[] = [];
  let leftAt = 0;
  let rightAt = 0;
  untilFinished(
    (step) => {
      const end = run.length + itemsPerStep;
      while (run.length < end && leftAt + rightAt < left.length + right.length) {
        const isLeft =
          rightAt >= right.length || (leftAt < left.length && compare(left[leftAt] as T, right[rightAt] as T) <= 0);
        run.push(isLeft ? (left[leftAt++] as T) : (right[rightAt++] as T));
      }
      if (run.length === left.length + right.length) return step(undefined, true);
      pause(() => step(undefined, false));
    },
    () => done(run),
  );
}
