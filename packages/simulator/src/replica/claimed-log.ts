import { initialHardState } from "@quorate/raft";
import type { HardState, LogPosition, PersistEffect, RaftOptions, Term } from "@quorate/raft";
import { checksumOf, LogView } from "../log-view.ts";
import { SafetyViolation } from "../observation.ts";

/** A log that a member may find when it starts: what was reported as stored, and some of what was handed over after it. */
interface Standing {
  readonly log: LogView;
  readonly hardState: HardState;
}

/**
 * What a member's durable log has reported as stored. Whatever is found at the next start must be that, or that with some
 * of the records that were on their way: never less, never anything else (DESIGN §4).
 */
export class ClaimedLog {
  #view = new LogView();
  #hardState: HardState = initialHardState;
  #onTheirWay: PersistEffect[] = [];
  #lost: LogView[] = [];

  get view(): LogView {
    return this.#view;
  }

  get hardState(): HardState {
    return this.#hardState;
  }

  get lost(): readonly LogView[] {
    return this.#lost;
  }

  get last(): LogPosition {
    return this.#view.last;
  }

  handedOver(record: PersistEffect): void {
    this.#onTheirWay.push(record);
  }

  /** Every record up to `sequence` is reported as stored. */
  stored(sequence: number): void {
    while ((this.#onTheirWay[0]?.sequence ?? Number.POSITIVE_INFINITY) <= sequence) {
      this.#hardState = write(this.#onTheirWay.shift() as PersistEffect, this.#view, this.#hardState);
    }
  }

  /**
   * A member starts with what it found. Returns how many records were lost. Where the disk was damaged, and the member
   * knows it (`quarantined`), the log may end earlier; what it has promised of terms and votes is there all the same.
   * @throws SafetyViolation
   */
  found({ log, hardState, quarantined }: Pick<RaftOptions, "log" | "hardState" | "quarantined">): number {
    const records = this.#onTheirWay;
    this.#onTheirWay = [];
    const standing: Standing = { log: this.#view.copy(), hardState: this.#hardState };
    let state = standing;
    for (let survivors = 0; ; survivors++) {
      if (keepsPromises(state, hardState ?? initialHardState) && holds(state.log, log, quarantined)) {
        this.#lost = quarantined ? [...this.#lost, state.log.copy()] : [];
        state.log.truncateFrom(log.last.index + 1);
        this.#view = state.log;
        this.#hardState = hardState ?? initialHardState;
        return records.length - survivors;
      }
      const next = records[survivors];
      if (next === undefined) break;
      state = { log: state.log, hardState: write(next, state.log, state.hardState) };
    }
    throw new SafetyViolation(
      "durable log",
      `a log that ends at ${log.last.index}@${log.last.term} was found, with term ${hardState?.term ?? 0} and vote ` +
        `${hardState?.vote ?? 0}; it had reported up to ${this.#view.last.index}@${this.#view.last.term} as stored, with ` +
        `term ${this.#hardState.term} and vote ${this.#hardState.vote}, and ${records.length} records were on their way`,
    );
  }

  /** A new log was begun with entries that no record brought: the initial configuration of a cluster. */
  begunWith({ log, hardState }: Pick<RaftOptions, "log" | "hardState">): void {
    for (const entry of [...log.configurations, ...log.entries]) {
      if (entry.index === this.#view.lastIndex + 1) this.#view.append(entry);
    }
    this.#hardState = hardState ?? initialHardState;
  }
}

function write(record: PersistEffect, log: LogView, hardState: HardState): HardState {
  if (record.truncateFrom !== undefined) log.truncateFrom(record.truncateFrom);
  for (const entry of record.entries) log.append(entry);
  return record.hardState ?? hardState;
}

function keepsPromises({ hardState: promised }: Standing, hardState: HardState): boolean {
  return promised.term === hardState.term && promised.vote === hardState.vote;
}

/** Whether what was found is this log; or, of a damaged disk, the beginning of it. */
function holds(log: LogView, found: RaftOptions["log"], isDamaged: boolean): boolean {
  const { index, term } = found.last;
  if (isDamaged ? index > log.lastIndex : index !== log.lastIndex) return false;
  if (log.termAt(index) !== term) return false;
  for (const entry of found.entries) if (log.checksumAt(entry.index) !== checksumOf(entry)) return false;
  for (let index = found.base.index + 1; index <= found.last.index; index++) {
    if (log.termAt(index) !== termIn(found.termRuns, index)) return false;
  }
  return true;
}

function termIn(runs: RaftOptions["log"]["termRuns"], index: number): Term {
  let term = 0;
  for (const run of runs) {
    if (run.firstIndex > index) break;
    term = run.term;
  }
  return term;
}
