import type { Done } from "@quorate/host";
import type { EngineIterator, EngineRecord, EngineSnapshot } from "../engine.ts";
import { DamagedRecordError, type RecordKind } from "../errors.ts";
import type { EngineSpan } from "../key-space.ts";
import { textOf, type KeyText } from "../key-text.ts";
import type { ScrubProgress } from "./scrub.ts";

const recordsPerPage = 64;

/** The records of one kind in their order, a page in memory at a time; counts what it reads. */
export class RecordCursor {
  readonly #kind: RecordKind;
  readonly #iterator: EngineIterator;
  readonly #progress: ScrubProgress;
  #page: readonly EngineRecord[] = [];
  #at = 0;
  #isEnded = false;
  #last: KeyText | undefined;

  constructor(snapshot: EngineSnapshot, kind: RecordKind, span: EngineSpan, progress: ScrubProgress) {
    this.#kind = kind;
    this.#iterator = snapshot.iterate(span);
    this.#progress = progress;
  }

  /** Whether `fetch` must come before `record`. */
  get needsPage(): boolean {
    return !this.#isEnded && this.#at === this.#page.length;
  }

  /** Undefined at the end. */
  get record(): EngineRecord | undefined {
    return this.#page[this.#at];
  }

  /** Throws `DamagedRecordError` when the engine does not keep its own order: then it cannot find what it holds. */
  advance(): void {
    const { key } = this.#page[this.#at] as EngineRecord;
    const text = textOf(key);
    if (this.#last !== undefined && text <= this.#last) {
      throw new DamagedRecordError(this.#kind, key, "it is out of order");
    }
    this.#last = text;
    this.#at++;
  }

  fetch(done: Done): void {
    this.#iterator.next(recordsPerPage, (error, page) => {
      if (error !== undefined) return done(error);
      this.#page = page;
      this.#at = 0;
      this.#isEnded = page.length === 0;
      this.#progress.records += page.length;
      for (const { key, value } of page) this.#progress.bytes += key.length + value.length;
      done(undefined);
    });
  }

  close(): void {
    this.#iterator.close();
  }
}
