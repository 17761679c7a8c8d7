import type { HostError } from "@quorate/host";
import { BlockCounts, type BlockRecord, type RangeCount } from "./block-counts.ts";
import type { Engine } from "./engine.ts";
import type { KeyText } from "./key-text.ts";
import type { Layer } from "./layer.ts";
import type { PutOperation, StoreRefusal } from "./operations.ts";
import { Overlay } from "./overlay.ts";
import { deletedAt } from "./records.ts";
import type { Span } from "./span.ts";
import type { Pause } from "./steps.ts";
import type { StoreLimits } from "./limits.ts";
import type { Version } from "./version.ts";
import type { View } from "./view.ts";

/** What the state of the keys starts from: what the last checkpoint left. */
export interface KeyStateStart {
  readonly engine: Engine;
  readonly limits: StoreLimits;
  readonly revision: number;
  readonly compactedRevision: number;
  readonly blocks: readonly BlockRecord[];
  readonly pause: Pause;
}

/**
 * The keys, their versions and the revision. One transaction at a time writes at `revision + 1`; others see nothing of
 * it until `commit`, because they read at `revision`.
 */
export class KeyState {
  readonly overlay: Overlay;
  readonly counts: BlockCounts;
  /** Told of each revision when it is complete: its changes are those of the layer from `from` on. */
  onCommit: ((revision: number, layer: Layer, from: number) => void) | undefined;
  readonly #engine: Engine;
  readonly #pause: Pause;
  #revision: number;
  #compactedRevision: number;
  #durableRevision: number;
  #frozenRevision: number | undefined;
  #isChanged = false;
  /** How many changes of the active layer are those of complete transactions. */
  #committedChanges = 0;
  #openViews = 0;
  #closing: { readonly reason: HostError; readonly whenClosed: () => void } | undefined;

  constructor(start: KeyStateStart) {
    this.overlay = new Overlay(start.engine, start.limits.cacheBytes);
    this.counts = new BlockCounts(start.blocks, start.limits.minBlockKeys);
    this.#compactedRevision = start.compactedRevision;
    this.#engine = start.engine;
    this.#pause = start.pause;
    this.#revision = start.revision;
    this.#durableRevision = start.revision;
  }

  /** The newest complete revision. */
  get revision(): number {
    return this.#revision;
  }

  /** Reads at older revisions are refused. 0 when nothing was compacted. */
  get compactedRevision(): number {
    return this.#compactedRevision;
  }

  /** Up to here the engine holds everything for sure. */
  get durableRevision(): number {
    return this.#durableRevision;
  }

  /** What the transaction under way sees: its own writes too. */
  get revisionWithin(): number {
    return this.#isChanged ? this.#revision + 1 : this.#revision;
  }

  /** Whether a read at `revision` (0 for the newest) must be refused. */
  refusalOf(revision: number): StoreRefusal | undefined {
    if (revision > this.#revision) return "future-revision";
    return revision !== 0 && revision < this.#compactedRevision ? "compacted" : undefined;
  }

  /**
   * The same for a read in a transaction, where etcd compares a negative revision with the compacted one too: that is -1 there
   * as long as nothing was compacted (seen with 3.4.23).
   */
  refusalInTxn(revision: number): StoreRefusal | undefined {
    if (revision >= 0) return this.refusalOf(revision);
    return revision === -1 && this.#compactedRevision === 0 ? undefined : "compacted";
  }

  /**
   * Gives up every version that a read at `revision` or later does not see. It has to be greater than the one of the compaction
   * before, and there already; nothing is changed otherwise.
   */
  compact(revision: number): StoreRefusal | undefined {
    if (revision <= this.#compactedRevision) return "compacted";
    if (revision > this.#revision) return "future-revision";
    this.#compactedRevision = revision;
    return undefined;
  }

  /** Writes a key within the transaction under way; `previous` is its newest version, with its value where that is kept. */
  put(key: KeyText, operation: PutOperation, previous: Version): void {
    const revision = this.#revision + 1;
    // The command is a view of the log's bytes, which are not kept for the store.
    const value = operation.ignoreValue && previous.alive ? previous.value : new Uint8Array(operation.value);
    this.#isChanged = true;
    const version: Version = {
      revision,
      createRevision: previous.alive ? previous.createRevision : revision,
      version: previous.version + 1,
      lease: operation.ignoreLease && previous.alive ? previous.lease : operation.lease,
      alive: true,
      valueLength: value?.length ?? 0,
      value,
      older: undefined,
    };
    this.overlay.add(key, version, previous.alive ? previous.revision : 0);
    if (!previous.alive) this.counts.add(key, 1);
  }

  /** Deletes a live key within the transaction under way; `previousRevision` is that of its newest version, if known. */
  delete(key: KeyText, previousRevision?: number): void {
    this.#isChanged = true;
    this.overlay.add(key, deletedAt(this.#revision + 1), previousRevision);
    this.counts.add(key, -1);
  }

  /** The transaction under way is complete; returns the newest revision. */
  commit(): number {
    if (!this.#isChanged) return this.#revision;
    this.#isChanged = false;
    this.#revision++;
    this.counts.commit();
    const from = this.#committedChanges;
    this.#committedChanges = this.overlay.active.changes.length;
    this.onCommit?.(this.#revision, this.overlay.active, from);
    return this.#revision;
  }

  /** A checkpoint begins, between two transactions. */
  freeze(): Layer {
    this.#frozenRevision = this.#revision;
    this.#committedChanges = 0;
    return this.overlay.freeze();
  }

  /** The checkpoint is durable. */
  release(): void {
    this.overlay.release();
    this.#durableRevision = this.#frozenRevision ?? this.#durableRevision;
    this.#frozenRevision = undefined;
  }

  /** What the blocks say about a range; undefined for revisions that are not the newest. */
  countOf(span: Span, revision: number): RangeCount | undefined {
    if (revision === this.#revision) return this.counts.countOf(span, false);
    return revision === this.revisionWithin ? this.counts.countOf(span, true) : undefined;
  }

  /** The state at a revision, `revisionWithin` at most. Must be closed. */
  view(revision: number, layers: readonly Layer[] = this.overlay.layers): View {
    this.#openViews++;
    const snapshot = this.#engine.snapshot();
    let isOpen = true;
    return {
      revision,
      layers,
      snapshot,
      durableRevision: this.#durableRevision,
      engineRevision: this.#frozenRevision ?? this.#durableRevision,
      pause: this.#pause,
      interrupted: () => this.#closing?.reason,
      close: () => {
        if (!isOpen) return;
        isOpen = false;
        snapshot.close();
        this.#openViews--;
        if (this.#openViews === 0) this.#closing?.whenClosed();
      },
    };
  }

  /** Ends every view at its next step, with `reason`; `whenClosed` once none is open. */
  endViews(reason: HostError, whenClosed: () => void): void {
    this.#closing = { reason, whenClosed };
    if (this.#openViews === 0) whenClosed();
  }
}
