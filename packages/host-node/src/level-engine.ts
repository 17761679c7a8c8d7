import { realpath } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { dirname } from "node:path";
import { ClassicLevel } from "classic-level";
import type { Snapshot } from "classic-level";
import { HostError } from "@quorate/host";
import type { Callback, Done } from "@quorate/host";
import type { Engine, EngineIterator, EngineRange, EngineRecord, EngineSnapshot, EngineWrite } from "@quorate/store";
import { claim, unclaim } from "./held-directories.ts";
import { openDirectory, syncDirectory } from "./directory-sync.ts";
import { failureOf } from "./errno.ts";
import { levelHostError, report } from "./level-errors.ts";
import { checkLogs } from "./level-log.ts";
import { makeLevel, openingIsDurable, prepareOpening } from "./level-opening.ts";

type Level = ClassicLevel<Uint8Array, Uint8Array>;
type Values = readonly (Uint8Array | undefined)[];

export interface LevelEngineOptions {
  /** LevelDB's cache of uncompressed blocks, in bytes; 32 MiB by default. */
  readonly cacheBytes?: number;
  /** How much is logged before it becomes a table, in bytes; up to two of these are in memory. 16 MiB by default. */
  readonly writeBufferBytes?: number;
}

/** The most that one page of an iterator reads ahead, in bytes; one record more than that when it is larger. */
const pageBytes = 512 * 1024;
/** How long a batch is filled without a break, in ms, and after how many records the clock is read. */
const fillMs = 2;
const recordsPerReading = 32;

/** After every key of a store. */
const lastKey = new Uint8Array([0xff]);
const noValue = new Uint8Array(0);

/**
 * Opens (or makes, in a parent that exists) the LevelDB database in `directory`. Rejects with a `HostError`: `locked`
 * when another process or this one has it open, `not-found` without the parent, `denied`, `no-space`, `io`.
 *
 * What is known of LevelDB 1.20, the version inside classic-level 3, and what follows from it here:
 * - It writes a batch to its log and syncs the log only when asked, and it does not sync the old log when it begins a new
 *   one. An unsynced batch may thus vanish though later, synced ones survive. So every batch is synced.
 * - It syncs its directory when it syncs a MANIFEST (a new table, a compaction), but not when it begins a new log nor when
 *   it renames CURRENT. So the directory is synced after opening and after every batch, before the batch is done.
 * - It passes over damage in its logs when it opens a database: `level-log.ts` looks before it does.
 * - It does not verify the checksums of what it reads, and this binding cannot ask it to. The store's records have their own.
 * - Neither its making of a database nor its opening of one survives every power cut: `level-opening.ts` is around both.
 * - Compactions run on a thread of LevelDB's; reads, batches and opening on libuv's pool, where they wait behind whatever
 *   else runs there. The durable log does not (DESIGN §4): it is not written through this.
 * - Its lock is a record lock of the system on the file LOCK and ends with the process. An attempt to open a database twice
 *   in one process would drop it, so that attempt never reaches LevelDB.
 */
export async function openLevelEngine(directory: string, options: LevelEngineOptions = {}): Promise<Engine> {
  await makeLevel(directory).catch((error: unknown) => {
    const { code, reason } = failureOf(error);
    throw new HostError(code, directory, `cannot make the database ${directory}: ${reason}`, { cause: error });
  });
  const path = await realpath(directory);
  claim(path, directory);
  let database: Level | undefined;
  let handle: FileHandle | undefined;
  try {
    await prepareOpening(directory);
    await checkLogs(directory);
    // It begins to open by itself as soon as it is made.
    database = new ClassicLevel(directory, {
      keyEncoding: "view",
      valueEncoding: "view",
      cacheSize: options.cacheBytes ?? 32 * 1024 * 1024,
      writeBufferSize: options.writeBufferBytes ?? 16 * 1024 * 1024,
    });
    await database.open();
    handle = await openDirectory(directory);
    await handle?.sync();
    await syncDirectory(dirname(directory));
    await openingIsDurable(directory);
    return new LevelEngine({ directory, path, database, handle });
  } catch (error) {
    await handle?.close();
    await database?.close();
    unclaim(path);
    throw levelHostError(error, directory);
  }
}

interface OpenDatabase {
  /** As the caller named it. */
  readonly directory: string;
  /** Its true path. */
  readonly path: string;
  readonly database: Level;
  /** For syncing the directory; undefined where that is not possible. */
  readonly handle: FileHandle | undefined;
}

interface QueuedWrite {
  readonly batch: readonly EngineWrite[];
  readonly done: Done;
}

/** LevelDB as an `Engine`. The bytes of a batch must not change until it is done. */
class LevelEngine implements Engine {
  readonly #directory: string;
  readonly #path: string;
  readonly #database: Level;
  readonly #handle: FileHandle | undefined;
  /** Batches in their order, the first one under way. How many there are is the caller's to bound. */
  readonly #writes: QueuedWrite[] = [];
  /** What made a batch fail. Nothing is written after it: pages that were not synced may be marked clean. */
  #failure: HostError | undefined;
  #closing: Done | undefined;

