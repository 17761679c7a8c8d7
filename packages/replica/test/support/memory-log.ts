import { DurationHistogram, HostError, type Done } from "@quorate/host";
import { defaultTiming, encodeConfiguration } from "@quorate/raft";
import type { Configuration, Entry, HardState, LogBase, LogIndex, LogPosition } from "@quorate/raft";
import type { InstallIntent, ReadDone, Recovered, Wal, WalEvents, WalMetrics, WalRecord } from "@quorate/wal";

const noConfiguration: Configuration = {
  voters: [],
  outgoing: [],
  learners: [],
  promotable: [],
  removed: [],
  members: [],
  timing: defaultTiming,
};

/** What stays of a member's log when its process ends: records that were synced. */
export class MemoryLog {
  base: LogBase = { position: { index: 0, term: 0 }, configuration: noConfiguration, configurationIndex: 0 };
  /** After the base. */
  entries: Entry[] = [];
  hardState: HardState | undefined;
  incarnation = 0;

  recover(): Recovered {
    const termRuns: { firstIndex: number; term: number }[] = [];
    for (const { index, term } of this.entries) {
      if (termRuns.at(-1)?.term !== term) termRuns.push({ firstIndex: index, term });
    }
    return {
      hardState: this.hardState,
      base: this.base.position,
      baseConfiguration:
        this.base.position.index === 0
          ? undefined
          : { index: this.base.configurationIndex, payload: encodeConfiguration(this.base.configuration) },
      last: this.last,
      termRuns,
      configurations: this.entries.filter((entry) => entry.kind === 2),
      incarnation: ++this.incarnation,
      starts: { incarnations: Array.from({ length: this.incarnation }, (_, at) => at + 1), isWhole: true },
      frameBytes: this.entries.reduce((bytes, { frame }) => bytes + frame.length, 0),
      tornTail: undefined,
      damage: undefined,
      finishedInstall: undefined,
    };
  }

  get last(): LogPosition {
    const last = this.entries.at(-1);
    return last === undefined ? this.base.position : { index: last.index, term: last.term };
  }

  /** Entries `from` to `to`. */
  slice(from: LogIndex, to: LogIndex): Entry[] {
    const { index } = this.base.position;
    return this.entries.slice(from - 1 - index, to - index);
  }

  take({ truncateFrom, base, entries, hardState }: WalRecord): void {
    const { index } = this.base.position;
    if (truncateFrom !== undefined) this.entries.length = Math.min(this.entries.length, truncateFrom - 1 - index);
    if (base !== undefined && this.entries[base.position.index - 1 - index]?.term !== base.position.term) {
      this.base = base;
      this.entries = [];
    }
    for (const entry of entries) {
      if (entry.index !== this.last.index + 1) throw new Error(`a gap before ${entry.index}`);
      this.entries.push(entry);
    }
    if (hardState !== undefined) this.hardState = hardState;
  }
}

/** A log whose syncs happen when a test says so: at once after a delay, held back, or failing. */
export class MemoryWal implements Wal {
  readonly #log: MemoryLog;
  readonly #events: WalEvents;
  readonly #schedule: (callback: () => void) => void;
  #queued: WalRecord[] = [];
  #syncing = false;
  held = false;
  failing = false;

  constructor(log: MemoryLog, events: WalEvents, schedule: (callback: () => void) => void) {
    this.#log = log;
    this.#events = events;
    this.#schedule = schedule;
  }

  persist(record: WalRecord): void {
    this.#queued.push(record);
    this.#begin();
  }

  /** Held syncs go on. */
  release(): void {
    this.held = false;
    this.#begin();
  }

  get durable(): LogPosition {
    return this.#log.last;
  }

  read(from: LogIndex, to: LogIndex, _maxBytes: number, done: ReadDone): void {
    this.#schedule(() => done(undefined, this.#log.slice(from, to)));
  }

  prune(): void {}

  behind(): LogPosition | undefined {
    return undefined;
  }

  prepareInstall(_intent: InstallIntent, done: Done): void {
    this.#schedule(() => done(undefined));
  }

  healed(): void {}

  readonly #durations = new DurationHistogram([1]);

  get metrics(): WalMetrics {
    return { syncs: 0, records: 0, bytes: 0, lastSyncMs: 0, meanSyncMs: 0, durations: this.#durations };
  }

  close(done: Done): void {
    this.#schedule(() => done(undefined));
  }

  #begin(): void {
    if (this.#syncing || this.held || this.#queued.length === 0) return;
    this.#syncing = true;
    const records = this.#queued;
    this.#queued = [];
    this.#schedule(() => {
      this.#syncing = false;
      if (this.failing) return this.#events.failed(new HostError("io", "log", "fdatasync failed"));
      for (const record of records) this.#log.take(record);
      this.#events.stored((records.at(-1) as WalRecord).sequence, this.#log.last);
      this.#begin();
    });
  }
}
