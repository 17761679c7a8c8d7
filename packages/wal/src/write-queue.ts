import type { Entry, HardState, LogIndex, LogPosition } from "@quorate/raft";
import type { LoggedConfiguration } from "./configuration-trail.ts";
import { aligned, batchHeaderBytes, type Base } from "./format.ts";

/** Something to make durable, with what is known of it when it is queued. */
export interface QueuedWrite {
  /** The record's sequence; undefined for what the log writes on its own account. */
  readonly sequence: number | undefined;
  /** 0 for none. */
  readonly truncateFrom: LogIndex;
  readonly entries: readonly Entry[];
  /** The sum of the lengths of the frames. */
  readonly frameBytes: number;
  readonly hardState: HardState | undefined;
  readonly base: Base | undefined;
  /** The log begins anew after this position, in a segment of its own. */
  readonly anew: NewBeginning | undefined;
  readonly isRepaired: boolean;
  /** Where the log ends after it. */
  readonly last: LogPosition;
  /** Where the log ended between its truncation and its entries: what is durable of the older log, no more. */
  readonly cut: LogPosition | undefined;
}

/** A state that the log does not lead up to was installed. */
export interface NewBeginning {
  readonly position: LogPosition;
  readonly configuration: LoggedConfiguration;
}

/** What goes out in one write: how many of the queue's first, and how long the batch becomes. */
export interface Selection {
  readonly count: number;
  readonly frameBytes: number;
  /** In bytes, header and padding included. */
  readonly batchBytes: number;
}

/**
 * What waits while a sync runs, in order. The records' number and bytes are bounded by who queues them: the core holds back
 * proposals beyond its bound on uncommitted bytes.
 */
export class WriteQueue {
  readonly #maxBatchBytes: number;
  #items: QueuedWrite[] = [];

  constructor(maxBatchBytes: number) {
    this.#maxBatchBytes = maxBatchBytes;
  }

  get length(): number {
    return this.#items.length;
  }

  add(item: QueuedWrite): void {
    this.#items.push(item);
  }

  /**
   * As many whole records as fit one batch, one at least. A batch has one truncation, before its entries; so a record that
   * drops entries, or lets the log begin anew, starts a batch.
   */
  select(): Selection {
    let count = 0;
    let frameBytes = 0;
    for (const item of this.#items) {
      const startsBatch = item.truncateFrom > 0 || item.base !== undefined || item.anew !== undefined;
      if (count > 0 && (startsBatch || frameBytes + item.frameBytes > this.#maxBatchBytes)) break;
      frameBytes += item.frameBytes;
      count++;
    }
    return { count, frameBytes, batchBytes: aligned(batchHeaderBytes + frameBytes) };
  }

  /** The first of what waits. */
  get next(): QueuedWrite | undefined {
    return this.#items[0];
  }

  first(count: number): readonly QueuedWrite[] {
    return this.#items.slice(0, count);
  }

  /** The first are durable. */
  drop(count: number): void {
    this.#items.splice(0, count);
  }

  clear(): void {
    this.#items = [];
  }

  /** What stays of a durable end of log, once the truncations that still wait are taken into account. */
  lowestCut(durable: LogPosition): LogPosition {
    let lowest = durable;
    for (const { cut } of this.#items) if (cut !== undefined && cut.index < lowest.index) lowest = cut;
    return lowest;
  }
}