  constructor({ directory, path, database, handle }: OpenDatabase) {
    this.#directory = directory;
    this.#path = path;
    this.#database = database;
    this.#handle = handle;
  }

  getSync(key: Uint8Array): Uint8Array | undefined {
    const value = this.#now(() => this.#database.getSync(key));
    return value === undefined ? undefined : plain(value);
  }

  getMany(keys: readonly Uint8Array[], done: Callback<Values>): void {
    report(this.#getMany(keys, undefined), this.#directory, done);
  }

  snapshot(): EngineSnapshot {
    const snapshot = this.#now(() => this.#database.snapshot());
    return {
      iterate: (range) => this.#iterate(range, snapshot),
      getMany: (keys, done) => report(this.#getMany(keys, snapshot), this.#directory, done),
      close: () => void snapshot.close(),
    };
  }

  write(batch: readonly EngineWrite[], done: Done): void {
    if (this.#closing !== undefined) {
      process.nextTick(done, this.#closedError());
      return;
    }
    this.#writes.push({ batch, done });
    if (this.#writes.length === 1) this.#writeNext();
  }

  reclaim({ from, to }: Pick<EngineRange, "from" | "to">, done: Done): void {
    if (this.#closing !== undefined) {
      process.nextTick(done, this.#closedError());
      return;
    }
    report(this.#database.compactRange(from, to ?? lastKey), this.#directory, (error) => done(error));
  }

  /** Completes the batches under way first. */
  close(done: Done): void {
    if (this.#closing !== undefined) {
      process.nextTick(done, this.#closedError());
      return;
    }
    this.#closing = done;
    if (this.#writes.length === 0) this.#finishClosing(done);
  }

  #writeNext(): void {
    const next = this.#writes[0];
    if (next === undefined) {
      if (this.#closing !== undefined) this.#finishClosing(this.#closing);
      return;
    }
    report(this.#writeDurably(next.batch), this.#directory, (error) => {
      this.#failure ??= error;
      this.#writes.shift();
      this.#writeNext();
      next.done(error);
    });
  }

  async #writeDurably(batch: readonly EngineWrite[]): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    const chained = this.#database.batch();
    // A batch of a checkpoint holds tens of thousands of records: filled at one go it would stop the heartbeats.
    for (let index = 0; index < batch.length; ) {
      const until = performance.now() + fillMs;
      do {
        const end = Math.min(index + recordsPerReading, batch.length);
        for (const { key, value } of batch.slice(index, end)) {
          if (value === undefined) chained.del(key);
          else chained.put(key, value);
        }
        index = end;
      } while (index < batch.length && performance.now() < until);
      if (index < batch.length) await new Promise((resolve) => setImmediate(resolve));
    }
    await chained.write({ sync: true });
    await this.#handle?.sync();
  }

  #finishClosing(done: Done): void {
    const close = async (): Promise<void> => {
      await this.#database.close();
      await this.#handle?.close();
      unclaim(this.#path);
    };
    report(close(), this.#directory, (error) => done(error));
  }

  async #getMany(keys: readonly Uint8Array[], snapshot: Snapshot | undefined): Promise<Values> {
    if (this.#closing !== undefined) throw this.#closedError();
    const found = await this.#database.getMany([...keys], snapshot === undefined ? {} : { snapshot });
    return found.map((value) => (value === undefined ? undefined : plain(value)));
  }

  #iterate(range: EngineRange, snapshot: Snapshot): EngineIterator {
    const { from, to, reverse = false, keysOnly = false } = range;
    const iterator = this.#now(() =>
      this.#database.iterator({
        snapshot,
        reverse,
        values: !keysOnly,
        highWaterMarkBytes: pageBytes,
        ...(from.length === 0 ? {} : { gte: from }),
        ...(to === undefined ? {} : { lt: to }),
      }),
    );
    const page = async (count: number): Promise<EngineRecord[]> => {
      // Without its values an iterator gives `undefined` for each, whatever its type says.
      const entries: readonly (readonly [Uint8Array, Uint8Array | undefined])[] = await iterator.nextv(count);
      return entries.map(([key, value]) => ({ key: plain(key), value: value === undefined ? noValue : plain(value) }));
    };
    return {
      next: (count, done) => report(page(count), this.#directory, done),
      close: () => void iterator.close(),
    };
  }

  /** @throws HostError */
  #now<T>(work: () => T): T {
    if (this.#closing !== undefined) throw this.#closedError();
    try {
      return work();
    } catch (error) {
      throw levelHostError(error, this.#directory);
    }
  }

  #closedError(): HostError {
    return new HostError("closed", this.#directory, `the database in ${this.#directory} is closed`);
  }
}

/** A plain array over the same bytes: `slice` of Node's Buffer is a view, and host-neutral code means a copy. */
function plain(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
