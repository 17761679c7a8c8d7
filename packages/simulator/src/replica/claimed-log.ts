import { initialHardState } from "@quorate/raft";
import type { HardState, LogIndex, LogPosition, PersistEffect, RaftOptions } from "@quorate/raft";
import { checksumOf, LogView } from "../log-view.ts";
import { SafetyViolation } from "../observation.ts";
import { termIn, WrittenEntries } from "./written-entries.ts";

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
  readonly #written = new WrittenEntries();
  /** What a state stands for that holds everything up to an index. */
  readonly #heldByState: (index: LogIndex) => LogView;

  constructor(heldByState: (index: LogIndex) => LogView = () => new LogView()) {
    this.#heldByState = heldByState;
  }

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
    for (const entry of record.entries) this.#written.add(entry);
    this.#onTheirWay.push(record);
  }

  /** Every record up to `sequence` is reported as stored. */
  stored(sequence: number): void {
    while ((this.#onTheirWay[0]?.sequence ?? Number.POSITIVE_INFINITY) <= sequence) {
      this.#hardState = this.#write(this.#onTheirWay.shift() as PersistEffect, this.#view, this.#hardState);
    }
  }

  /**
   * A member starts with what it found. Returns how many records were lost. Where the disk was damaged, and the member
   * knows it (`quarantined`), the log may end as it did earlier; what it has promised of terms and votes is there all the
   * same.
   * @throws SafetyViolation
   */
  found({ log, hardState, quarantined }: Pick<RaftOptions, "log" | "hardState" | "quarantined">): number {
    const records = this.#onTheirWay;
    this.#onTheirWay = [];
    const standing: Standing = { log: this.#view.copy(), hardState: this.#hardState };
    let state = standing;
    for (let survivors = 0; ; survivors++) {
      const isKept = keepsPromises(state, hardState ?? initialHardState);
      const view = quarantined
        ? this.#written.asFound(log, this.#heldByState)
        : isSame(state.log, log)
          ? state.log
          : undefined;
      if (isKept && view !== undefined) {
        this.#lost = quarantined ? [...this.#lost, state.log] : [];
        this.#view = view;
        this.#hardState = hardState ?? initialHardState;
        return records.length - survivors;
      }
      const next = records[survivors];
      if (next === undefined) break;
      state = { log: state.log, hardState: this.#write(next, state.log, state.hardState) };
    }
    const begun = this.#begunBehindState(log, standing.hardState, hardState ?? initialHardState);
    if (begun !== undefined) {
      this.#view = begun;
      this.#hardState = hardState ?? initialHardState;
      return records.length;
    }
    throw new SafetyViolation(
      "durable log",
      `a log that ends at ${log.last.index}@${log.last.term} was found, with term ${hardState?.term ?? 0} and vote ` +
        `${hardState?.vote ?? 0}; it had reported up to ${this.#view.last.index}@${this.#view.last.term} as stored, with ` +
        `term ${this.#hardState.term} and vote ${this.#hardState.vote}, and ${records.length} records were on their way`,
    );
  }

  #write(record: PersistEffect, log: LogView, hardState: HardState): HardState {
    if (record.truncateFrom !== undefined) log.truncateFrom(record.truncateFrom);
    const position = record.base?.position;
    if (position !== undefined && log.termAt(position.index) !== position.term) {
      log.become(this.#heldByState(position.index));
    }
    for (const entry of record.entries) log.append(entry);
    return record.hardState ?? hardState;
  }

  /** A crash came when a state was installed and the log did not know: the start has let it begin anew there, or no further. */
  #begunBehindState({ base, last }: RaftOptions["log"], promised: HardState, found: HardState): LogView | undefined {
    const held = this.#heldByState(base.index);
    const isBegun = base.index > 0 && last.index === base.index && held.last.index === base.index;
    return isBegun && held.last.term === base.term && isNoLess(promised, found) ? held : undefined;
  }

  /** Somebody has taken the disk out and put an empty one in its place. */
  forget(): void {
    this.#view = new LogView();
    this.#hardState = initialHardState;
    this.#onTheirWay = [];
    this.#lost = [];
  }

  /** A new log was begun with entries that no record brought: the initial configuration of a cluster. */
  begunWith({ log, hardState }: Pick<RaftOptions, "log" | "hardState">): void {
    for (const entry of [...log.configurations, ...log.entries]) {
      if (entry.index !== this.#view.lastIndex + 1) continue;
      this.#view.append(entry);
      this.#written.add(entry);
    }
    this.#hardState = hardState ?? initialHardState;
  }
}

function isNoLess(promised: HardState, found: HardState): boolean {
  return found.term > promised.term || (found.term === promised.term && found.vote === promised.vote);
}

function keepsPromises({ hardState: promised }: Standing, hardState: HardState): boolean {
  return promised.term === hardState.term && promised.vote === hardState.vote;
}

function isSame(log: LogView, found: RaftOptions["log"]): boolean {
  if (log.lastIndex !== found.last.index || log.last.term !== found.last.term) return false;
  for (const entry of found.entries) if (log.checksumAt(entry.index) !== checksumOf(entry)) return false;
  for (let index = found.base.index + 1; index <= log.lastIndex; index++) {
    if (log.termAt(index) !== termIn(found.termRuns, index)) return false;
  }
  return true;
}
