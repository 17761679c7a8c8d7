import type { LogIndex, Term } from "@quorate/raft";
import { LogView } from "../log-view.ts";

/**
 * What the cluster has committed, seen from above: the one sequence that every member must apply. An entry counts as
 * committed from the moment a leader's commit index passes it.
 */
export class CommittedLog {
  readonly #terms: Term[] = [0];
  readonly #checksums: number[] = [0];
  /** The lowest term in which a leader held the entry to be committed. It never falls from one index to the next. */
  readonly #commitTerms: Term[] = [0];

  get lastIndex(): LogIndex {
    return this.#terms.length - 1;
  }

  termAt(index: LogIndex): Term | undefined {
    return this.#terms[index];
  }

  /** Whether `log` has the committed entry at `index`. */
  isIn(log: LogView, index: LogIndex): boolean {
    return log.termAt(index) === this.#terms[index] && log.checksumAt(index) === this.#checksums[index];
  }

  /** What a log or a state holds that goes up to `index` and holds what is committed. */
  upTo(index: LogIndex): LogView {
    const view = new LogView();
    for (let at = 1; at <= Math.min(index, this.lastIndex); at++) {
      view.add(this.#terms[at] as Term, this.#checksums[at] as number);
    }
    return view;
  }

  /** The leader of `term` has committed up to `index`. */
  add(term: Term, index: LogIndex, log: LogView): void {
    for (let at = Math.min(index, this.lastIndex); at > 0 && (this.#commitTerms[at] as Term) > term; at--) {
      this.#commitTerms[at] = term;
    }
    while (this.lastIndex < index) {
      const next = this.lastIndex + 1;
      const entryTerm = log.termAt(next);
      const checksum = log.checksumAt(next);
      // A commit index beyond the leader's own log is for another checker to report.
      if (entryTerm === undefined || checksum === undefined) return;
      this.#terms.push(entryTerm);
      this.#checksums.push(checksum);
      this.#commitTerms.push(term);
    }
  }

  /** The last entry that was committed in a term before `term`; 0 for none. */
  lastCommittedBefore(term: Term): LogIndex {
    let low = 0;
    let high = this.lastIndex;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#commitTerms[middle] as Term) < term) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}
