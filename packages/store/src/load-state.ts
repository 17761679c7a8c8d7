import type { Callback, HostError } from "@quorate/host";
import { Applier } from "./apply.ts";
import { AccessCheck } from "./auth/access-check.ts";
import type { BlockRecord } from "./block-counts.ts";
import { Removal } from "./compaction/removal.ts";
import { unsealRemoval } from "./compaction/removal-record.ts";
import type { Engine, EngineRecord, EngineSnapshot } from "./engine.ts";
import { DamagedRecordError } from "./errors.ts";
import { keyOfPrefixed, prefixes, prefixSpan, compactionKey, stateKey } from "./key-space.ts";
import { KeyState } from "./key-state.ts";
import type { StoreLimits } from "./limits.ts";
import { unseal } from "./records.ts";
import { emptyRevision, unsealState, type StateRecord } from "./state-record.ts";
import { attempt, inTurn, untilFinished, type Pause } from "./steps.ts";
import { Tables } from "./tables/tables.ts";
import { OpenSources } from "./transfer/state-source.ts";

/** What a store works with: an engine, and what is known in memory of the state in it. */
export interface LiveState {
  readonly engine: Engine;
  readonly state: KeyState;
  /** What has no revisions. */
  readonly tables: Tables;
  /** Who may do what. */
  readonly access: AccessCheck;
  readonly applier: Applier;
  readonly sources: OpenSources;
  readonly removal: Removal;
  /** What the last checkpoint wrote. */
  record: StateRecord;
}

const recordsPerPage = 256;

type Loading = readonly [prefix: number, load: (record: EngineRecord) => void];

/** Reads what must be in memory of the state that an engine holds: the counts of its blocks, and what has no revisions. */
export function loadState(
  engine: Engine,
  { limits, pause }: { readonly limits: StoreLimits; readonly pause: Pause },
  done: Callback<LiveState>,
): void {
  const snapshot = engine.snapshot();
  const finish: Callback<LiveState> = (error, live) => {
    snapshot.close();
    done(error, live);
  };
  const blocks: BlockRecord[] = [];
  const tables = new Tables();
  const loads: readonly Loading[] = [
    [prefixes.block, (record) => blocks.push(blockOf(record))],
    ...tables.all.map((table): Loading => [table.kind.prefix, (record) => table.load(record)]),
  ];
  inTurn(
    loads.length,
    (index, next) => {
      const [prefix, load] = loads[index] as Loading;
      loadAll(snapshot, prefix, load, pause, next);
    },
    (error) => {
      if (error !== undefined) return finish(error, undefined as never);
      snapshot.getMany([stateKey, compactionKey], (error, records) => {
        if (error !== undefined) return finish(error, undefined as never);
        const opened = attempt((): LiveState => {
          const record = unsealState(records[0]);
          checkBlocks(blocks, record.revision);
          const { revision, compactedRevision } = record;
          const state = new KeyState({ engine, limits, revision, compactedRevision, blocks, pause });
          const access = new AccessCheck(tables.auth.state, tables.leases);
          const applier = new Applier({ state, tables, engine, pause, access });
          const removal = new Removal({ engine, pause, limits }, unsealRemoval(records[1]));
          return { engine, state, tables, access, applier, sources: new OpenSources(), removal, record };
        });
        if (opened.error !== undefined) return finish(opened.error, undefined as never);
        finish(undefined, opened.value);
      });
    },
  );
}

/** The counts of an engine's blocks. */
export function loadBlocks(engine: Engine, pause: Pause, done: Callback<readonly BlockRecord[]>): void {
  const snapshot = engine.snapshot();
  const blocks: BlockRecord[] = [];
  loadAll(
    snapshot,
    prefixes.block,
    (record) => blocks.push(blockOf(record)),
    pause,
    (error) => {
      snapshot.close();
      done(error, blocks);
    },
  );
}

/** Shows all records of one kind to `load`, which may throw `HostError`. */
export function loadAll(
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
  const isComplete = revision === emptyRevision ? blocks.length === 0 : blocks[0]?.start === "";
  if (!isComplete) throw new DamagedRecordError("block", Uint8Array.of(prefixes.block), "the first block is missing");
}
