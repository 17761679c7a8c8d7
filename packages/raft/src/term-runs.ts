import type { LogIndex, Term } from "./types.ts";

/** From `firstIndex` on, entries have `term`, until the next run starts. */
export interface TermRun {
  readonly firstIndex: LogIndex;
  readonly term: Term;
}

/**
 * The term of every entry of the log, as runs: a few numbers for each leadership instead of one for each entry, so that
 * consistency checks and conflict hints need no entry in memory.
 */
export class TermRuns {
  readonly #runs: TermRun[] = [];

  constructor(runs: readonly TermRun[]) {
    this.#runs.push(...runs);
  }

  /** The run that holds `index`, which must not lie before the first run. */
  runAt(index: LogIndex): TermRun | undefined {
    const runs = this.#runs;
    let low = 0;
    let high = runs.length - 1;
    const last = runs[high];
    if (last !== undefined && last.firstIndex <= index) return last;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if ((runs[middle] as TermRun).firstIndex <= index) low = middle;
      else high = middle - 1;
    }
    const run = runs[low];
    return run !== undefined && run.firstIndex <= index ? run : undefined;
  }

  append(index: LogIndex, term: Term): void {
    if (this.#runs.at(-1)?.term !== term) this.#runs.push({ firstIndex: index, term });
  }

  /** Forgets everything up to and including `index`: the first run begins behind it. */
  pruneTo(index: LogIndex): void {
    const runs = this.#runs;
    const kept = runs.findLastIndex((run) => run.firstIndex <= index + 1);
    if (kept > 0) runs.splice(0, kept);
    const first = runs[0];
    if (first !== undefined && first.firstIndex <= index) runs[0] = { firstIndex: index + 1, term: first.term };
  }

  clear(): void {
    this.#runs.length = 0;
  }

  /** Forgets everything from `index` on. */
  truncateFrom(index: LogIndex): void {
    while (this.#runs.length > 0 && (this.#runs.at(-1) as TermRun).firstIndex >= index) this.#runs.pop();
  }
}
