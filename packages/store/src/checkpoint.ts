import type { Callback, Done } from "@quorate/host";
import type { BlockCounts, BlockRecord, OversizedBlock } from "./block-counts.ts";
import { splitBlocks } from "./block-split.ts";
import type { Engine, EngineWrite } from "./engine.ts";
import { blockKey, currentKey, historyKey, stateKey } from "./key-space.ts";
import type { KeyState } from "./key-state.ts";
import { JournalWriter } from "./journal.ts";
import { findOldestJournal, floorBefore, type PrunedJournal } from "./journal-pruning.ts";
import type { Layer } from "./layer.ts";
import type { KeyText } from "./key-text.ts";
import { seal, sealMetadata, sealVersion } from "./records.ts";
import { sealState, type AppliedPosition, type StateRecord } from "./state-record.ts";
import { attempt, untilFinished, type Pause } from "./steps.ts";
import type { Tables } from "./tables/tables.ts";
import type { Version } from "./version.ts";

/** What one step encodes at most before it lets the world go on. */
const changesPerStep = 256;
const bytesPerStep = 512 * 1024;

export interface CheckpointParts {
  readonly engine: Engine;
  readonly state: KeyState;
  readonly tables: Tables;
  readonly pause: Pause;
  /** `StoreLimits.maxJournalBytes`. */
  readonly maxJournalBytes: number;
  /** What the checkpoint before this one wrote. */
  readonly record: StateRecord;
}

/**
 * Writes what was applied since the last checkpoint, as one atomic and synced batch with its position (DESIGN §5). The
 * batch is put together in steps; meanwhile commands go on being applied, to the next layer. Gives the new record of the state.
 */
export function writeCheckpoint(parts: CheckpointParts, position: AppliedPosition, done: Callback<StateRecord>): void {
  const { engine, state, tables, pause } = parts;
  const { revision, compactedRevision } = state;
  const layer = state.freeze();
  const changedRecords = tables.all.map((table) => table.takeChanged());
  const writes: EngineWrite[] = [];
  const blocks = state.counts.takeChanged();
  const oversized = beginSplits(state.counts);
  for (const start of blocks.removed) writes.push({ key: blockKey(start), value: undefined });
  for (const block of blocks.changed) writes.push(blockWrite(block));
  encodeTables(changedRecords, writes, pause, () => {
    encodeLayer(layer, writes, pause, (added) => {
      splitBlocks(state, layer, revision, oversized, (error, splitParts) => {
        if (error !== undefined) return done(error, parts.record);
        for (const block of splitParts) writes.push(blockWrite(block));
        pruneJournal(parts, added, writes, (error, journal) => {
          if (error !== undefined) return done(error, parts.record);
          const historyBytes =
            parts.record.historyBytes + added.historyBytes + added.journalBytes - journal.prunedBytes;
          const record = { position, revision, compactedRevision, historyBytes, ...journal.totals };
          writes.push({ key: stateKey, value: sealState(record) });
          engine.write(writes, (error) => {
            if (error === undefined) state.release();
            done(error, record);
          });
        });
      });
    });
  });
}

/** Adds what has changed in tables to `writes`. */
function encodeTables(
  changed: readonly Iterable<EngineWrite>[],
  writes: EngineWrite[],
  pause: Pause,
  done: () => void,
): void {
  const iterators = changed.map((records) => records[Symbol.iterator]());
  let table = 0;
  untilFinished((step) => {
    for (let count = 0; count < changesPerStep && table < iterators.length; count++) {
      const next = (iterators[table] as Iterator<EngineWrite>).next();
      if (next.done === true) table++;
      else writes.push(next.value);
    }
    if (table === iterators.length) return step(undefined, true);
    pause(() => step(undefined, false));
  }, done);
}

interface JournalOutcome {
  readonly totals: Pick<StateRecord, "journalFloor" | "journalBytes">;
  readonly prunedBytes: number;
}

