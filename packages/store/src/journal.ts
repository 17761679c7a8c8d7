import { ByteWriter } from "./byte-writer.ts";
import type { ByteReader } from "./byte-reader.ts";
import type { EngineRecord, EngineWrite } from "./engine.ts";
import { DamagedRecordError, FormatError } from "./errors.ts";
import { journalKey } from "./key-space.ts";
import type { KeyText } from "./key-text.ts";
import { textOf } from "./key-text.ts";
import { seal, unseal } from "./records.ts";

/**
 * Which key changed at which revision, in the order in which it happened. It is independent of the history, which forgets
 * deletions when it is compacted: watchers and followers that lag behind are served from here.
 */
export interface Change {
  readonly revision: number;
  /** 0, 1 ... within the revision. */
  readonly number: number;
  readonly key: KeyText;
  readonly isPut: boolean;
}

/** One record holds adjacent changes up to about this many bytes: a record per change would cost as much as the change. */
const chunkBytes = 4096;

/** Gathers changes into records. */
export class JournalWriter {
  readonly #body = new ByteWriter();
  #first: Change | undefined;
  #last: Pick<Change, "revision" | "number"> | undefined;

  /** `after` is the change that the journal ends with already, where it goes on in the middle of a revision. */
  constructor(after?: Pick<Change, "revision" | "number">) {
    this.#last = after;
  }

  /** Returns the record that the change before completed, if it did. */
  add(revision: number, key: KeyText, isPut: boolean): EngineWrite | undefined {
    const finished = this.#body.length >= chunkBytes ? this.finish() : undefined;
    const number = this.#last?.revision === revision ? this.#last.number + 1 : 0;
    const change: Change = { revision, number, key, isPut };
    this.#body.varint(revision - (this.#first === undefined ? revision : (this.#last?.revision ?? 0)));
    this.#body.varint(key.length * 2 + (isPut ? 1 : 0));
    this.#body.text(key);
    this.#first ??= change;
    this.#last = change;
    return finished;
  }

  /** The last record, unless it would be empty. */
  finish(): EngineWrite | undefined {
    const first = this.#first;
    if (first === undefined) return undefined;
    const body = this.#body.take();
    this.#first = undefined;
    const key = journalKey(first.revision, first.number);
    const value = seal(key, (into) => {
      into.varint(first.revision);
      into.varint(first.number);
      into.bytes(body);
    });
    return { key, value };
  }
}

/** The changes of one record, in order. Throws `DamagedRecordError`. */
export function readJournal(record: EngineRecord): Change[] {
  return unseal("journal", record.key, record.value, (reader) => {
    const first = { revision: reader.varint(), number: reader.varint() };
    const named = journalKey(first.revision, first.number);
    if (textOf(named) !== textOf(record.key))
      throw new DamagedRecordError("journal", record.key, "it is another record");
    return readChanges(reader, first);
  });
}

function readChanges(reader: ByteReader, first: { readonly revision: number; readonly number: number }): Change[] {
  const changes: Change[] = [];
  let { revision, number } = first;
  while (reader.remaining > 0) {
    const step = reader.varint();
    if (step > 0 && changes.length === 0) throw new FormatError("the first change of a record names another revision");
    revision += step;
    if (changes.length > 0) number = step > 0 ? 0 : number + 1;
    const head = reader.varint();
    changes.push({ revision, number, isPut: head % 2 === 1, key: textOf(reader.bytes(Math.floor(head / 2))) });
  }
  return changes;
}
