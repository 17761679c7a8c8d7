import type { BlockRecord } from "../block-counts.ts";
import type { EngineRecord } from "../engine.ts";
import { pointOf } from "../engine-pages.ts";
import { DamagedRecordError } from "../errors.ts";
import { keyOfPrefixed, prefixes } from "../key-space.ts";
import { bytesOf, type KeyText } from "../key-text.ts";
import { unseal, unsealMetadata, unsealVersion } from "../records.ts";
import type { StateRecord } from "../state-record.ts";
import type { Version } from "../version.ts";
import type { AttachmentsCheck } from "./attachments-check.ts";
import type { ChangeFingerprints } from "./change-fingerprints.ts";
import type { RecordCursor } from "./record-cursor.ts";

interface BlockTally extends BlockRecord {
  found: number;
}

/**
 * Walks the history and the current keys side by side, both in the order of keys. Each key's versions must follow from
 * each other, its metadata must be that of its newest version, and each block must count its live keys.
 */
export class KeysCheck {
  readonly #state: StateRecord;
  readonly #fingerprints: ChangeFingerprints;
  readonly #attachments: AttachmentsCheck;
  readonly #history: RecordCursor;
  readonly #current: RecordCursor;
  readonly #blocks: BlockTally[] = [];
  #block = 0;
  /** The key whose versions are being read, and the newest of them so far. */
  #held: { readonly key: KeyText; newest: Version } | undefined;

  constructor(
    state: StateRecord,
    fingerprints: ChangeFingerprints,
    attachments: AttachmentsCheck,
    cursors: { readonly history: RecordCursor; readonly current: RecordCursor },
  ) {
    this.#state = state;
    this.#fingerprints = fingerprints;
    this.#attachments = attachments;
    this.#history = cursors.history;
    this.#current = cursors.current;
  }

  /** Before the first step, in their order. Throws `DamagedRecordError`, as all of these do. */
  takeBlock({ key, value }: EngineRecord): void {
    this.#blocks.push({
      start: keyOfPrefixed(key),
      count: unseal("block", key, value, (reader) => reader.varint()),
      found: 0,
    });
  }

  checkFirstBlock(): void {
    const isRight = this.#state.revision === 1 ? this.#blocks.length === 0 : this.#blocks[0]?.start === "";
    if (!isRight) {
      throw new DamagedRecordError("block", Uint8Array.of(prefixes.block), "the blocks do not begin at the first key");
    }
  }

  /** Goes on to where one of the cursors needs its next page; returns whether both have ended. */
  step(): boolean {
    while (!this.#history.needsPage && !this.#current.needsPage) {
      const record = this.#history.record;
      const point = record === undefined ? undefined : pointOf(record.key);
      if (this.#held !== undefined && this.#held.key !== point?.key) {
        this.#close(this.#held);
        continue;
      }
      if (record === undefined || point === undefined) {
        const extra = this.#current.record;
        if (extra === undefined) return true;
        throw withoutHistory(extra);
      }
      const version = unsealVersion(point.key, point.revision, point.isPut, record.value, record.key);
      checkSuccession(point.key, this.#held?.newest, version, this.#state);
      this.#fingerprints.addVersion(point.revision, record.key);
      if (this.#held === undefined) this.#held = { key: point.key, newest: version };
      else this.#held.newest = version;
      this.#history.advance();
    }
    return false;
  }

  finish(): void {
    for (const { start, count, found } of this.#blocks) {
      if (count === found) continue;
      throw new DamagedRecordError("block", bytesOf(start), `it counts ${count} keys, and ${found} live in it`);
    }
  }

  /** All versions of a key are read: its metadata comes next, if it lives. */
  #close({ key, newest }: { readonly key: KeyText; readonly newest: Version }): void {
    this.#held = undefined;
    const record = this.#current.record;
    const currentKey = record === undefined ? undefined : keyOfPrefixed(record.key);
    if (record !== undefined && currentKey !== undefined && currentKey < key) throw withoutHistory(record);
    if (!newest.alive) {
      if (record !== undefined && currentKey === key) {
        throw new DamagedRecordError("metadata", bytesOf(key), `the key was deleted at revision ${newest.revision}`);
      }
      return;
    }
    if (record === undefined || currentKey !== key) {
      throw new DamagedRecordError("metadata", bytesOf(key), "it is missing");
    }
    const metadata = unsealMetadata(key, record.key, record.value);
    const isSame =
      metadata.revision === newest.revision &&
      metadata.createRevision === newest.createRevision &&
      metadata.version === newest.version &&
      metadata.lease === newest.lease &&
      metadata.valueLength === newest.valueLength;
    if (!isSame) {
      const what = `it is of revision ${metadata.revision}, and is not that of the newest version, of ${newest.revision}`;
      throw new DamagedRecordError("metadata", bytesOf(key), what);
    }
    this.#attachments.takeKey(key, metadata.lease);
    this.#count(key);
    this.#current.advance();
  }

  #count(key: KeyText): void {
    while (this.#block + 1 < this.#blocks.length && (this.#blocks[this.#block + 1] as BlockTally).start <= key) {
      this.#block++;
    }
    const block = this.#blocks[this.#block];
    if (block !== undefined) block.found++;
  }
}

function withoutHistory({ key }: EngineRecord): DamagedRecordError {
  return new DamagedRecordError("metadata", key.subarray(1), "the key has no version in the history");
}

/**
 * Whether a version can come after the one before it. One transaction may change a key more than once, of which the history
 * keeps the last: so a key may be made anew without a deletion before it, and its version may rise by more than one. What is
 * compacted may be missing anywhere in between: the deletion before a key was made anew, or how it was made.
 */
function checkSuccession(key: KeyText, before: Version | undefined, version: Version, state: StateRecord): void {
  const { revision, createRevision } = version;
  const wrong = (what: string): DamagedRecordError => new DamagedRecordError("version", bytesOf(key), what);
  if (revision > state.revision || revision < 2) {
    throw wrong(`it is of revision ${revision}, and the state at ${state.revision}`);
  }
  if (!version.alive || createRevision === revision) return;
  if (createRevision > revision) throw wrong(`revision ${revision} was made before its key, at ${createRevision}`);
  if (before === undefined) {
    if (createRevision <= state.compactedRevision) return;
    throw wrong(`the versions before revision ${revision} are missing`);
  }
  if (createRevision <= state.compactedRevision && createRevision > before.revision) return;
  const follows = before.alive && before.createRevision === createRevision && before.version < version.version;
  if (!follows) throw wrong(`revision ${revision} does not follow from revision ${before.revision}`);
}