/** Forgets the oldest of the journal once it is larger than it may be; the floor moves in the same batch. */
function pruneJournal(
  { engine, pause, maxJournalBytes, record }: CheckpointParts,
  added: AddedBytes,
  writes: EngineWrite[],
  done: Callback<JournalOutcome>,
): void {
  const bytes = record.journalBytes + added.journalBytes;
  const kept = { totals: { journalFloor: record.journalFloor, journalBytes: bytes }, prunedBytes: 0 };
  if (bytes <= maxJournalBytes) return done(undefined, kept);
  const finish = (pruned: PrunedJournal): JournalOutcome => {
    const firstKept = pruned.firstKept ?? added.firstJournal;
    for (const key of pruned.keys) writes.push({ key, value: undefined });
    // Where nothing is left, nothing was added either.
    const floor = firstKept === undefined ? record.revision : floorBefore(firstKept);
    const journalFloor = pruned.keys.length === 0 ? record.journalFloor : floor;
    return { totals: { journalFloor, journalBytes: Math.max(0, bytes - pruned.bytes) }, prunedBytes: pruned.bytes };
  };
  findOldestJournal(engine, bytes - maxJournalBytes, pause, (error, pruned) => {
    if (error !== undefined) return done(error, kept);
    const finished = attempt(() => finish(pruned));
    if (finished.error !== undefined) return done(finished.error, kept);
    done(undefined, finished.value);
  });
}

function beginSplits(counts: BlockCounts): OversizedBlock[] {
  const oversized = counts.oversized();
  for (const { block } of oversized) counts.beginSplit(block);
  return oversized;
}

export function blockWrite({ start, count }: BlockRecord): EngineWrite {
  const key = blockKey(start);
  return { key, value: seal(key, (into) => into.varint(count)) };
}

/** What a layer adds to the state, in bytes. */
interface AddedBytes {
  historyBytes: number;
  journalBytes: number;
  /** The first of its journal's records, if any. */
  firstJournal: Uint8Array | undefined;
}

/** Adds a layer's records to `writes`. */
function encodeLayer(layer: Layer, writes: EngineWrite[], pause: Pause, done: (added: AddedBytes) => void): void {
  const journal = new JournalWriter();
  const added: AddedBytes = { historyBytes: 0, journalBytes: 0, firstJournal: undefined };
  let index = 0;
  const keepJournal = (write: EngineWrite | undefined): void => {
    if (write === undefined) return;
    added.firstJournal ??= write.key;
    added.journalBytes += bytesOfWrite(write);
    writes.push(write);
  };
  const encodeStep = (): void => {
    const end = Math.min(index + changesPerStep, layer.changes.length);
    const endBytes = added.historyBytes + bytesPerStep;
    for (; index < end; index++) {
      if (added.historyBytes >= endBytes) break;
      const key = layer.changedKeys[index] as KeyText;
      const version = layer.changes[index] as Version;
      keepJournal(journal.add(version.revision, key, version.alive));
      if (!layer.isSuperseded(version)) {
        const write = historyWrite(key, version);
        added.historyBytes += bytesOfWrite(write);
        writes.push(write);
      }
      if (layer.newest(key) === version) writes.push(currentWrite(key, version));
    }
  };
  const finish: Done = () => {
    keepJournal(journal.finish());
    done(added);
  };
  untilFinished((step) => {
    encodeStep();
    if (index >= layer.changes.length) return step(undefined, true);
    pause(() => step(undefined, false));
  }, finish);
}

function bytesOfWrite({ key, value }: EngineWrite): number {
  return key.length + (value?.length ?? 0);
}

export function historyWrite(key: KeyText, version: Version): EngineWrite {
  const engineKey = historyKey(key, version.revision, version.alive);
  return { key: engineKey, value: sealVersion(engineKey, version) };
}

export function currentWrite(key: KeyText, version: Version): EngineWrite {
  const engineKey = currentKey(key);
  return { key: engineKey, value: version.alive ? sealMetadata(engineKey, version) : undefined };
}
