import type { Callback, Done } from "@quorate/host";
import type { BlockCounts, BlockRecord, OversizedBlock } from "./block-counts.ts";
import { splitBlocks } from "./block-split.ts";
import type { Engine, EngineWrite } from "./engine.ts";
import { blockKey, currentKey, historyKey, stateKey } from "./key-space.ts";
import type { KeyState } from "./key-state.ts";
import { JournalWriter } from "./journal.ts";
import type { Layer } from "./layer.ts";
import type { KeyText } from "./key-text.ts";
import type { Members } from "./members.ts";
import { seal, sealMetadata, sealVersion } from "./records.ts";
import { sealState, type AppliedPosition } from "./state-record.ts";
import { untilFinished, type Pause } from "./steps.ts";
import type { Version } from "./version.ts";

/** What one step encodes at most before it lets the world go on. */
const changesPerStep = 256;
const bytesPerStep = 512 * 1024;

export interface CheckpointParts {
  readonly engine: Engine;
  readonly state: KeyState;
  readonly members: Members;
  readonly pause: Pause;
  /** Bytes of history before this checkpoint. */
  readonly historyBytes: number;
}

/**
 * Writes what was applied since the last checkpoint, as one atomic and synced batch with its position (DESIGN §5). The
 * batch is put together in steps; meanwhile commands go on being applied, to the next layer. Gives the bytes of history.
 */
export function writeCheckpoint(parts: CheckpointParts, position: AppliedPosition, done: Callback<number>): void {
  const { engine, state, members, pause } = parts;
  const { revision, compactedRevision } = state;
  const layer = state.freeze();
  const writes: EngineWrite[] = members.takeChanged();
  const blocks = state.counts.takeChanged();
  const oversized = beginSplits(state.counts);
  for (const start of blocks.removed) writes.push({ key: blockKey(start), value: undefined });
  for (const block of blocks.changed) writes.push(blockWrite(block));
  encodeLayer(layer, writes, pause, (addedBytes) => {
    splitBlocks(state, layer, revision, oversized, (error, splitParts) => {
      if (error !== undefined) return done(error, 0);
      for (const block of splitParts) writes.push(blockWrite(block));
      const historyBytes = parts.historyBytes + addedBytes;
      writes.push({ key: stateKey, value: sealState({ position, revision, compactedRevision, historyBytes }) });
      engine.write(writes, (error) => {
        if (error === undefined) state.release();
        done(error, historyBytes);
      });
    });
  });
}

function beginSplits(counts: BlockCounts): OversizedBlock[] {
  const oversized = counts.oversized();
  for (const { block } of oversized) counts.beginSplit(block);
  return oversized;
}

function blockWrite({ start, count }: BlockRecord): EngineWrite {
  const key = blockKey(start);
  return { key, value: seal(key, (into) => into.varint(count)) };
}

/** Adds a layer's records to `writes`; gives the bytes of its history and journal. */
function encodeLayer(layer: Layer, writes: EngineWrite[], pause: Pause, done: (historyBytes: number) => void): void {
  const journal = new JournalWriter();
  let historyBytes = 0;
  let index = 0;
  const keep = (write: EngineWrite | undefined): void => {
    if (write === undefined) return;
    historyBytes += write.key.length + (write.value?.length ?? 0);
    writes.push(write);
  };
  const encodeStep = (): void => {
    const end = Math.min(index + changesPerStep, layer.changes.length);
    const endBytes = historyBytes + bytesPerStep;
    for (; index < end; index++) {
      if (historyBytes >= endBytes) break;
      const key = layer.changedKeys[index] as KeyText;
      const version = layer.changes[index] as Version;
      keep(journal.add(version.revision, key, version.alive));
      if (!layer.isSuperseded(version)) keep(historyWrite(key, version));
      if (layer.newest(key) === version) writes.push(currentWrite(key, version));
    }
  };
  const finish: Done = () => {
    keep(journal.finish());
    done(historyBytes);
  };
  untilFinished((step) => {
    encodeStep();
    if (index >= layer.changes.length) return step(undefined, true);
    pause(() => step(undefined, false));
  }, finish);
}

function historyWrite(key: KeyText, version: Version): EngineWrite {
  const engineKey = historyKey(key, version.revision, version.alive);
  return { key: engineKey, value: sealVersion(engineKey, version) };
}

function currentWrite(key: KeyText, version: Version): EngineWrite {
  const engineKey = currentKey(key);
  return { key: engineKey, value: version.alive ? sealMetadata(engineKey, version) : undefined };
}
