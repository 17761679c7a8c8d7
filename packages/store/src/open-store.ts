import type { Callback, HostError, Timers } from "@quorate/host";
import type { BlockRecord } from "./block-counts.ts";
import type { Engine, EngineRecord, EngineSnapshot } from "./engine.ts";
import { DamagedRecordError } from "./errors.ts";
import { keyOfPrefixed, prefixes, prefixSpan, stateKey } from "./key-space.ts";
import { KeyState } from "./key-state.ts";
import { defaultStoreLimits, type StoreLimits } from "./limits.ts";
import { Members } from "./members.ts";
import type { Pace } from "./pace.ts";
import { unseal } from "./records.ts";
import { unsealState } from "./state-record.ts";
import { attempt, inTurn, untilFinished, type Pause } from "./steps.ts";
import { KeyValueStore } from "./store.ts";

export interface StoreOptions {
  readonly engine: Engine;
  /** Long work pauses through these, so that what waits in sockets comes first. */
  readonly timers: Pick<Timers, "afterPendingInput">;
  readonly limits?: Partial<StoreLimits>;
  /** How fast scrubs and comparisons read (`pacedBy`); they only let input go first unless given. */
  readonly background?: Pace;
}

const recordsPerPage = 256;

/** Opens the store that the engine holds; an empty engine is an empty store. The store owns the engine from then on. */
export function openStore(options: StoreOptions, done: Callback<KeyValueStore | undefined>): void {
  const { engine, timers } = options;
  const limits = { ...defaultStoreLimits, ...options.limits };
  const pause: Pause = (next) => timers.afterPendingInput(next);
  const background: Pace = options.background ?? ((_bytes, next) => pause(next));
  const snapshot = engine.snapshot();
  const blocks: BlockRecord[] = [];
  const members = new Members();
  const loads: readonly [prefix: number, load: (record: EngineRecord) => void][] = [
    [prefixes.block, (record) => blocks.push(blockOf(record))],
    [prefixes.member, (record) => members.load(record)],
  ];
  inTurn(
    loads.length,
    (index, next) => {
      const [prefix, load] = loads[index] as (typeof loads)[number];
      loadAll(snapshot, prefix, load, pause, next);
    },
    (error) => {
      if (error !== undefined) return finish(snapshot, error, undefined, done);
      snapshot.getMany([stateKey], (error, records) => {
        if (error !== undefined) return finish(snapshot, error, undefined, done);
        const opened = attempt(() => {
          const record = unsealState(records[0]);
          checkBlocks(blocks, record.revision);
          const { revision, compactedRevision } = record;
          const state = new KeyState({ engine, limits, revision, compactedRevision, blocks, pause });
          return new KeyValueStore({ engine, state, members, pause, background, record });
        });
        if (opened.error !== undefined) return finish(snapshot, opened.error, undefined, done);
        finish(snapshot, undefined, opened.value, done);
      });
    },
  );
}

function finish(
  snapshot: EngineSnapshot,
  error: HostError | undefined,
  store: KeyValueStore | undefined,
  done: Callback<KeyValueStore | undefined>,
): void {
  snapshot.close();
  done(error, store);
}

function loadAll(
  snapshot: EngineSnapshot,
  prefix: number,
  load: (record: EngineRecord) => void,
  pause: Pause,
  done: (error: HostError | undefined) => void,
): void {
  const iterator = snapshot.iterate(prefixSpan(prefix));
  untilFinished(
    (step) => {
      iterator.next(recordsPerPage, (error, records) => {
        if (error !== undefined || records.length === 0) return step(error, true);
        const loaded = attempt(() => records.forEach(load));
        if (loaded.error !== undefined) return step(loaded.error, true);
        pause(() => step(undefined, false));
      });
    },
    (error) => {
      iterator.close();
      done(error);
    },
  );
}

/** Throws `DamagedRecordError`. */
function blockOf({ key, value }: EngineRecord): BlockRecord {
  return { start: keyOfPrefixed(key), count: unseal("block", key, value, (reader) => reader.varint()) };
}

/** The blocks cover every key once the store has ever changed: the first one starts at the empty key. */
function checkBlocks(blocks: readonly BlockRecord[], revision: number): void {
  const isComplete = revision === 1 ? blocks.length === 0 : blocks[0]?.start === "";
  if (!isComplete) throw new DamagedRecordError("block", Uint8Array.of(prefixes.block), "the first block is missing");
}
