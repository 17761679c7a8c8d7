import { HostError, type Callback, type Done } from "@quorate/host";
import type { Engine, EngineIterator, EngineSnapshot } from "../engine.ts";
import { pointOf } from "../engine-pages.ts";
import { prefixes, prefixSpan, stateKey } from "../key-space.ts";
import { loadAll } from "../load-state.ts";
import { bytesOf } from "../key-text.ts";
import type { KeyValue } from "../operations.ts";
import { unsealVersion } from "../records.ts";
import { unsealState, type StateRecord } from "../state-record.ts";
import { attempt, inTurn, type Pause } from "../steps.ts";
import type { Table } from "../tables/table.ts";
import { Tables } from "../tables/tables.ts";
import type { OpenSources } from "../transfer/state-source.ts";
import { keyValueOf } from "../version.ts";
import { ReadableVersions, type SizedVersion, type StoredVersion } from "./readable-versions.ts";

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
  /** What the first of these versions say: as many as take up to `pageBytes` together, and one at least. */
  load(versions: readonly SizedVersion[], done: Callback<readonly LoadedVersion[]>): void;
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
/** What is read of versions at a time: so many of them, and so many bytes; more only where a single one is larger. */
const mostLoaded = 128;
export const pageBytes = 1024 * 1024;

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
    // With the values, for their lengths: an engine's page has a bound in bytes, where reading them later by their keys has none.
    this.#iterator = snapshot.iterate(prefixSpan(prefixes.history));
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

  load(versions: readonly SizedVersion[], done: Callback<readonly LoadedVersion[]>): void {
    const page = pageOf(versions).map(({ engineKey }) => engineKey);
    this.#read<readonly LoadedVersion[]>((finish) => {
      this.#snapshot.getMany(page, (error, values) => {
        if (error !== undefined) return finish(error, []);
        const read = attempt(() => page.map((engineKey, index) => versionOf(engineKey, values[index])));
        if (read.error !== undefined) return finish(read.error, []);
        this.#parts.pause(() => finish(undefined, read.value));
      });
    }, done);
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

function pageOf(versions: readonly SizedVersion[]): readonly SizedVersion[] {
  let bytes = 0;
  const end = versions.findIndex((version, index) => {
    bytes += version.bytes;
    return index === mostLoaded || (index > 0 && bytes > pageBytes);
  });
  return end === -1 ? versions : versions.slice(0, end);
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
