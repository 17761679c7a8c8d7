import type { Callback, HostError } from "@quorate/host";
import { loadVersions, type Loaded } from "./load-versions.ts";
import { MergedCursor } from "./merged-cursor.ts";
import type { KeyRange, KeyValue } from "./operations.ts";
import { spanOf } from "./span.ts";
import { untilFinished } from "./steps.ts";
import { keyValueOf, type Found } from "./version.ts";
import type { View } from "./view.ts";

/** The first keys of a range, in order, as many as shall be in memory at a time. */
export interface PageOperation {
  readonly range: KeyRange;
  /** 0 (or less) for the newest. */
  readonly revision: number;
  readonly keysOnly: boolean;
  /** 1 or more. */
  readonly maxKeys: number;
  /** Of keys and values: the key that reaches it is the last. */
  readonly maxBytes: number;
}

export interface PageResult {
  /** At least one, unless the range is empty. */
  readonly items: readonly KeyValue[];
  /** Whether the range has keys behind them. */
  readonly more: boolean;
}

/** What is left of a range is not looked at, nor counted: the cost follows the page. */
export function readPage(view: View, operation: PageOperation, done: Callback<PageResult>): void {
  const cursor = new MergedCursor(view, spanOf(operation.range), false);
  const page = new Page(operation);
  untilFinished(
    (step) => {
      cursor.next(page.wanted, (error, found) => {
        if (error !== undefined || found.length === 0) return step(error, true);
        fill(view, page, found, (error) => {
          if (error !== undefined || page.more) return step(error, true);
          view.pause(() => step(view.interrupted(), false));
        });
      });
    },
    (error) => {
      cursor.close();
      done(error, page);
    },
  );
}

function fill(view: View, page: Page, found: readonly Found[], done: (error: HostError | undefined) => void): void {
  let at = 0;
  const need = page.operation.keysOnly ? "metadata" : "value";
  untilFinished((step) => {
    const batch = page.batch(found, at);
    if (batch.length === 0) {
      page.more = at < found.length;
      return step(undefined, true);
    }
    loadVersions(view, batch, need, (error, loaded) => {
      if (error !== undefined) return step(error, true);
      at += page.add(loaded);
      step(undefined, false);
    });
  }, done);
}

/** Versions of unknown length that are read at a time at most: one may be as large as requests may be. */
const mostUnknownAtATime = 16;

/** What of a page has been read so far, and how much more may be read at a time without passing its bound. */
class Page implements PageResult {
  readonly operation: PageOperation;
  readonly items: KeyValue[] = [];
  more = false;
  #bytes = 0;
  /** Versions whose lengths nobody knows before they are read: so many at a time, from one on. */
  #unknownAtATime = 1;

  constructor(operation: PageOperation) {
    this.operation = operation;
  }

  /** Keys to look for: one beyond the last says whether there are more. */
  get wanted(): number {
    return this.#isFull ? 1 : this.operation.maxKeys - this.items.length + 1;
  }

  get #isFull(): boolean {
    return this.items.length >= this.operation.maxKeys || this.#bytes >= this.operation.maxBytes;
  }

  /** The next ones to read, from `at` on; none when the page is full. */
  batch(found: readonly Found[], at: number): readonly Found[] {
    if (this.#isFull) return [];
    const most = Math.min(found.length, at + this.operation.maxKeys - this.items.length);
    let end = at;
    let bytes = this.#bytes;
    let unknown = 0;
    while (end < most && bytes < this.operation.maxBytes && unknown < this.#unknownAtATime) {
      const { key, version } = found[end] as Found;
      if (version === undefined) unknown++;
      bytes += key.length + (version === undefined || this.operation.keysOnly ? 0 : version.valueLength);
      end++;
    }
    if (unknown > 0) this.#unknownAtATime = Math.min(mostUnknownAtATime, 2 * this.#unknownAtATime);
    return found.slice(at, end);
  }

  /** Gives how many of them are in the page: those beyond its bytes are read again with the next. */
  add(loaded: readonly Loaded[]): number {
    const { keysOnly } = this.operation;
    let added = 0;
    for (const { key, version } of loaded) {
      if (this.#isFull) break;
      this.#bytes += key.length + (keysOnly ? 0 : version.valueLength);
      this.items.push(keyValueOf(key, version, keysOnly));
      added++;
    }
    // Large ones are read one at a time again.
    const left = Math.max(0, this.operation.maxBytes - this.#bytes);
    const average = Math.max(1, this.#bytes / this.items.length);
    this.#unknownAtATime = Math.max(1, Math.min(this.#unknownAtATime, Math.floor(left / average)));
    return added;
  }
}
