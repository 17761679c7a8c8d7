import type { LogIndex, TimeMs } from "./types.ts";

interface Mark {
  readonly at: TimeMs;
  readonly last: LogIndex;
}

/**
 * Where the leader's log ended at each of its last scheduled heartbeats. Whoever holds what the log held at some moment
 * lags behind by no more than the time since: a measure that means the same for any rate of writes, as the rounds of
 * dissertation §4.2.1 do.
 */
export class PastEnds {
  /** Ascending in both; the first is the newest one that is `keptMs` old or more. */
  readonly #marks: Mark[] = [];

  get size(): number {
    return this.#marks.length;
  }

  /** The log ends at `last` now; what was `keptMs` ago will be asked for, and nothing older. */
  note(now: TimeMs, last: LogIndex, keptMs: number): void {
    const marks = this.#marks;
    marks.push({ at: now, last });
    while (marks.length > 1 && (marks[1] as Mark).at <= now - keptMs) marks.shift();
  }

  /** A place that the log's end had reached at `at`, as far as is known; undefined when that is before the first mark. */
  endAt(at: TimeMs): LogIndex | undefined {
    return this.#marks.findLast((mark) => mark.at <= at)?.last;
  }
}
