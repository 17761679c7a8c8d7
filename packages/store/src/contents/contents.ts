import { HostError, type Callback, type Done } from "@quorate/host";
import type { Engine, EngineIterator, EngineSnapshot } from "../engine.ts";
import { pointOf } from "../engine-pages.ts";
import { prefixes, prefixSpan, stateKey } from "../key-space.ts";
import { loadAll } from "../load-state.ts";
import { bytesOf } from "../key-text.ts";
import type { KeyValue } from "../operations.ts";
import { unsealVersion } from "../records.ts";
import { unsealState, type StateRecord } from "../state-record.ts";
import { attempt, inTurn, untilFinished, type Pause } from "../steps.ts";
import type { Table } from "../tables/table.ts";
import { Tables } from "../tables/tables.ts";
import type { OpenSources } from "../transfer/state-source.ts";
import { keyValueOf } from "../version.ts";
import { ReadableVersions, type StoredVersion } from "./readable-versions.ts";

/** A version with what it says: of a deletion the key alone. */
export interface LoadedVersion {
  readonly isPut: boolean;
  readonly item: KeyValue;
}

/**
 * Everything that can be read of the last checkpoint, for writing it down in another form: a view that later writes do not change.
 * It must be closed; the store ends it when it is closed itself. One call at a time.
 */
export interface StateContents {
  readonly record: Pick<StateRecord, "position" | "revision" | "compactedRevision">;
  /** Leases, alarms, users and roles as of the same checkpoint. */
  readonly tables: Pick<Tables, "alarms" | "auth" | "leases" | "members">;
  /** The next versions, in the order of keys and then of revisions; undefined at the end. A page may be empty. */
  nextVersions(done: Callback<readonly StoredVersion[] | undefined>): void;
  /** What these versions say, in the same order. */
  load(engineKeys: readonly Uint8Array[], done: Callback<readonly LoadedVersion[]>): void;
  close(): void;
}

export interface ContentsParts {
  readonly engine: Engine;
  readonly open: OpenSources;
  readonly pause: Pause;
  /** Passes an error on, and takes note of damage. */
  readonly noted: (error: HostError | undefined) => HostError | undefined;
}

const versionsPerPage = 256;
/** Versions that are read at a time: this many, and about so many bytes, by the size of those before. */
const mostLoaded = 128;
const loadedBytes = 512 * 1024;

export function openContents(parts: ContentsParts, done: Callback<StateContents>): void {
  const { engine, pause, noted, open } = parts;
  const snapshot = engine.snapshot();
  const tables = new Tables();
  const fail = (error: HostError): void => {
    snapshot.close();
    done(noted(error), undefined as never);
  };
  snapshot.getMany([stateKey], (error, [sealed]) => {
    if (error !== undefined) return fail(error);
    const record = attempt(() => unsealState(sealed));
    if (record.error !== undefined) return fail(record.error);
    const loadTable = (index: number, next: Done): void => {
      const table = tables.all[index] as Table;
      loadAll(snapshot, table.kind.prefix, (found) => table.load(found), pause, next);
    };
    inTurn(tables.all.length, loadTable, (error) => {
      if (error !== undefined) return fail(error);
      const contents = new Contents(parts, snapshot, record.value, tables);
      open.add(contents);
      done(undefined, contents);
    });
  });
}

class Contents implements StateContents {
  readonly record: StateRecord;
  readonly tables: Tables;
  readonly #parts: ContentsParts;
  readonly #snapshot: EngineSnapshot;
  readonly #iterator: EngineIterator;
  readonly #readable: ReadableVersions;
  #averageBytes = 64 * 1024;
  #isEnd = false;
  #isReading = false;
  #isClosed = false;
  #ending: { readonly reason: HostError; readonly done: () => void } | undefined;

  constructor(parts: ContentsParts, snapshot: EngineSnapshot, record: StateRecord, tables: Tables) {
    this.#parts = parts;
    this.#snapshot = snapshot;
    this.record = record;
    this.tables = tables;
    this.#readable = new ReadableVersions(record.compactedRevision);
    this.#iterator = snapshot.iterate({ ...prefixSpan(prefixes.history), keysOnly: true });
  }

  nextVersions(done: Callback<readonly StoredVersion[] | undefined>): void {
    if (this.#isEnd) return done(undefined, undefined);
    this.#read<readonly StoredVersion[]>((finish) => {
      this.#iterator.next(versionsPerPage, (error, records) => {
        if (error !== undefined) return finish(error, []);
        this.#isEnd = records.length === 0;
        const taken = attempt(() => this.#readable.take(records));
        if (taken.error !== undefined) return finish(taken.error, []);
        finish(undefined, taken.value);
      });
    }, done);
  }

  load(engineKeys: readonly Uint8Array[], done: Callback<readonly LoadedVersion[]>): void {
    this.#read<readonly LoadedVersion[]>((finish) => this.#loadInSteps(engineKeys, finish), done);
  }

  end(reason: HostError, done: () => void): void {
    this.#ending = { reason, done };
    if (!this.#isReading) this.#finishEnding(done);
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#parts.open.delete(this);
    // What is being read at this moment is let finish.
    if (!this.#isReading) this.#release();
  }

  #loadInSteps(engineKeys: readonly Uint8Array[], done: Callback<readonly LoadedVersion[]>): void {
    const loaded: LoadedVersion[] = [];
    untilFinished(
      (step) => {
        const count = Math.max(1, Math.min(mostLoaded, Math.floor(loadedBytes / this.#averageBytes)));
        const page = engineKeys.slice(loaded.length, loaded.length + count);
        if (page.length === 0) return step(undefined, true);
        this.#snapshot.getMany(page, (error, values) => {
          if (error !== undefined) return step(error, true);
          this.#averageBytes = Math.max(64, values.reduce((sum, value) => sum + (value?.length ?? 0), 0) / page.length);
          const read = attempt(() => page.map((engineKey, index) => versionOf(engineKey, values[index])));
          if (read.error !== undefined) return step(read.error, true);
          loaded.push(...read.value);
          this.#parts.pause(() => step(this.#ending?.reason, false));
        });
      },
      (error) => done(error, loaded),
    );
  }

  #read<T>(work: (finish: Callback<T>) => void, done: Callback<T>): void {
    if (this.#ending !== undefined) return done(this.#ending.reason, undefined as never);
    if (this.#isClosed)
      return done(new HostError("closed", "store", "this view of the store is closed"), undefined as never);
    this.#isReading = true;
    work((error, value) => {
      this.#isReading = false;
      const ending = this.#ending;
      if (ending !== undefined) this.#finishEnding(ending.done);
      else if (this.#isClosed) this.#release();
      done(this.#parts.noted(error ?? ending?.reason), value);
    });
  }

  #finishEnding(done: () => void): void {
    if (!this.#isClosed) this.#release();
    this.#isClosed = true;
    done();
  }

  #release(): void {
    this.#iterator.close();
    this.#snapshot.close();
  }
}

/** Throws `DamagedRecordError`. */
function versionOf(engineKey: Uint8Array, sealed: Uint8Array | undefined): LoadedVersion {
  const { key, revision, isPut } = pointOf(engineKey);
  const version = unsealVersion(key, revision, isPut, sealed, engineKey);
  if (isPut) return { isPut, item: keyValueOf(key, version, false) };
  const nothing = new Uint8Array(0);
  const item = { key: bytesOf(key), value: nothing, createRevision: 0, modRevision: 0, version: 0, lease: 0n };
  return { isPut, item };
}
