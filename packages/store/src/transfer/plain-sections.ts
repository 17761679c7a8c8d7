import type { Callback } from "@quorate/host";
import type { EngineIterator, EngineRecord, EngineSnapshot } from "../engine.ts";
import { pointOf } from "../engine-pages.ts";
import type { Change } from "../journal.ts";
import { historyStart, prefixes, prefixSpan, type EngineSpan } from "../key-space.ts";
import { keyAfter } from "../key-text.ts";
import { unsealVersion } from "../records.ts";
import { attempt } from "../steps.ts";
import { tableKinds } from "../tables/tables.ts";
import type { ChunkPacker } from "./chunks.ts";
import { itemTypes, type EndItem, type TransferItem } from "./items.ts";
import { JournalCursor } from "./journal-cursor.ts";
import type { Section } from "./section.ts";
import { allKeys, type TransferToken } from "./transfer-codec.ts";

const versionsPerStep = 128;
const recordsPerStep = 64;
const changesPerStep = 512;

/** Every version of the keys that are not held, in the order of keys. */
export class VersionSection implements Section {
  readonly #iterator: EngineIterator;

  constructor(snapshot: EngineSnapshot, held: TransferToken["keys"] | undefined) {
    this.#iterator = snapshot.iterate(restOfHistory(held));
  }

  step(packer: ChunkPacker, done: Callback<boolean>): void {
    this.#iterator.next(versionsPerStep, (error, page) => {
      if (error !== undefined) return done(error, true);
      const items = attempt(() => page.map(versionItem));
      if (items.error !== undefined) return done(items.error, true);
      for (const item of items.value) packer.add(item);
      done(undefined, page.length === 0);
    });
  }

  close(): void {
    this.#iterator.close();
  }
}

/** The history behind the keys that are held. */
export function restOfHistory(held: TransferToken["keys"] | undefined): EngineSpan {
  const all = prefixSpan(prefixes.history);
  if (held === undefined) return all;
  return held === allKeys ? { from: all.to, to: all.to } : { from: historyStart(keyAfter(held)), to: all.to };
}

/** Throws `DamagedRecordError`: what is damaged here must not be sent, and not be blamed on whoever receives it. */
function versionItem({ key: engineKey, value: sealed }: EngineRecord): TransferItem {
  const { key, revision, isPut } = pointOf(engineKey);
  unsealVersion(key, revision, isPut, sealed, engineKey);
  return { type: itemTypes.version, engineKey, sealed };
}

/** The journal above a revision. */
export class JournalSection implements Section {
  readonly #cursor: JournalCursor;
  #page: readonly Change[] = [];
  #at = 0;

  constructor(snapshot: EngineSnapshot, after: number) {
    this.#cursor = new JournalCursor(snapshot, after);
  }

  step(packer: ChunkPacker, done: Callback<boolean>): void {
    if (this.#at < this.#page.length) return this.#take(packer, done);
    this.#cursor.next((error, page) => {
      if (error !== undefined || page.length === 0) return done(error, true);
      this.#page = page;
      this.#at = 0;
      this.#take(packer, done);
    });
  }

  close(): void {
    this.#cursor.close();
  }

  #take(packer: ChunkPacker, done: Callback<boolean>): void {
    for (const change of this.#page.slice(this.#at, this.#at + changesPerStep)) {
      packer.add({ type: itemTypes.journal, ...change });
    }
    this.#at += changesPerStep;
    done(undefined, false);
  }
}

/** What has no revisions, whole, table by table; then the totals. */
export class ClosingSection implements Section {
  readonly #snapshot: EngineSnapshot;
  readonly #end: EndItem;
  readonly #kinds = [...tableKinds];
  #isBegun = false;
  #iterator: EngineIterator | undefined;

  constructor(snapshot: EngineSnapshot, end: EndItem) {
    this.#snapshot = snapshot;
    this.#end = end;
  }

  step(packer: ChunkPacker, done: Callback<boolean>): void {
    if (!this.#isBegun) packer.add({ type: itemTypes.unversioned });
    this.#isBegun = true;
    const [kind] = this.#kinds;
    if (kind === undefined) {
      packer.add(this.#end);
      return done(undefined, true);
    }
    this.#iterator ??= this.#snapshot.iterate(prefixSpan(kind.prefix));
    this.#iterator.next(recordsPerStep, (error, records) => {
      if (error !== undefined) return done(error, true);
      const checked = attempt(() => records.forEach((record) => kind.check(record)));
      if (checked.error !== undefined) return done(checked.error, true);
      for (const { key, value } of records) packer.add({ type: itemTypes.record, engineKey: key, sealed: value });
      if (records.length === 0) this.#endTable();
      done(undefined, false);
    });
  }

  close(): void {
    this.#iterator?.close();
  }

  #endTable(): void {
    this.#iterator?.close();
    this.#iterator = undefined;
    this.#kinds.shift();
  }
}
