import type { Callback } from "@quorate/host";
import type { EngineIterator, EngineRecord, EngineSnapshot } from "../engine.ts";
import { DamagedRecordError } from "../errors.ts";
import { readJournal, type Change } from "../journal.ts";
import { journalKey, prefixes, prefixSpan } from "../key-space.ts";
import { attempt } from "../steps.ts";

const recordsPerPage = 8;

/** The changes of the journal that are newer than a revision, in their order, a page at a time. */
export class JournalCursor {
  readonly #snapshot: EngineSnapshot;
  readonly #after: number;
  #iterator: EngineIterator | undefined;
  #isFirst = true;

  /** The journal must reach back to `after`. */
  constructor(snapshot: EngineSnapshot, after: number) {
    this.#snapshot = snapshot;
    this.#after = after;
  }

  /** An empty page is the end. */
  next(done: Callback<readonly Change[]>): void {
    if (this.#iterator !== undefined) return this.#read(this.#iterator, done);
    this.#findStart((error, from) => {
      if (error !== undefined) return done(error, []);
      this.#iterator = this.#snapshot.iterate({ ...prefixSpan(prefixes.journal), from });
      this.#read(this.#iterator, done);
    });
  }

  close(): void {
    this.#iterator?.close();
  }

  /** The last record that begins no later than the first change that is wanted. */
  #findStart(done: Callback<Uint8Array>): void {
    const span = prefixSpan(prefixes.journal);
    const iterator = this.#snapshot.iterate({
      from: span.from,
      to: journalKey(this.#after + 1, 1),
      reverse: true,
      keysOnly: true,
    });
    iterator.next(1, (error, [record]) => {
      iterator.close();
      done(error, record?.key ?? span.from);
    });
  }

  #read(iterator: EngineIterator, done: Callback<readonly Change[]>): void {
    iterator.next(recordsPerPage, (error, records) => {
      if (error !== undefined) return done(error, []);
      const read = attempt(() => this.#changesIn(records));
      if (read.error !== undefined) return done(read.error, []);
      // Everything in the first records may be older.
      if (read.value.length === 0 && records.length > 0) return this.#read(iterator, done);
      done(undefined, read.value);
    });
  }

  #changesIn(records: readonly EngineRecord[]): Change[] {
    const changes: Change[] = [];
    for (const record of records) {
      for (const change of readJournal(record)) {
        if (change.revision <= this.#after) continue;
        if (this.#isFirst && (change.revision !== this.#after + 1 || change.number !== 0)) {
          const what = `it begins with change ${change.revision}.${change.number} after revision ${this.#after}`;
          throw new DamagedRecordError("journal", record.key, what);
        }
        this.#isFirst = false;
        changes.push(change);
      }
    }
    return changes;
  }
}
