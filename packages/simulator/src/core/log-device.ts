import { initialHardState } from "@quorate/raft";
import type {
  Entry,
  HardState,
  LogIndex,
  LogPosition,
  MemberId,
  PersistEffect,
  PlacedConfiguration,
  RecoveredLog,
  Term,
} from "@quorate/raft";
import { entryKinds } from "@quorate/raft";
import type { RandomStream } from "../random-streams.ts";
import { LogView } from "../log-view.ts";
import type { CoreState } from "./core-state.ts";

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
  /** The configuration in force where the log begins is not kept with it. */
  readonly forgetsBaseConfiguration?: boolean;
  /** A state that was installed is in memory only: a crash leaves the one before it. */
  readonly forgetsInstalledState?: boolean;
  /**
   * The process does nothing else while it writes its state for a checkpoint, or sends it to a member: for so many ms for each
   * MB of `StatePlan.stateBytes`.
   */
  readonly standsStill?: { readonly writing?: number; readonly sending?: number };
  /** Time is read from the wall clock, and stands still where that is set back. */
  readonly readsWallClock?: boolean;
}

/**
 * A durable log and the checkpoint of the state beside it, modelled: records become durable in order, all that wait while a sync runs go out with the next one
 * (group commit), and after a crash some records at the end are gone. What `packages/wal` promises, in a page.
 */
export class LogDevice {
  readonly #bugs: DeviceBugs;
  readonly #owner: MemberId;
  /** Those behind the base. */
  #entries: Entry[] = [];
  #base: LogPosition = start;
  #baseConfiguration: PlacedConfiguration | undefined;
  /** What was installed and the log may not agree with yet: a start that finds it so begins the log anew there. */
  #installed: CoreState[] = [];
  #hardState: HardState | undefined;
  #waiting: PersistEffect[] = [];
  #syncing = 0;
  /** The durable log as checkers see it. */
  view = new LogView();
  /** How much of which state that is being sent to it it has verified: kept when its process goes. */
  received: { readonly position: LogPosition; readonly chunks: number } = { position: start, chunks: 0 };
  incarnation = 0;
  /** The starts that it remembers: all of them, unless it was wiped. */
  starts: number[] = [];
  /** It was wiped, and nobody has listened to its member since. */
  isUnheard = false;
  /** The newest start of each other member that its member has heard. */
  knownStarts = new Map<MemberId, number>();
  /** What it held when entries that were durable were taken from it; the log says so until they have come back. */
  lost: LogView[] = [];
  /** What the state machine's last checkpoint holds. */
  checkpoint: StateCheckpoint = { index: 0, hash: 0 };
  #checkpointBefore: StateCheckpoint | undefined;

  constructor(bugs: DeviceBugs = {}, owner: MemberId = 0) {
    this.#bugs = bugs;
    this.#owner = owner;
  }

  get hardState(): HardState {
    return this.#hardState ?? initialHardState;
  }

  /** It does not remember all starts of its member. */
  get wasWiped(): boolean {
    return this.starts.length < this.incarnation;
  }

  get hasWaiting(): boolean {
    return this.#waiting.length > 0;
  }

  get reportsEarly(): boolean {
    return this.#bugs.reportsEarly ?? false;
  }

  /** Just before the first entry that it holds. */
  get base(): LogPosition {
    return this.#base;
  }

  /** How many entries it holds. */
  get length(): number {
    return this.#entries.length;
  }

