import type { Callback } from "@quorate/host";
import type { EngineSnapshot } from "../engine.ts";
import { DamagedRecordError } from "../errors.ts";
import { historyKey } from "../key-space.ts";
import { bytesOf } from "../key-text.ts";
import type { Change } from "../journal.ts";
import { unsealVersion } from "../records.ts";
import type { StateRecord } from "../state-record.ts";
import { attempt } from "../steps.ts";
import type { ChunkPacker } from "./chunks.ts";
import { itemTypes, type ChangeItem } from "./items.ts";
import { JournalCursor } from "./journal-cursor.ts";
import type { Section } from "./section.ts";
import { isHeld, type TransferToken } from "./transfer-codec.ts";

/** Versions that are looked up in one step: this many at most, and about so many bytes, by the size of those before. */
const mostLookups = 128;
const lookupBytes = 512 * 1024;

/**
 * What changed after a revision, in the order of revisions, with the versions: those that compaction has removed are named by the
 * journal alone.
 */
export class ChangeSection implements Section {
  readonly #snapshot: EngineSnapshot;
  readonly #record: StateRecord;
  readonly #keys: TransferToken["keys"];
  readonly #journal: JournalCursor;
  #page: readonly Change[] = [];
  #at = 0;
  #averageBytes = 64 * 1024;

  /** Of the keys that are held, the changes after `through`. */
  constructor(snapshot: EngineSnapshot, record: StateRecord, held: Pick<TransferToken, "through" | "keys">) {
    this.#snapshot = snapshot;
    this.#record = record;
    this.#keys = held.keys;
    this.#journal = new JournalCursor(snapshot, held.through);
  }

  step(packer: ChunkPacker, done: Callback<boolean>): void {
    if (this.#at < this.#page.length) return this.#take(packer, done);
    this.#journal.next((error, page) => {
      if (error !== undefined || page.length === 0) return done(error, true);
      this.#page = page.filter(({ key }) => isHeld(this.#keys, key));
      this.#at = 0;
      this.#take(packer, done);
    });
  }

  close(): void {
    this.#journal.close();
  }

  #take(packer: ChunkPacker, done: Callback<boolean>): void {
    const count = Math.max(1, Math.min(mostLookups, Math.floor(lookupBytes / this.#averageBytes)));
    const changes = this.#page.slice(this.#at, this.#at + count);
    this.#at += changes.length;
    const keys = changes.map(({ key, revision, isPut }) => historyKey(key, revision, isPut));
    this.#snapshot.getMany(keys, (error, found) => {
      if (error !== undefined) return done(error, true);
      const bytes = found.reduce((sum, value) => sum + (value?.length ?? 0), 0);
      this.#averageBytes = Math.max(64, bytes / Math.max(1, changes.length));
      this.#explainMissing(changes, found, (error, items) => {
        if (error !== undefined) return done(error, true);
        for (const item of items) packer.add(item);
        done(undefined, false);
      });
    });
  }

  /** A version that is not there was taken over by one of the same revision, or is compacted; anything else is damage. */
  #explainMissing(
    changes: readonly Change[],
    found: readonly (Uint8Array | undefined)[],
    done: Callback<readonly ChangeItem[]>,
  ): void {
    const missing = changes.filter((_change, index) => found[index] === undefined);
    const others = missing.map(({ key, revision, isPut }) => historyKey(key, revision, !isPut));
    const finish = (taken: ReadonlySet<Change>): void => {
      const items = attempt(() =>
        changes.map((change, index) => this.#itemOf(change, found[index], taken.has(change))),
      );
      if (items.error !== undefined) return done(items.error, []);
      done(undefined, items.value);
    };
    if (others.length === 0) return finish(new Set());
    this.#snapshot.getMany(others, (error, values) => {
      if (error !== undefined) return done(error, []);
      finish(new Set(missing.filter((_change, index) => values[index] !== undefined)));
    });
  }

  #itemOf(change: Change, sealed: Uint8Array | undefined, isTakenOver: boolean): ChangeItem {
    const { revision, number, key, isPut } = change;
    const head = { type: itemTypes.change, revision, number, key, isPut };
    if (sealed !== undefined) {
      unsealVersion(key, revision, isPut, sealed);
      return { ...head, version: isPut ? sealed : "deletion" };
    }
    if (isTakenOver) return { ...head, version: "superseded" };
    if (revision > this.#record.compactedRevision) {
      throw new DamagedRecordError("version", bytesOf(key), `the one of revision ${revision} is missing`);
    }
    return { ...head, version: isPut ? "superseded" : "deletion" };
  }
}
