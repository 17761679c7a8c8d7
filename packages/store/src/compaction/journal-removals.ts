import type { Callback, HostError } from "@quorate/host";
import type { EngineRecord, EngineSnapshot } from "../engine.ts";
import { pointOf } from "../engine-pages.ts";
import type { Change } from "../journal.ts";
import { historyKey, historyStart, journalKey, readJournalKey } from "../key-space.ts";
import { textOf } from "../key-text.ts";
import { attempt } from "../steps.ts";
import { JournalCursor } from "../transfer/journal-cursor.ts";
import type { RemovalStep, RemovalWalk } from "./removal-walk.ts";

/** Changes whose keys are looked up in one step. */
const changesPerStep = 32;

/** Where a walk begins that removes what compaction gave up since `complete`. */
export function firstJournalPlace(complete: number): Uint8Array {
  return journalKey(complete + 1, 0);
}

/** Up to where the journal must reach back for a walk that goes on here. Throws `FormatError`. */
export function journalPlaceNeeds(from: Uint8Array): number {
  return readJournalKey(from).revision - 1;
}

/**
 * Looks only at what was changed since the last compaction, by the journal: the cost follows the change. A version can only have
 * become unreadable because a later one of its key is no later than the compacted revision, or because it is a deletion itself.
 * So each change that is still there removes the version before it; and itself, if it is a deletion.
 */
export class JournalRemovals implements RemovalWalk {
  readonly #snapshot: EngineSnapshot;
  readonly #target: number;
  readonly #journal: JournalCursor;
  readonly #begin: { readonly revision: number; readonly number: number };
  #page: readonly Change[] = [];
  #at = 0;

  /** The journal must reach back to `journalPlaceNeeds(from)`. */
  constructor(snapshot: EngineSnapshot, target: number, from: Uint8Array) {
    this.#snapshot = snapshot;
    this.#target = target;
    this.#begin = readJournalKey(from);
    this.#journal = new JournalCursor(snapshot, this.#begin.revision - 1);
  }

  next(done: Callback<RemovalStep>): void {
    if (this.#at < this.#page.length) return this.#take(done);
    this.#journal.next((error, page) => {
      if (error !== undefined) return done(error, { versions: [], from: undefined });
      this.#page = page;
      this.#at = 0;
      this.#take(done);
    });
  }

  close(): void {
    this.#journal.close();
  }

  #take(done: Callback<RemovalStep>): void {
    const changes = this.#page.slice(this.#at, this.#at + changesPerStep);
    this.#at += changes.length;
    const last = changes.at(-1);
    const isEnd = last === undefined || last.revision > this.#target;
    const wanted = changes.filter((change) => this.#isWanted(change));
    const from = isEnd ? undefined : journalKey(last.revision, last.number + 1);
    this.#lookUp(wanted, (error, versions) => done(error, { versions, from }));
  }

  #isWanted({ revision, number }: Change): boolean {
    if (revision > this.#target) return false;
    return revision > this.#begin.revision || number >= this.#begin.number;
  }

  /** All at once: each of them is a short read on another thread. */
  #lookUp(changes: readonly Change[], done: Callback<readonly Uint8Array[]>): void {
    // Two changes of one key in one revision would name the same version.
    const versions = new Map<string, Uint8Array>();
    let left = changes.length;
    let failure: HostError | undefined;
    if (left === 0) return done(undefined, []);
    for (const change of changes) {
      this.#newestTwo(change, (error, records) => {
        const gathered = attempt(() => {
          for (const engineKey of givenUp(change, records)) versions.set(textOf(engineKey), engineKey);
        });
        failure ??= error ?? gathered.error;
        left--;
        if (left === 0) done(failure, [...versions.values()]);
      });
    }
  }

  #newestTwo({ key, revision }: Change, done: Callback<readonly EngineRecord[]>): void {
    const iterator = this.#snapshot.iterate({
      from: historyStart(key),
      to: historyKey(key, revision + 1, false),
      reverse: true,
      keysOnly: true,
    });
    const finish: Callback<readonly EngineRecord[]> = (error, records) => {
      iterator.close();
      done(error, records);
    };
    iterator.next(2, (error, records) => {
      const [own] = records;
      if (error !== undefined || own === undefined || records.length > 1) return finish(error, records);
      // A page of large keys may end early, and only an empty one says that there is no other version. One that is overlooked here
      // would never be removed, and come back to life where its deletion is.
      iterator.next(1, (error, more) => finish(error, [own, ...more]));
    });
  }
}

/** Of a change's own version and the one before it. Throws `DamagedRecordError`. */
function givenUp(change: Change, [own, before]: readonly EngineRecord[]): Uint8Array[] {
  if (own === undefined) return [];
  const { revision, isPut } = pointOf(own.key);
  // Another change of the same revision took its place, or it was never sent here because it could not be read any more.
  if (revision !== change.revision || isPut !== change.isPut) return [];
  const versions: Uint8Array[] = [];
  // A deletion before it is removed by its own change.
  if (before !== undefined && pointOf(before.key).isPut) versions.push(before.key);
  if (!isPut) versions.push(own.key);
  return versions;
}
