import type { Callback, Done } from "@quorate/host";
import type {
  PageOperation,
  PageResult,
  RangeOperation,
  RangeResult,
  ReadResult,
  StateContents,
  StateSource,
  TxnOperation,
  TxnResult,
} from "@quorate/store";
import type { KeyValueState, StateHash } from "../service-parts.ts";
import type { Guard } from "./guard.ts";

/** The state as somebody may read it: each read is checked as of the moment that it is made. */
export class GuardedStore implements KeyValueState {
  readonly #store: KeyValueState;
  readonly #guard: Guard;

  constructor(store: KeyValueState, guard: Guard) {
    this.#store = store;
    this.#guard = guard;
  }

  get revision(): number {
    return this.#store.revision;
  }

  get compactedRevision(): number {
    return this.#store.compactedRevision;
  }

  get members(): KeyValueState["members"] {
    return this.#store.members;
  }

  get approximateBytes(): number {
    return this.#store.approximateBytes;
  }

  get keyCount(): number {
    return this.#store.keyCount;
  }

  get applied(): KeyValueState["applied"] {
    return this.#store.applied;
  }

  get alarms(): KeyValueState["alarms"] {
    return this.#store.alarms;
  }

  get checkpointed(): KeyValueState["checkpointed"] {
    return this.#store.checkpointed;
  }

  get auth(): KeyValueState["auth"] {
    return this.#store.auth;
  }

  get leases(): KeyValueState["leases"] {
    return this.#store.leases;
  }

  range(operation: RangeOperation, done: Callback<ReadResult<RangeResult>>): void {
    const refusal = this.#guard.refusalOfOperation(operation);
    if (refusal === undefined) return this.#store.range(operation, done);
    done(undefined, { ok: false, revision: this.#store.revision, refusal });
  }

  page(operation: PageOperation, done: Callback<ReadResult<PageResult>>): void {
    const refusal = this.#guard.refusalOfKeys("read", operation.range);
    if (refusal === undefined) return this.#store.page(operation, done);
    done(undefined, { ok: false, revision: this.#store.revision, refusal });
  }

  readTxn(operation: TxnOperation, done: Callback<ReadResult<TxnResult>>): void {
    const refusal = this.#guard.refusalOfOperation(operation);
    if (refusal === undefined) return this.#store.readTxn(operation, done);
    done(undefined, { ok: false, revision: this.#store.revision, refusal });
  }

  openSource(since: Uint8Array | undefined, done: Callback<StateSource>): void {
    this.#store.openSource(since, done);
  }

  openContents(done: Callback<StateContents>): void {
    this.#store.openContents(done);
  }

  defragment(done: Done): void {
    this.#store.defragment(done);
  }

  whenCompacted(revision: number, done: Done): void {
    this.#store.whenCompacted(revision, done);
  }

  hash(revision: number, done: Callback<ReadResult<StateHash>>): void {
    this.#store.hash(revision, done);
  }
}