  /** The state machine's checkpoint is replaced. */
  keepCheckpoint(index: LogIndex, hash: number): void {
    // The log may end before a state that was installed just now: it has still to be made agree.
    const end = Math.max(this.last.index, index);
    const claimed = Math.max(this.#base.index, Math.min(end, index + (this.#bugs.checkpointSkew ?? 0)));
    this.checkpoint = { index: claimed, hash };
    this.#checkpointBefore = undefined;
  }

  /** Whether what is still to be written leaves the log up to `position` as it is. */
  mayPrune(position: LogPosition): boolean {
    const changes = ({ base, truncateFrom }: PersistEffect): boolean =>
      base !== undefined || (truncateFrom !== undefined && truncateFrom <= position.index);
    return position.index <= this.last.index && !this.#waiting.some(changes);
  }

  /** Entries up to `position` go; the checkpoint covers them. In one step: no crash leaves half of it. */
  prune(position: LogPosition, configuration: PlacedConfiguration): void {
    this.#entries.splice(0, position.index - this.#base.index);
    this.#beginAt(position, configuration);
  }

  /** The state is replaced by one that was sent, and the intent to let the log agree is kept with it, in one step. */
  install(state: CoreState): void {
    this.#checkpointBefore = this.#bugs.forgetsInstalledState === true ? this.checkpoint : undefined;
    this.checkpoint = { index: state.position.index, hash: state.hash };
    this.#installed.push(state);
  }

  /** The state that was installed as of there, while the log may not agree with it yet. */
  installedAt(index: LogIndex): CoreState | undefined {
    return this.#installed.find(({ position }) => position.index === index);
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
    return entry === undefined ? this.#base : { index: entry.index, term: entry.term };
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
    this.checkpoint = this.#checkpointBefore ?? this.checkpoint;
    return lost;
  }

  /** The disk loses the end of the log, from a place in [0, 1) on; term and vote are kept elsewhere too. */
  damage(place: number): void {
    this.lost.push(this.view.copy());
    this.#truncate(this.#base.index + 1 + Math.floor(place * this.#entries.length));
    // The state was made of entries that the log has lost: it is made anew.
    this.checkpoint = { index: 0, hash: 0 };
  }

  /** Another disk, which is empty. Numbers of starts are drawn anew each time: none that was there comes again. */
  wipe(): void {
    this.#entries = [];
    this.#base = start;
    this.#baseConfiguration = undefined;
    this.#installed = [];
    this.#hardState = undefined;
    this.view = new LogView();
    this.received = { position: start, chunks: 0 };
    this.starts = [];
    this.knownStarts = new Map();
    this.lost = [];
    this.checkpoint = { index: 0, hash: 0 };
    this.#checkpointBefore = undefined;
  }

  /** What a starting member finds; the incarnation rises with each. */
  recover(): RecoveredDevice {
    this.incarnation++;
    this.starts.push(this.incarnation);
    const written = this.#hardState;
    if (written !== undefined) this.#hardState = this.#bugs.hardStateAtStart?.(written) ?? written;
    this.#truncate(Math.max(this.#base.index + 1, this.last.index + 1 - (this.#bugs.lostAtStart ?? 0)));
    this.#finishInstall();
    return {
      hardState: this.#hardState,
      incarnation: this.incarnation,
      configuration: this.#bugs.forgetsBaseConfiguration === true ? undefined : this.#baseConfiguration,
      log: {
        base: this.#base,
        last: this.last,
        termRuns: termRuns(this.#entries),
        configurations: this.#entries.filter(({ kind }) => kind === entryKinds.configuration),
        entries: this.#entries.slice(this.checkpoint.index - this.#base.index),
      },
    };
  }

  read(from: LogIndex, to: LogIndex, maxBytes: number): readonly Entry[] {
    const entries: Entry[] = [];
    let bytes = 0;
    if (from <= this.#base.index) return entries;
    for (const entry of this.#entries.slice(from - 1 - this.#base.index, to - this.#base.index)) {
      bytes += entry.frame.length;
      if (entries.length > 0 && bytes > maxBytes) break;
      entries.push(entry);
    }
    return entries;
  }

  #write(record: PersistEffect): void {
    if (record.truncateFrom !== undefined) this.#truncate(record.truncateFrom);
    if (record.base !== undefined) this.#agreeWithState(record.base.position);
    for (const entry of this.#bugs.entries?.(record.entries) ?? record.entries) {
      // What follows an entry that a bug left out is nowhere.
      if (entry.index > this.last.index + 1) continue;
      if (entry.index <= this.last.index) this.#truncate(entry.index);
      this.#entries.push(entry);
      this.view.append(entry);
    }
    if (record.hardState !== undefined) {
      this.#hardState = this.#bugs.hardState?.(record.hardState, this.hardState, this.#owner) ?? record.hardState;
    }
  }

  /** The log goes on where it holds that very entry, and begins anew there otherwise. */
  #agreeWithState(position: LogPosition): void {
    const installed = this.installedAt(position.index);
    this.#installed = this.#installed.filter((state) => state.position.index > position.index);
    if (installed === undefined || position.index <= this.#base.index) return;
    if (this.view.termAt(position.index) === position.term) return;
    this.#entries = [];
    this.view = installed.history.copy();
    this.#beginAt(position, installed.placed);
  }

  /** A crash came between the state and the log: the intent says how the log has to go on. */
  #finishInstall(): void {
    const installed = this.installedAt(this.checkpoint.index);
    this.#installed = [];
    if (installed === undefined) return;
    this.#installed = [installed];
    this.#agreeWithState(installed.position);
    const { term } = installed.position;
    if (this.hardState.term < term) this.#hardState = { term, vote: 0, commit: installed.position.index };
  }

  #beginAt(position: LogPosition, configuration: PlacedConfiguration): void {
    this.#base = position;
    this.#baseConfiguration = configuration;
  }

  #truncate(from: LogIndex): void {
    this.#entries.length = Math.min(this.#entries.length, from - 1 - this.#base.index);
    this.view.truncateFrom(from);
  }
}

const start: LogPosition = { index: 0, term: 0 };

/** What a state machine's checkpoint holds. */
export interface StateCheckpoint {
  readonly index: LogIndex;
  readonly hash: number;
}

/** What a starting member finds. */
export interface RecoveredDevice {
  readonly hardState: HardState | undefined;
  readonly log: RecoveredLog;
  /** The configuration at the log's base; undefined where the log begins with the cluster's first entry. */
  readonly configuration: PlacedConfiguration | undefined;
  readonly incarnation: number;
}

function termRuns(entries: readonly Entry[]): { firstIndex: LogIndex; term: Term }[] {
  const runs: { firstIndex: LogIndex; term: Term }[] = [];
  for (const { index, term } of entries) if (runs.at(-1)?.term !== term) runs.push({ firstIndex: index, term });
  return runs;
}
