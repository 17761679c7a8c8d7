import { invariant, type Entry, type LogIndex, type LogPosition, type Term } from "@quorate/raft";

type Numbered = Pick<Entry, "index" | "term">;

/** Why these entries cannot follow the entry `index`; undefined when they can. */
export function whyNotFollow(index: LogIndex, entries: readonly Numbered[]): string | undefined {
  for (let i = 0; i < entries.length; i++) {
    const found = (entries[i] as Numbered).index;
    if (found !== index + 1 + i) return `entry ${found} where ${index + 1 + i} was expected`;
  }
  return undefined;
}

/** Terms never fall along a log (Raft §5.3). */
export function termsRise(term: Term, entries: readonly Numbered[]): boolean {
  let before = term;
  for (let i = 0; i < entries.length; i++) {
    const next = (entries[i] as Numbered).term;
    if (next < before) return false;
    before = next;
  }
  return true;
}

export interface TermRun {
  readonly firstIndex: LogIndex;
  readonly term: Term;
}

/**
 * What a log holds, without its entries: where it begins, where it ends, and the terms between as runs, a few numbers for
 * each leadership. Recovery builds it batch by batch; the open log goes on with it.
 */
export class LogShape {
  #base: LogPosition;
  #last: LogPosition;
  #runs: TermRun[] = [];

  constructor(base: LogPosition) {
    this.#base = base;
    this.#last = base;
  }

  get base(): LogPosition {
    return this.#base;
  }

  get last(): LogPosition {
    return this.#last;
  }

  /** Ascending; a copy. */
  get termRuns(): readonly TermRun[] {
    return [...this.#runs];
  }

  /** The term of the entry at `index`, which the log must hold (or be its base). */
  termAt(index: LogIndex): Term {
    if (index === this.#base.index) return this.#base.term;
    if (index === this.#last.index) return this.#last.term;
    invariant(index > this.#base.index && index < this.#last.index, "a term is asked for within the log", {
      index,
      base: this.#base.index,
      last: this.#last.index,
    });
    let low = 0;
    let high = this.#runs.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if ((this.#runs[middle] as TermRun).firstIndex <= index) low = middle;
      else high = middle - 1;
    }
    return (this.#runs[low] as TermRun).term;
  }

  /** Where the log would end after dropping entries from `truncateFrom` on (0 for none) and taking on `base`. */
  endAfter(truncateFrom: LogIndex, base: LogPosition): LogPosition {
    let end = this.#last;
    if (truncateFrom > 0 && truncateFrom <= end.index) {
      const index = Math.max(truncateFrom - 1, this.#base.index);
      end = { index, term: this.termAt(index) };
    }
    return base.index > end.index ? base : end;
  }

  append(entries: readonly Numbered[]): void {
    const runs = this.#runs;
    let term = runs.length === 0 ? -1 : (runs.at(-1) as TermRun).term;
    for (let i = 0; i < entries.length; i++) {
      const entry = entries[i] as Numbered;
      if (entry.term === term) continue;
      term = entry.term;
      runs.push({ firstIndex: entry.index, term });
    }
    const last = entries.at(-1);
    if (last !== undefined) this.#last = { index: last.index, term: last.term };
  }

  /** Drops entries from `index` on. What the base covers stays covered. */
  truncateFrom(index: LogIndex): void {
    if (index > this.#last.index) return;
    const lastIndex = Math.max(index - 1, this.#base.index);
    this.#last = { index: lastIndex, term: this.termAt(lastIndex) };
    while (this.#runs.length > 0 && (this.#runs.at(-1) as TermRun).firstIndex > lastIndex) this.#runs.pop();
  }

  /** Whether the log has this very entry (or it is its base). */
  holds({ index, term }: LogPosition): boolean {
    return index >= this.#base.index && index <= this.#last.index && this.termAt(index) === term;
  }

  /** The log holds nothing, and begins after `base`. */
  beginAnew(base: LogPosition): void {
    this.#base = base;
    this.#last = base;
    this.#runs = [];
  }

  /** Forgets everything up to `base`. A log that ends before it begins anew there. */
  rebase(base: LogPosition): void {
    if (base.index <= this.#base.index) return;
    this.#base = base;
    if (base.index >= this.#last.index) {
      this.#last = base;
      this.#runs = [];
      return;
    }
    const kept = this.#runs.findLastIndex((run) => run.firstIndex <= base.index + 1);
    this.#runs = this.#runs.slice(Math.max(kept, 0));
    const first = this.#runs[0] as TermRun;
    if (first.firstIndex <= base.index) this.#runs[0] = { firstIndex: base.index + 1, term: first.term };
  }
}
