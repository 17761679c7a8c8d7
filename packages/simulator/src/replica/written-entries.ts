import type { Entry, RaftOptions, Term } from "@quorate/raft";
import { checksumOf, LogView } from "../log-view.ts";

/** Larger than any term in a simulation. */
const termStride = 0x10000;

/**
 * Every entry that one member's log was ever given. Damage ends a log early in the sequence of its *records*: what a later
 * record had cut off and replaced is then there again, as on any member that missed the replacement.
 */
export class WrittenEntries {
  readonly #checksums = new Map<number, number>();

  add(entry: Entry): void {
    this.#checksums.set(entry.index * termStride + entry.term, checksumOf(entry));
  }

  /**
   * What was found, if it is made of entries that were written, behind what the state holds where the log begins after it;
   * undefined if it is not.
   */
  asFound(found: RaftOptions["log"], heldByState: (index: number) => LogView): LogView | undefined {
    const { index: baseIndex, term: baseTerm } = found.base;
    const view = baseIndex === 0 ? new LogView() : heldByState(baseIndex).copy();
    if (view.lastIndex !== baseIndex || view.last.term !== baseTerm) return undefined;
    for (let index = baseIndex + 1; index <= found.last.index; index++) {
      const term = termIn(found.termRuns, index);
      const checksum = this.#checksums.get(index * termStride + term);
      if (checksum === undefined) return undefined;
      view.add(term, checksum);
    }
    const isSame = found.entries.every((entry) => view.checksumAt(entry.index) === checksumOf(entry));
    return isSame && view.last.term === found.last.term ? view : undefined;
  }
}

/** The term of an entry, by the runs of terms in a log. */
export function termIn(runs: RaftOptions["log"]["termRuns"], index: number): Term {
  let term = 0;
  for (const run of runs) {
    if (run.firstIndex > index) break;
    term = run.term;
  }
  return term;
}
