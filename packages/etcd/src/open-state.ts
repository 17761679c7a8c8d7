import { HostError, type DirectoryLock, type Logger } from "@quorate/host";
import { assertLevelUnlocked, createLevelHome, type NodeHost } from "@quorate/host-node";
import {
  defaultStoreLimits,
  isDamage,
  openStore,
  pacedBy,
  type Engine,
  type KeyValueStore,
  type StoreLimits,
} from "@quorate/store";
import { completion } from "./completion.ts";
import { maxRebuilds, type Damage, type RebuildHistory } from "./rebuild-history.ts";
import { EtcdServerError } from "./server-options.ts";
import type { StateDirectory } from "./state-directory.ts";

export interface OpenedState {
  readonly store: KeyValueStore;
  /** It does not yet hold what a discarded one held. */
  readonly isRebuilding: boolean;
  /** It was rebuilt of late, and has not been found equal to those of the other members since. */
  readonly isOnProbation: boolean;
}

export interface StateOpening {
  readonly host: NodeHost;
  readonly dataDir: string;
  readonly clusterId: number;
  readonly directory: StateDirectory;
  readonly history: RebuildHistory;
  /** What scrubs and comparisons may read in a second. */
  readonly backgroundBytesPerSecond: number;
  /** What the state may take, in bytes; 0 for no bound. */
  readonly quotaBytes: number;
  readonly logger: Logger;
}

/**
 * What the journal may take of a quota: compaction does not touch it, so without a bound that follows the quota it could come to fill it,
 * and nothing that an operator may do would make room.
 */
const journalShare = 1 / 8;

function limitsUnder(quotaBytes: number): Partial<StoreLimits> {
  if (quotaBytes === 0) return {};
  return { maxJournalBytes: Math.min(defaultStoreLimits.maxJournalBytes, Math.floor(quotaBytes * journalShare)) };
}

/** Opens the state, which takes the engine's lock. A damaged one is set aside and an empty one opened in its place, once. */
export async function openState(opening: StateOpening): Promise<OpenedState> {
  const { directory, history, logger } = opening;
  let damage = await directory.damage();
  if (damage === undefined) {
    const found = await openOrDamage(opening);
    if (!(found instanceof HostError)) {
      const isRebuilding = await isStillRebuilding(found, directory);
      return { store: found, isRebuilding, isOnProbation: (await history.read()).length > 0 };
    }
    logger.error(`the state cannot be opened: ${found.message}`);
    await assertLogIsThere(directory, found.message);
    await directory.markDamaged(found.message);
    damage = await directory.damage();
  }
  if (damage === undefined) throw new EtcdServerError("the mark of the damaged state was removed during the start");
  await assertLogIsThere(directory, damage.why);
  await discard(opening, damage);
  const empty = await openOrDamage(opening);
  if (empty instanceof HostError) throw empty;
  return { store: empty, isRebuilding: true, isOnProbation: true };
}

/** A start that was to rebuild the state did not come to its end. */
async function isStillRebuilding(store: KeyValueStore, directory: StateDirectory): Promise<boolean> {
  if (!(await directory.isRebuilding())) return false;
  if (await directory.hasLog()) return true;
  await completion<void>((done) => store.close((error) => done(error, undefined)));
  throw noLog("it was being rebuilt");
}

/**
 * A member without a log and without a state would take itself for new and vote again in terms in which it has voted (Raft
 * §5.2). A state that is ahead of its log shows a log that was removed; one that is discarded no longer could.
 */
async function assertLogIsThere(directory: StateDirectory, damage: string): Promise<void> {
  if (!(await directory.hasLog())) throw noLog(damage);
}

function noLog(damage: string): EtcdServerError {
  return new EtcdServerError(
    `the state is damaged (${damage}), and there is no log to rebuild it from: put this member's log back, or, if it has ` +
      "never run before, remove its data directory",
  );
}

/** Under the lock of the data directory: of two processes that are started on it, one must not discard what the other opens. */
async function discard({ host, dataDir, directory, history, logger }: StateOpening, damage: Damage): Promise<void> {
  const lock = await completion<DirectoryLock>((done) => host.disk.lock(dataDir, done));
  try {
    await assertLevelUnlocked(directory.path);
    const rebuilding = await history.begin(damage);
    const aside = await directory.discard();
    logger.warn("the damaged state was discarded: it is rebuilt from the log", {
      damage: damage.why,
      rebuilding: `${rebuilding} of ${maxRebuilds}`,
      ...(aside === undefined ? {} : { setAside: aside }),
    });
  } finally {
    await completion<void>((done) => lock.release((error) => done(error, undefined)));
  }
}

async function openOrDamage(opening: StateOpening): Promise<KeyValueStore | HostError> {
  const { host, directory, clusterId, backgroundBytesPerSecond, quotaBytes } = opening;
  let engine: Engine | undefined;
  try {
    const home = createLevelHome(directory.path);
    engine = await completion<Engine>((done) => home.open(done));
    const own = engine;
    const { timers } = host;
    const background = pacedBy(timers, backgroundBytesPerSecond);
    const store = await completion<KeyValueStore | undefined>((done) =>
      openStore({ engine: own, home, lineage: clusterId, timers, background, limits: limitsUnder(quotaBytes) }, done),
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
