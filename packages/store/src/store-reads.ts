import { HostError, type Callback } from "@quorate/host";
import type { LiveState } from "./load-state.ts";
import type { RangeOperation, RangeResult, ReadResult, StoreRefusal, TxnOperation, TxnResult } from "./operations.ts";
import type { Pace } from "./pace.ts";
import { readPage, type PageOperation, type PageResult } from "./page-read.ts";
import { readPointIfUnchanged } from "./point-reads.ts";
import { readRange } from "./range-read.ts";
import type { Replacement } from "./replacement.ts";
import { spanOf } from "./span.ts";
import { digestOf, pointOf, readPoint } from "./state-digest.ts";
import { hashState, type StateHash } from "./state-hash.ts";
import { attempt } from "./steps.ts";
import { runTxn, writesSomething } from "./transaction.ts";
import { ViewTransaction } from "./view-transaction.ts";

/** What reads need from the store that they read. */
export interface StoreReadsParts {
  readonly replacement: Replacement;
  /** For what compares members. */
  readonly background: Pace;
  /** Why nothing is answered any more. */
  readonly unusable: () => HostError | undefined;
  /** Passes an error on, and tells of damage. */
  readonly noted: (error: HostError | undefined) => HostError | undefined;
}

/** Reads, hashes and digests: each sees complete transactions only, and begins anew when the state is replaced under it. */
export class StoreReads {
  readonly #parts: StoreReadsParts;
  readonly #replacement: Replacement;

  constructor(parts: StoreReadsParts) {
    this.#parts = parts;
    this.#replacement = parts.replacement;
  }

  /** Reads one key or a range, at the newest revision or an older one. */
  range(operation: RangeOperation, done: Callback<ReadResult<RangeResult>>): void {
    const again = (): void => this.range(operation, done);
    if (this.#replacement.holds(again)) return;
    const { state } = this.#live;
    const { revision } = state;
    const wanted = operation.revision > 0 ? operation.revision : revision;
    const refusal = state.refusalOf(wanted);
    if (this.#unusable !== undefined) return done(this.#unusable, refused(revision, "compacted"));
    if (refusal !== undefined) return done(undefined, refused(revision, refusal));
    if (operation.range.end === undefined) {
      const read = attempt(() => readPointIfUnchanged(state, operation, wanted));
      if (read.error !== undefined) return done(this.#noted(read.error), refused(revision, "compacted"));
      if (read.value !== undefined) return done(undefined, { ok: true, revision, result: read.value });
    }
    const view = state.view(wanted);
    readRange(view, operation, state.countOf(spanOf(operation.range), wanted), (error, result) => {
      view.close();
      if (this.#replacement.interrupted(error, again)) return;
      done(this.#noted(error), { ok: true, revision, result });
    });
  }

  /** Reads the first keys of a range, and no more of it. */
  page(operation: PageOperation, done: Callback<ReadResult<PageResult>>): void {
    const again = (): void => this.page(operation, done);
    if (this.#replacement.holds(again)) return;
    const { state } = this.#live;
    const { revision } = state;
    const wanted = operation.revision > 0 ? operation.revision : revision;
    const refusal = state.refusalOf(wanted);
    if (this.#unusable !== undefined) return done(this.#unusable, refused(revision, "compacted"));
    if (refusal !== undefined) return done(undefined, refused(revision, refusal));
    const view = state.view(wanted);
    readPage(view, operation, (error, result) => {
      view.close();
      if (this.#replacement.interrupted(error, again)) return;
      done(this.#noted(error), { ok: true, revision, result });
    });
  }

  /** Runs a transaction of reads, all of them on the state of this moment. One that writes fails with `invalid`. */
  readTxn(txn: TxnOperation, done: Callback<ReadResult<TxnResult>>): void {
    const again = (): void => this.readTxn(txn, done);
    if (this.#replacement.holds(again)) return;
    const { state } = this.#live;
    const { revision } = state;
    if (this.#unusable !== undefined) return done(this.#unusable, refused(revision, "compacted"));
    if (writesSomething(txn)) {
      const message = "a transaction that writes must be proposed, not read";
      return done(new HostError("invalid", "transaction", message), refused(revision, "key-not-found"));
    }
    const reads = new ViewTransaction(state, txn);
    runTxn(txn, reads, undefined, (error, outcome) => {
      reads.close();
      if (this.#replacement.interrupted(error, again)) return;
      if (outcome.refusal !== undefined) return done(this.#noted(error), refused(revision, outcome.refusal));
      done(this.#noted(error), { ok: true, revision, result: outcome.result });
    });
  }

  /** Hashes the state at a revision (0 for the newest), in steps: the cost follows the size of the whole history. */
  hash(revision: number, done: Callback<ReadResult<StateHash>>): void {
    const again = (): void => this.hash(revision, done);
    if (this.#replacement.holds(again)) return;
    const { state } = this.#live;
    const newest = state.revision;
    const wanted = revision > 0 ? revision : newest;
    const refusal = state.refusalOf(wanted);
    if (this.#unusable !== undefined) return done(this.#unusable, refused(newest, "compacted"));
    if (refusal !== undefined) return done(undefined, refused(newest, refusal));
    const { compactedRevision } = state;
    const view = state.view(wanted);
    hashState(view, compactedRevision, (error, hash) => {
      view.close();
      if (this.#replacement.interrupted(error, again)) return;
      done(this.#noted(error), { ok: true, revision: newest, result: { hash, revision: wanted, compactedRevision } });
    });
  }

  /** Where the newest state can be compared with that of other members (`StateMachine.digestPoint`). */
  digestPoint(): Uint8Array {
    return pointOf(this.#live.state);
  }

  /**
   * Hashes the state at a point that this store or another member's gave (`StateMachine.digest`). Undefined when this store
   * was compacted beyond it, or the point cannot be read. A store whose newest revision is older than the point's, though
   * the same commands are applied, is not equal, and its digest says so.
   */
  digest(point: Uint8Array, done: Callback<Uint8Array | undefined>): void {
    if (this.#unusable !== undefined) return done(this.#unusable, undefined);
    const again = (): void => this.digest(point, done);
    if (this.#replacement.holds(again)) return;
    const { background } = this.#parts;
    const { state } = this.#live;
    const wanted = readPoint(point);
    if (wanted === undefined || wanted.compactedRevision < state.compactedRevision) return done(undefined, undefined);
    const revision = Math.min(wanted.revision, state.revision);
    const view = state.view(revision);
    const finish: Callback<number> = (error, hash) => {
      view.close();
      if (this.#replacement.interrupted(error, again)) return;
      done(this.#noted(error), error === undefined ? digestOf(revision, hash) : undefined);
    };
    hashState(view, wanted.compactedRevision, finish, background);
  }

  get #unusable(): HostError | undefined {
    return this.#parts.unusable();
  }

  get #live(): LiveState {
    return this.#replacement.live;
  }

  #noted(error: HostError | undefined): HostError | undefined {
    return this.#parts.noted(error);
  }
}

const refused = (revision: number, refusal: StoreRefusal): { ok: false; revision: number; refusal: StoreRefusal } => ({
  ok: false,
  revision,
  refusal,
});
