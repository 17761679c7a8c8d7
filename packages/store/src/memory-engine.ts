import { HostError, type Callback, type Done } from "@quorate/host";
import type { Engine, EngineIterator, EngineRange, EngineRecord, EngineSnapshot, EngineWrite } from "./engine.ts";
import { textOf, type KeyText } from "./key-text.ts";
import { emptyRecords, recordAt, seek, withWrites, type MemoryRecords } from "./memory-records.ts";

export interface MemoryEngineOptions {
  /** Calls back once, after the call that asks has returned: `Timers.endOfTurn`, or something slower. */
  readonly schedule: (callback: () => void) => void;
  /** The same for writes, where they should take longer. */
  readonly scheduleWrite?: (callback: () => void) => void;
  /** Another engine's contents, from `durableCopy`. */
  readonly contents?: MemoryRecords;
}

const noValue = new Uint8Array(0);

/**
 * An engine in memory, for simulators and browsers. Deterministic: it orders completions as `schedule` does. A write is
 * durable when it completes: what `durableCopy` gives survives the crash of everything else.
 */
export class MemoryEngine implements Engine {
  readonly #schedule: (callback: () => void) => void;
  readonly #scheduleWrite: (callback: () => void) => void;
  #records: MemoryRecords;
  #isClosed = false;

  constructor(options: MemoryEngineOptions) {
    this.#schedule = options.schedule;
    this.#scheduleWrite = options.scheduleWrite ?? options.schedule;
    this.#records = options.contents ?? emptyRecords;
  }

  /** Everything that completed writes made; later writes do not change it. For `contents` of another engine. */
  durableCopy(): MemoryRecords {
    return this.#records;
  }

  getSync(key: Uint8Array): Uint8Array | undefined {
    if (this.#isClosed) throw closedError();
    return recordAt(this.#records, textOf(key))?.value;
  }

  getMany(keys: readonly Uint8Array[], done: Callback<readonly (Uint8Array | undefined)[]>): void {
    this.#getMany(this.#records, keys, done);
  }

  snapshot(): EngineSnapshot {
    const records = this.#records;
    return {
      iterate: (range) => this.#iterate(records, range),
      getMany: (keys, done) => this.#getMany(records, keys, done),
      close: () => {},
    };
  }

  write(batch: readonly EngineWrite[], done: Done): void {
    // Copies: the caller's arrays are its own again when this returns.
    const writes = batch.map(({ key, value }) => ({
      text: textOf(key),
      value: value === undefined ? undefined : new Uint8Array(value),
    }));
    this.#scheduleWrite(() => {
      if (this.#isClosed) return done(closedError());
      this.#records = withWrites(this.#records, writes);
      done(undefined);
    });
  }

  close(done: Done): void {
    this.#schedule(() => {
      const error = this.#isClosed ? closedError() : undefined;
      this.#isClosed = true;
      done(error);
    });
  }

  #getMany(
    records: MemoryRecords,
    keys: readonly Uint8Array[],
    done: Callback<readonly (Uint8Array | undefined)[]>,
  ): void {
    const values = keys.map((key) => recordAt(records, textOf(key))?.value);
    this.#schedule(() => (this.#isClosed ? done(closedError(), []) : done(undefined, values)));
  }

  #iterate(records: MemoryRecords, range: EngineRange): EngineIterator {
    const from = textOf(range.from);
    const to = range.to === undefined ? undefined : textOf(range.to);
    const step = range.reverse === true ? -1 : 1;
    let place = range.reverse === true ? seek(records, to, -1) : seek(records, from, 1);
    const isInside = (key: KeyText): boolean => key >= from && (to === undefined || key < to);
    return {
      next: (count, done) => {
        const page: EngineRecord[] = [];
        for (; page.length < count; place = place.next(step)) {
          const record = place.record;
          if (record === undefined || !isInside(record.text)) break;
          page.push({ key: record.key, value: range.keysOnly === true ? noValue : record.value });
        }
        this.#schedule(() => (this.#isClosed ? done(closedError(), []) : done(undefined, page)));
      },
      close: () => {},
    };
  }
}

const closedError = (): HostError => new HostError("closed", "memory engine", "the engine is closed");
