import type { Callback, Done } from "@quorate/host";
import type { RangeCount } from "./block-counts.ts";
import type { KeyState } from "./key-state.ts";
import { scanView } from "./live-transaction.ts";
import type { Loaded, Need } from "./load-versions.ts";
import type { KeyRange, Operation, RangeOperation, RangeResult, StoreRefusal, TxnOperation } from "./operations.ts";
import { readRange } from "./range-read.ts";
import { spanOf } from "./span.ts";
import type { TxnReads } from "./transaction.ts";
import type { View } from "./view.ts";

/** A read-only transaction: all of it on the state of one moment, while others go on writing. */
export class ViewTransaction implements TxnReads {
  readonly #state: KeyState;
  readonly #view: View;
  readonly #counts = new Map<RangeOperation, RangeCount | undefined>();

  /** Counts are taken now: those of the blocks go with the newest revision. */
  constructor(state: KeyState, txn: TxnOperation) {
    this.#state = state;
    this.#view = state.view(state.revision);
    this.#takeCounts(txn);
  }

  get revision(): number {
    return this.#view.revision;
  }

  /** As in transactions that write. */
  refusalOf(revision: number): StoreRefusal | undefined {
    return revision > this.#view.revision ? "future-revision" : this.#state.refusalInTxn(revision);
  }

  scan(range: KeyRange, need: Need, show: (page: readonly Loaded[]) => boolean, done: Done): void {
    scanView(this.#view, range, need, show, done);
  }

  range(operation: RangeOperation, done: Callback<RangeResult>): void {
    const view = operation.revision > 0 ? { ...this.#view, revision: operation.revision } : this.#view;
    readRange(view, operation, this.#counts.get(operation), done);
  }

  close(): void {
    this.#view.close();
  }

  #takeCounts(operation: Operation): void {
    if (operation.type === "range") {
      const revision = operation.revision > 0 ? operation.revision : this.#view.revision;
      this.#counts.set(operation, this.#state.countOf(spanOf(operation.range), revision));
    } else if (operation.type === "txn") {
      for (const nested of operation.success) this.#takeCounts(nested);
      for (const nested of operation.failure) this.#takeCounts(nested);
    }
  }
}
