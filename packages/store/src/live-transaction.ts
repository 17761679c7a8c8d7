import type { Callback, Done } from "@quorate/host";
import type { KeyState } from "./key-state.ts";
import { textOf } from "./key-text.ts";
import { loadVersions, type Loaded, type Need } from "./load-versions.ts";
import { MergedCursor } from "./merged-cursor.ts";
import type {
  DeleteRangeOperation,
  DeleteRangeResult,
  KeyRange,
  KeyValue,
  PutOperation,
  PutResult,
  RangeOperation,
  RangeResult,
  StoreRefusal,
} from "./operations.ts";
import { readPoint } from "./point-reads.ts";
import { readRange } from "./range-read.ts";
import { spanOf } from "./span.ts";
import { attempt, untilFinished } from "./steps.ts";
import type { Leases } from "./tables/leases.ts";
import type { TxnReads, TxnWrites } from "./transaction.ts";
import { keyValueOf } from "./version.ts";
import type { View } from "./view.ts";

/** Shows the live keys of a range in a view, page by page with a pause after each, until `show` returns false. */
export function scanView(
  view: View,
  range: KeyRange,
  need: Need,
  show: (page: readonly Loaded[]) => boolean,
  done: Done,
): void {
  const cursor = new MergedCursor(view, spanOf(range), false);
  untilFinished(
    (step) => {
      cursor.next(Number.MAX_SAFE_INTEGER, (error, found) => {
        if (error !== undefined || found.length === 0) return step(error, true);
        loadVersions(view, found, need, (error, page) => {
          if (error !== undefined || !show(page)) return step(error, true);
          view.pause(() => step(view.interrupted(), false));
        });
      });
    },
    (error) => {
      cursor.close();
      done(error);
    },
  );
}

/**
 * The transaction under way, on the state itself. What concerns single keys of the newest revision completes at once;
 * ranges are read in steps, and nobody else sees what has been written until the commit.
 */
export class LiveTransaction implements TxnReads, TxnWrites {
  /** What has been written since the state was loaded, for metrics. */
  readonly counts = { puts: 0, deletes: 0 };
  readonly #state: KeyState;
  readonly #leases: Leases;

  constructor(state: KeyState, leases: Leases) {
    this.#state = state;
    this.#leases = leases;
  }

  get revision(): number {
    return this.#state.revisionWithin;
  }

  refusalOf(revision: number): StoreRefusal | undefined {
    return this.#state.refusalInTxn(revision);
  }

  scan(range: KeyRange, need: Need, show: (page: readonly Loaded[]) => boolean, done: Done): void {
    if (range.end !== undefined) {
      return this.#inView(this.revision, (view, next) => scanView(view, range, need, show, next), done);
    }
    const key = textOf(range.key);
    const read = attempt(() => {
      const version = this.#state.overlay.newest(key);
      return need === "value" ? this.#state.overlay.withValue(key, version) : version;
    });
    if (read.error !== undefined) return done(read.error);
    if (read.value.alive) show([{ key, version: read.value }]);
    done(undefined);
  }

  range(operation: RangeOperation, done: Callback<RangeResult>): void {
    const revision = operation.revision > 0 ? operation.revision : this.revision;
    let result: RangeResult = { type: "range", items: [], more: false, count: 0 };
    if (operation.range.end === undefined && revision === this.revision) {
      const read = attempt(() => readPoint(this.#state, operation, revision));
      return done(read.error, read.error === undefined ? read.value : result);
    }
    const count = this.#state.countOf(spanOf(operation.range), revision);
    this.#inView(
      revision,
      (view, next) =>
        readRange(view, operation, count, (error, answer) => {
          result = answer;
          next(error);
        }),
      (error) => done(error, result),
    );
  }

  /** May throw `HostError`, as may `put`. */
  checkPut(operation: PutOperation): StoreRefusal | undefined {
    const needsKey = operation.ignoreValue || operation.ignoreLease;
    if (needsKey && !this.#state.overlay.newest(textOf(operation.key)).alive) return "key-not-found";
    return this.checkLease(operation);
  }

  checkLease({ lease }: PutOperation): StoreRefusal | undefined {
    return lease === 0n || this.#leases.get(lease) !== undefined ? undefined : "lease-not-found";
  }

  put(operation: PutOperation): PutResult {
    this.counts.puts++;
    const key = textOf(operation.key);
    const { overlay } = this.#state;
    const newest = overlay.newest(key);
    const previous = operation.previous || operation.ignoreValue ? overlay.withValue(key, newest) : newest;
    const lease = operation.ignoreLease && newest.alive ? newest.lease : operation.lease;
    this.#state.put(key, operation, previous);
    this.#leases.move(key, newest.lease, lease);
    return {
      type: "put",
      previous: operation.previous && previous.alive ? keyValueOf(key, previous, false) : undefined,
    };
  }

  deleteRange(operation: DeleteRangeOperation, done: Callback<DeleteRangeResult>): void {
    this.counts.deletes++;
    const previous: KeyValue[] = [];
    let deleted = 0;
    const show = (page: readonly Loaded[]): boolean => {
      deleted += page.length;
      for (const { key, version } of page) {
        if (operation.previous) previous.push(keyValueOf(key, version, false));
        this.#state.delete(key, version.revision);
        this.#leases.move(key, version.lease, 0n);
      }
      return true;
    };
    this.scan(operation.range, operation.previous ? "value" : "metadata", show, (error) => {
      done(error, { type: "delete-range", deleted, previous });
    });
  }

  #inView(revision: number, use: (view: View, done: Done) => void, done: Done): void {
    const view = this.#state.view(revision);
    use(view, (error) => {
      view.close();
      done(error);
    });
  }
}
