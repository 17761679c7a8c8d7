import { HostError, type DirectoryLock, type Logger } from "@quorate/host";
import { openLevelEngine, type NodeHost } from "@quorate/host-node";
import { isDamage, openStore, pacedBy, type Engine, type KeyValueStore } from "@quorate/store";
import { completion } from "./completion.ts";
import { EtcdServerError } from "./server-options.ts";
import type { StateDirectory } from "./state-directory.ts";

export interface OpenedState {
  readonly store: KeyValueStore;
  /** It does not yet hold what a discarded one held. */
  readonly isRebuilding: boolean;
}

export interface StateOpening {
  readonly host: NodeHost;
  readonly dataDir: string;
  readonly directory: StateDirectory;
  /** What scrubs and comparisons may read in a second. */
  readonly backgroundBytesPerSecond: number;
  readonly logger: Logger;
}

/** Opens the state, which takes the engine's lock. A damaged one is set aside and an empty one opened in its place, once. */
export async function openState(opening: StateOpening): Promise<OpenedState> {
  const { directory, logger } = opening;
  const noted = await directory.damage();
  if (noted === undefined) {
    const found = await openOrDamage(opening);
    if (!(found instanceof HostError)) return { store: found, isRebuilding: await directory.isRebuilding() };
    logger.error(`the state cannot be opened: ${found.message}`);
    await directory.markDamaged(found.message);
  }
  await discard(opening, noted);
  const empty = await openOrDamage(opening);
  if (empty instanceof HostError) throw empty;
  return { store: empty, isRebuilding: true };
}

/** Under the lock of the data directory: of two processes that are started on it, one must not discard what the other opens. */
async function discard({ host, dataDir, directory, logger }: StateOpening, noted: string | undefined): Promise<void> {
  const lock = await completion<DirectoryLock>((done) => host.disk.lock(dataDir, done));
  try {
    if (await directory.exists()) await assertUnused(directory.path);
    const aside = await directory.discard();
    logger.warn("the damaged state was discarded: it is rebuilt from the log", {
      ...(noted === undefined ? {} : { damage: noted }),
      ...(aside === undefined ? {} : { setAside: aside }),
    });
  } finally {
    await completion<void>((done) => lock.release((error) => done(error, undefined)));
  }
}

/** Rejects with `locked` while a process has the damaged state open. */
async function assertUnused(path: string): Promise<void> {
  try {
    const engine = await openLevelEngine(path);
    await closeEngine(engine);
  } catch (error) {
    if (error instanceof HostError && error.code === "locked") throw error;
  }
}

async function openOrDamage(opening: StateOpening): Promise<KeyValueStore | HostError> {
  const { host, directory, backgroundBytesPerSecond } = opening;
  let engine: Engine | undefined;
  try {
    engine = await openLevelEngine(directory.path);
    const own = engine;
    const { timers } = host;
    const background = pacedBy(timers, backgroundBytesPerSecond);
    const store = await completion<KeyValueStore | undefined>((done) =>
      openStore({ engine: own, timers, background }, done),
    );
    if (store === undefined) throw new EtcdServerError("the state did not open");
    return store;
  } catch (error) {
    if (engine !== undefined) await closeEngine(engine);
    if (error instanceof HostError && isStateDamage(error)) return error;
    throw error;
  }
}

/** A file that the engine looks for and does not find is damage as well: the directory itself is made when it is absent. */
function isStateDamage(error: HostError): boolean {
  return isDamage(error) || error.code === "not-found";
}

function closeEngine(engine: Engine): Promise<void> {
  return completion<void>((done) => engine.close((error) => done(error, undefined)));
}
