import { mkdir, realpath, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Callback, Done } from "@quorate/host";
import { HostError } from "@quorate/host";
import type { Engine, EngineHome } from "@quorate/store";
import { lockDirectory } from "./directory-lock.ts";
import { syncDirectory } from "./directory-sync.ts";
import { failureOf } from "./errno.ts";
import { openLevelEngine, type LevelEngineOptions } from "./level-engine.ts";
import { report } from "./level-errors.ts";

/**
 * Where a LevelDB engine lies, and another one beside it:
 *
 *   <directory>            the engine in use
 *   <directory>.incoming   the engine beside it, in which a state that is being received is put together
 *   <directory>.installed  the same once it is complete and decided for: it is the one in use now
 *   <directory>.replaced   what is being removed
 *
 * An exchange is: rename `.incoming` to `.installed`, which decides; the old one to `.replaced`; `.installed` to the name of the
 * engine in use. The parent directory is synced after each, so a power cut leaves one of these stages, and whoever finds
 * `.installed` finishes. Each batch of an engine is durable when it is done, those of the one beside too; so nothing needs a
 * sync before the first renaming.
 *
 * While its engine is open LevelDB's own lock keeps other processes away. Whoever opens or exchanges holds the lock of
 * the parent directory (`Disk.lock`) as well: in an exchange no engine is open for a moment.
 */
export function createLevelHome(directory: string, options: LevelEngineOptions = {}): EngineHome {
  const home = new LevelHome(directory, options);
  return {
    open: (done: Callback<Engine>) => report(home.open(), directory, done),
    openStaging: (done: Callback<Engine>) => report(home.openStaging(), directory, done),
    discardStaging: (done: Done) => report(home.discardStaging(), directory, (error) => done(error)),
    exchange: (done: Done) => report(home.exchange(), directory, (error) => done(error)),
  };
}

class LevelHome {
  readonly #inUse: string;
  readonly #incoming: string;
  readonly #installed: string;
  readonly #replaced: string;
  readonly #parent: string;
  readonly #options: LevelEngineOptions;

  constructor(directory: string, options: LevelEngineOptions) {
    this.#inUse = directory;
    this.#incoming = `${directory}.incoming`;
    this.#installed = `${directory}.installed`;
    this.#replaced = `${directory}.replaced`;
    this.#parent = dirname(directory);
    this.#options = options;
  }

  open(): Promise<Engine> {
    return this.#locked(async () => {
      await this.#finishExchange();
      // What is found need not be durable: the last sync of an exchange may have failed, and the process ended for it.
      await syncDirectory(this.#parent);
      await rm(this.#replaced, { recursive: true, force: true });
      return openLevelEngine(this.#inUse, this.#options);
    });
  }

  async openStaging(): Promise<Engine> {
    try {
      return await openLevelEngine(this.#incoming, this.#options);
    } catch (error) {
      // What cannot be opened is of no use to anybody: the state is sent again.
      const isDamaged = error instanceof HostError && (error.code === "corrupt" || error.code === "not-found");
      if (!isDamaged) throw error;
      await this.discardStaging();
      return openLevelEngine(this.#incoming, this.#options);
    }
  }

  /** Under another name first: half a database must not be taken for a whole one. */
  async discardStaging(): Promise<void> {
    if (!(await exists(this.#incoming))) return;
    await this.#moveAway(this.#incoming);
    await rm(this.#replaced, { recursive: true, force: true });
  }

  exchange(): Promise<void> {
    return this.#locked(async () => {
      await this.#rename(this.#incoming, this.#installed);
      await this.#finishExchange();
      await rm(this.#replaced, { recursive: true, force: true });
    });
  }

  async #finishExchange(): Promise<void> {
    if (!(await exists(this.#installed))) return;
    if (await exists(this.#inUse)) await this.#moveAway(this.#inUse);
    await this.#rename(this.#installed, this.#inUse);
  }

  async #moveAway(path: string): Promise<void> {
    await rm(this.#replaced, { recursive: true, force: true });
    await this.#rename(path, this.#replaced);
  }

  async #rename(from: string, to: string): Promise<void> {
    await rename(from, to);
    await syncDirectory(this.#parent);
  }

  async #locked<T>(work: () => Promise<T>): Promise<T> {
    const place = join(await realpath(this.#parent), "lock");
    await mkdir(place, { recursive: true, mode: 0o700 });
    const release = await lockDirectory(this.#parent, place);
    try {
      return await work();
    } finally {
      await release();
    }
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (failureOf(error).code === "not-found") return false;
    throw error;
  }
}
