import { HostError, type Done } from "@quorate/host";
import type { Entry, HardState, LogIndex, LogPosition } from "@quorate/raft";
import type { ReadDone, Recovered, Wal, WalEvents, WalMetrics, WalRecord } from "@quorate/wal";

/** What stays of a member's log when its process ends: records that were synced. */
export class MemoryLog {
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
      base: { index: 0, term: 0 },
      last: this.last,
      termRuns,
      configurations: this.entries.filter((entry) => entry.kind === 2),
      incarnation: ++this.incarnation,
      starts: { incarnations: Array.from({ length: this.incarnation }, (_, at) => at + 1), isWhole: true },
      tornTail: undefined,
      damage: undefined,
    };
  }

  get last(): LogPosition {
    const last = this.entries.at(-1);
    return last === undefined ? { index: 0, term: 0 } : { index: last.index, term: last.term };
  }

  take({ truncateFrom, entries, hardState }: WalRecord): void {
    if (truncateFrom !== undefined) this.entries.length = Math.min(this.entries.length, truncateFrom - 1);
    for (const entry of entries) {
      if (entry.index !== this.entries.length + 1) throw new Error(`a gap before ${entry.index}`);
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
    this.#schedule(() => done(undefined, this.#log.entries.slice(from - 1, to)));
  }

  prune(): void {}

  behind(): LogPosition | undefined {
    return undefined;
  }

  healed(): void {}

  get metrics(): WalMetrics {
    return { syncs: 0, records: 0, bytes: 0, lastSyncMs: 0, meanSyncMs: 0 };
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
