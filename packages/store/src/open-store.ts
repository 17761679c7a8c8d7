import type { Callback, HostError, Timers } from "@quorate/host";
import type { Engine } from "./engine.ts";
import type { EngineHome } from "./engine-home.ts";
import { defaultStoreLimits, type StoreLimits } from "./limits.ts";
import { loadBlocks, loadState } from "./load-state.ts";
import type { Pace } from "./pace.ts";
import { attempt, type Pause } from "./steps.ts";
import { KeyValueStore } from "./store.ts";
import { finishInstallation, readInstallation } from "./transfer/increment-installation.ts";
import { whatCannotBeFinished } from "./transfer/staging-record.ts";
import type { WatchLimits } from "./watch/watch-limits.ts";

export interface StoreOptions {
  readonly engine: Engine;
  /** Where the engine lies: with it the store can take a state that another member sends. */
  readonly home?: EngineHome;
  /**
   * Which history this is, a safe integer from 0: the cluster's identity. States of another one are refused, and what was received
   * of one is not gone on with. 0 unless given.
   */
  readonly lineage?: number;
  /** Long work pauses through these, so that what waits in sockets comes first. */
  readonly timers: Pick<Timers, "afterPendingInput">;
  readonly limits?: Partial<StoreLimits>;
  readonly watchLimits?: Partial<WatchLimits>;
  /** How fast scrubs and comparisons read (`pacedBy`); they only let input go first unless given. */
  readonly background?: Pace;
}

/**
 * Opens the store that the engine holds; an empty engine is an empty store. The store owns the engine from then on. An increment
 * whose installation a crash has broken off is installed first.
 */
export function openStore(options: StoreOptions, done: Callback<KeyValueStore | undefined>): void {
  const { engine, home, timers, lineage = 0, watchLimits = {} } = options;
  const limits = { ...defaultStoreLimits, ...options.limits };
  const pause: Pause = (next) => timers.afterPendingInput(next);
  const background: Pace = options.background ?? ((_bytes, next) => pause(next));
  completeInstallation({ engine, home, limits, pause }, (error) => {
    if (error !== undefined) return done(error, undefined);
    loadState(engine, { limits, pause }, (error, live) => {
      if (error !== undefined) return done(error, undefined);
      done(undefined, new KeyValueStore({ live, home, lineage, limits, watchLimits, pause, background }));
    });
  });
}

interface CompletionParts {
  readonly engine: Engine;
  readonly home: EngineHome | undefined;
  readonly limits: StoreLimits;
  readonly pause: Pause;
}

function completeInstallation(parts: CompletionParts, done: (error: HostError | undefined) => void): void {
  const { engine, home, limits, pause } = parts;
  const begun = attempt(() => readInstallation(engine));
  if (begun.error !== undefined || begun.value === undefined) return done(begun.error);
  const installation = begun.value;
  if (home === undefined) return done(whatCannotBeFinished());
  home.openStaging((error, staging) => {
    if (error !== undefined) return done(error);
    const finish = (error: HostError | undefined): void => staging.close(() => done(error));
    loadBlocks(engine, pause, (error, blocks) => {
      if (error !== undefined) return finish(error);
      const { minBlockKeys } = limits;
      finishInstallation({ engine, staging, blocks, minBlockKeys, pause }, installation, finish);
    });
  });
}
