import type { Callback } from "@quorate/host";
import { ByteWriter } from "./byte-writer.ts";
import { crc32c } from "./crc32c.ts";
import type { EngineIterator, EngineRecord } from "./engine.ts";
import { pointOf } from "./engine-pages.ts";
import type { Pace } from "./pace.ts";
import { historySpan } from "./key-space.ts";
import { keyAfter, type KeyText } from "./key-text.ts";
import { unsealVersion, writeVersion } from "./records.ts";
import { attempt, untilFinished } from "./steps.ts";
import type { Version } from "./version.ts";
import type { View } from "./view.ts";

/** Two members whose state at `revision` is the same have the same hash, whatever either of them has checkpointed. */
export interface StateHash {
  /** Unsigned, 32 bits. */
  readonly hash: number;
  readonly revision: number;
  readonly compactedRevision: number;
}

/** Versions read, checked and hashed in one step. */
const versionsPerStep = 64;

/**
 * Hashes every version of every key at the view's revision, in the order of keys and then of revisions, as if everything
 * up to `compactedRevision` (which may be later than what was compacted here) were compacted.
 */
export function hashState(
  view: View,
  compactedRevision: number,
  done: Callback<number>,
  pace: Pace = (_bytes, next) => view.pause(next),
): void {
  const hasher = new VersionHasher(view.revision, compactedRevision);
  const walk = new HistoryWalk(view, hasher);
  untilFinished(
    (step) =>
      walk.step((error, isEnd) => {
        if (error !== undefined || isEnd) return step(error, isEnd);
        pace(walk.takeReadBytes(), () => step(view.interrupted(), false));
      }),
    (error) => {
      walk.close();
      done(error, hasher.finish());
    },
  );
}

/**
 * The hash so far. Up to the compacted revision a key counts with its newest version only, and not when that is a
 * deletion: so it does not matter how far a compaction has got in removing the others.
 */
class VersionHasher {
  readonly #revision: number;
  readonly #compactedRevision: number;
  readonly #writer = new ByteWriter();
  #hash = 0;
  #held: { readonly key: KeyText; readonly version: Version } | undefined;

  constructor(revision: number, compactedRevision: number) {
    this.#revision = revision;
    this.#compactedRevision = compactedRevision;
  }

  add(key: KeyText, version: Version): void {
    if (version.revision > this.#revision) return;
    if (this.#held?.key !== key || version.revision > this.#compactedRevision) this.#release();
    if (version.revision <= this.#compactedRevision) this.#held = { key, version };
    else this.#take(key, version);
  }

  finish(): number {
    this.#release();
    return this.#hash;
  }

  #release(): void {
    const held = this.#held;
    this.#held = undefined;
    if (held?.version.alive === true) this.#take(held.key, held.version);
  }

  #take(key: KeyText, version: Version): void {
    const writer = this.#writer;
    writer.varint(key.length);
    writer.text(key);
    writer.uint64(version.revision);
    writer.byte(version.alive ? 1 : 0);
    writer.varint(version.valueLength);
    writeVersion(writer, version);
    this.#hash = crc32c(writer.take(), this.#hash);
  }
}

/** All versions of all keys: the engine's up to the last checkpoint, then the layers'. */
class HistoryWalk {
  readonly #view: View;
  readonly #hasher: VersionHasher;
  readonly #iterator: EngineIterator;
  #page: readonly EngineRecord[] = [];
  #at = 0;
  #readBytes = 0;
  #isEngineEnded = false;
  /** Keys of the layers up to here are done. */
  #layersFrom: KeyText = "";
  #pending: { readonly key: KeyText; readonly versions: readonly Version[]; next: number } | undefined;

  constructor(view: View, hasher: VersionHasher) {
    this.#view = view;
    this.#hasher = hasher;
    this.#iterator = view.snapshot.iterate(historySpan({ from: "", to: undefined }));
  }

  step(done: Callback<boolean>): void {
    if (this.#at < this.#page.length || this.#isEngineEnded) return this.#consume(done);
    this.#iterator.next(versionsPerStep, (error, page) => {
      if (error !== undefined) return done(error, true);
      this.#page = page;
      this.#at = 0;
      this.#isEngineEnded = page.length === 0;
      for (const { key, value } of page) this.#readBytes += key.length + value.length;
      this.#consume(done);
    });
  }

  /** Bytes taken from the engine since the last call. */
  takeReadBytes(): number {
    const bytes = this.#readBytes;
    this.#readBytes = 0;
    return bytes;
  }

  close(): void {
    this.#iterator.close();
  }

  #consume(done: Callback<boolean>): void {
    const consumed = attempt(() => this.#consumeStep());
    if (consumed.error !== undefined) return done(consumed.error, true);
    done(undefined, consumed.value);
  }

  /** Returns whether nothing is left. Stops where the engine's next page is needed. */
  #consumeStep(): boolean {
    for (let count = 0; count < versionsPerStep; count++) {
      if (this.#pending !== undefined) {
        this.#consumePending(this.#pending);
        continue;
      }
      const record = this.#page[this.#at];
      if (record === undefined && !this.#isEngineEnded) return false;
      const layersKey = this.#nextLayersKey();
      const point = record === undefined ? undefined : pointOf(record.key);
      if (record !== undefined && point !== undefined && (layersKey === undefined || point.key <= layersKey)) {
        this.#at++;
        if (point.revision > this.#view.durableRevision) continue;
        this.#hasher.add(point.key, unsealVersion(point.key, point.revision, point.isPut, record.value, record.key));
        continue;
      }
      if (layersKey === undefined) return true;
      this.#pending = { key: layersKey, versions: this.#layersVersions(layersKey), next: 0 };
      this.#layersFrom = keyAfter(layersKey);
    }
    return false;
  }

  #consumePending(pending: { readonly key: KeyText; readonly versions: readonly Version[]; next: number }): void {
    const version = pending.versions[pending.next++];
    if (version === undefined) this.#pending = undefined;
    else this.#hasher.add(pending.key, version);
  }

  #nextLayersKey(): KeyText | undefined {
    let next: KeyText | undefined;
    for (const layer of this.#view.layers) {
      const [key] = layer.keys.page(this.#layersFrom, undefined, 1);
      if (key !== undefined && (next === undefined || key < next)) next = key;
    }
    return next;
  }

  /** The oldest first. */
  #layersVersions(key: KeyText): Version[] {
    const versions: Version[] = [];
    for (const layer of this.#view.layers) {
      let version = layer.at(key, this.#view.revision);
      for (; version !== undefined; version = version.older) versions.push(version);
    }
    return versions.reverse();
  }
}
