import type { Callback } from "@quorate/host";
import type { BlockCounts } from "../block-counts.ts";
import { blockWrite, currentWrite, historyWrite } from "../checkpoint.ts";
import type { Engine, EngineWrite } from "../engine.ts";
import { blockKey, currentKey, historyKey, prefixes } from "../key-space.ts";
import type { KeyText } from "../key-text.ts";
import { deletedAt, unsealVersion } from "../records.ts";
import { attempt } from "../steps.ts";
import type { Version } from "../version.ts";
import type { ChangeItem } from "./items.ts";

/**
 * What changes make of the records of an engine: versions, the newest metadata of each key, and the counts of blocks. The
 * engine must hold everything before them. Repeating changes that are there already, up to the newest, changes nothing.
 */
export function applyChanges(
  engine: Engine,
  blocks: BlockCounts,
  changes: readonly ChangeItem[],
  done: Callback<EngineWrite[]>,
): void {
  const keys = [...new Set(changes.filter(({ version }) => version !== "superseded").map(({ key }) => key))];
  engine.getMany(keys.map(currentKey), (error, found) => {
    if (error !== undefined) return done(error, []);
    const living = new Set(keys.filter((_key, index) => found[index] !== undefined));
    const applied = attempt(() => writesOf(changes, living, blocks));
    if (applied.error !== undefined) return done(applied.error, []);
    done(undefined, applied.value);
  });
}

/** Throws `DamagedRecordError`. */
function writesOf(changes: readonly ChangeItem[], living: Set<KeyText>, blocks: BlockCounts): EngineWrite[] {
  const writes: EngineWrite[] = [];
  for (const change of changes) {
    const version = versionOf(change);
    if (version === undefined) continue;
    const { key } = change;
    if (change.version instanceof Uint8Array) {
      writes.push({ key: historyKey(key, change.revision, true), value: change.version });
    } else {
      writes.push(historyWrite(key, version));
    }
    writes.push(currentWrite(key, version));
    if (version.alive === living.has(key)) continue;
    blocks.add(key, version.alive ? 1 : -1);
    if (version.alive) living.add(key);
    else living.delete(key);
  }
  blocks.commit();
  return [...writes, ...takeBlockWrites(blocks)];
}

/** The version of a change, verified; undefined when another took its place. Throws `DamagedRecordError`. */
export function versionOf({ key, revision, version }: ChangeItem): Version | undefined {
  if (version === "superseded") return undefined;
  return version === "deletion" ? deletedAt(revision) : unsealVersion(key, revision, true, version);
}

/** Bytes of versions among the writes. */
export function historyBytesOf(writes: readonly EngineWrite[]): number {
  const isVersion = ({ key }: EngineWrite): boolean => key[0] === prefixes.history;
  return bytesOf(writes.filter(isVersion));
}

export function bytesOf(writes: readonly EngineWrite[]): number {
  return writes.reduce((sum, { key, value }) => sum + key.length + (value?.length ?? 0), 0);
}

/** The blocks that have changed since they were taken last. */
export function takeBlockWrites(blocks: BlockCounts): EngineWrite[] {
  const { changed, removed } = blocks.takeChanged();
  const removals = removed.map((start): EngineWrite => ({ key: blockKey(start), value: undefined }));
  return [...removals, ...changed.map(blockWrite)];
}
