import { initialHardState } from "@quorate/raft";
import type {
  Entry,
  HardState,
  LogIndex,
  LogPosition,
  MemberId,
  PersistEffect,
  RecoveredLog,
  Term,
} from "@quorate/raft";
import type { RandomStream } from "../random-streams.ts";
import { LogView } from "../log-view.ts";

/** How a planted bug falsifies the durable log. The honest device changes nothing. */
export interface DeviceBugs {
  /** What member `id` writes of a hard state. */
  readonly hardState?: (written: HardState, before: HardState, id: MemberId) => HardState;
  /** What is found of the hard state when a member starts. */
  readonly hardStateAtStart?: (written: HardState) => HardState;
  /** Says "stored" before it is. */
  readonly reportsEarly?: boolean;
  /** What is written of a record's entries. */
  readonly entries?: (written: readonly Entry[]) => readonly Entry[];
  /** How many entries at the end of the log are gone when a member starts. */
  readonly lostAtStart?: number;
  /** How many entries more than it holds a checkpoint of the state says it does. */
  readonly checkpointSkew?: number;
}

/**
 * A durable log, modelled: records become durable in order, all that wait while a sync runs go out with the next one
 * (group commit), and after a crash some records at the end are gone. What `packages/wal` promises, in a page.
 */
export class LogDevice {
  readonly #bugs: DeviceBugs;
  readonly #owner: MemberId;
  #entries: Entry[] = [];
  #hardState: HardState | undefined;
  #waiting: PersistEffect[] = [];
  #syncing = 0;
  /** The durable log as checkers see it. */
  readonly view = new LogView();
  incarnation = 0;
  /** What it held when entries that were durable were taken from it; the log says so until they have come back. */
  lost: LogView[] = [];
  /** What the state machine's last checkpoint holds. */
  checkpoint: { readonly index: LogIndex; readonly hash: number } = { index: 0, hash: 0 };

  constructor(bugs: DeviceBugs = {}, owner: MemberId = 0) {
    this.#bugs = bugs;
    this.#owner = owner;
  }

  get hardState(): HardState {
    return this.#hardState ?? initialHardState;
  }

  get hasWaiting(): boolean {
    return this.#waiting.length > 0;
  }

  get reportsEarly(): boolean {
    return this.#bugs.reportsEarly ?? false;
  }

  /** The state machine's checkpoint is replaced. */
  keepCheckpoint(index: LogIndex, hash: number): void {
    const claimed = Math.max(0, Math.min(this.#entries.length, index + (this.#bugs.checkpointSkew ?? 0)));
    this.checkpoint = { index: claimed, hash };
  }

  add(record: PersistEffect): void {
    this.#waiting.push(record);
  }

  /** A sync starts with all that waits. */
  beginSync(): void {
    this.#syncing = this.#waiting.length;
  }

  /** The sync that was begun is done. Returns the last record in it and where the log now ends. */
  finishSync(): { readonly sequence: number; readonly last: LogPosition } {
    const done = this.#waiting.splice(0, this.#syncing);
    for (const record of done) this.#write(record);
    return { sequence: (done.at(-1) as PersistEffect).sequence, last: this.last };
  }

  get last(): LogPosition {
    const entry = this.#entries.at(-1);
    return entry === undefined ? { index: 0, term: 0 } : { index: entry.index, term: entry.term };
  }

  /**
   * The process is gone. Of the records that were not reported, those up to some point are on the disk, since a log is
   * written in order and each record is found whole or not at all. Returns how many were lost.
   */
  crash(random: RandomStream): number {
    const survivors = random.integer(0, this.#waiting.length);
    const lost = this.#waiting.length - survivors;
    for (const record of this.#waiting.slice(0, survivors)) this.#write(record);
    this.#waiting = [];
    return lost;
  }

  /** The disk loses the end of the log, from a place in [0, 1) on; term and vote are kept elsewhere too. */
  damage(place: number): void {
    this.lost.push(this.view.copy());
    this.#truncate(1 + Math.floor(place * this.#entries.length));
    // The state was made of entries that the log has lost: it is made anew.
    this.checkpoint = { index: 0, hash: 0 };
  }

  /** What a starting member finds; the incarnation rises with each. */
  recover(): { readonly hardState: HardState | undefined; readonly log: RecoveredLog; readonly incarnation: number } {
    this.incarnation++;
    const written = this.#hardState;
    if (written !== undefined) this.#hardState = this.#bugs.hardStateAtStart?.(written) ?? written;
    this.#truncate(Math.max(1, this.#entries.length + 1 - (this.#bugs.lostAtStart ?? 0)));
    return {
      hardState: this.#hardState,
      incarnation: this.incarnation,
      log: {
        base: { index: 0, term: 0 },
        last: this.last,
        termRuns: termRuns(this.#entries),
        configurations: [],
        entries: this.#entries.slice(this.checkpoint.index),
      },
    };
  }

  read(from: LogIndex, to: LogIndex, maxBytes: number): readonly Entry[] {
    const entries: Entry[] = [];
    let bytes = 0;
    for (const entry of this.#entries.slice(from - 1, to)) {
      bytes += entry.frame.length;
      if (entries.length > 0 && bytes > maxBytes) break;
      entries.push(entry);
    }
    return entries;
  }

  #write(record: PersistEffect): void {
    if (record.truncateFrom !== undefined) this.#truncate(record.truncateFrom);
    for (const entry of this.#bugs.entries?.(record.entries) ?? record.entries) {
      // What follows an entry that a bug left out is nowhere.
      if (entry.index > this.#entries.length + 1) continue;
      if (entry.index <= this.#entries.length) this.#truncate(entry.index);
      this.#entries.push(entry);
      this.view.append(entry);
    }
    if (record.hardState !== undefined) {
      this.#hardState = this.#bugs.hardState?.(record.hardState, this.hardState, this.#owner) ?? record.hardState;
    }
  }

  #truncate(from: LogIndex): void {
    this.#entries.length = Math.min(this.#entries.length, from - 1);
    this.view.truncateFrom(from);
  }
}

function termRuns(entries: readonly Entry[]): { firstIndex: LogIndex; term: Term }[] {
  const runs: { firstIndex: LogIndex; term: Term }[] = [];
  for (const { index, term } of entries) if (runs.at(-1)?.term !== term) runs.push({ firstIndex: index, term });
  return runs;
}
