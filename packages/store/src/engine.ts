import type { Callback, Done } from "@quorate/host";

/**
 * An embedded ordered engine: keys are byte strings in ascending order of their unsigned bytes. LevelDB on Node.js
 * (`@quorate/host-node`), a sorted map in memory in the simulator and the browser. One compliance suite for all.
 *
 * It becomes durable in one way only: `write`, which is one atomic, synced batch (DESIGN §5, "checkpoints, not lazy
 * flushing": no unsynced write ever reaches an engine).
 */
export interface Engine {
  /**
   * The value now, undefined when the key is absent: read on the caller's loop, so for single keys only. Throws `HostError`
   * when it cannot be read.
   */
  getSync(key: Uint8Array): Uint8Array | undefined;
  /** Several values at once, off the caller's loop; undefined for absent keys, in the order asked. */
  getMany(keys: readonly Uint8Array[], done: Callback<readonly (Uint8Array | undefined)[]>): void;
  /** A view that later writes do not change. Must be closed. */
  snapshot(): EngineSnapshot;
  /** One atomic and durable batch: all of it survives a power cut once done is called, or none of it. */
  write(batch: readonly EngineWrite[], done: Done): void;
  /**
   * Gives the space of deleted records in [from, to) back to the disk, off the caller's loop, while everything else goes on. An engine
   * that keeps none leaves this out.
   */
  reclaim?(range: Pick<EngineRange, "from" | "to">, done: Done): void;
  close(done: Done): void;
}

/** `value` undefined deletes. */
export interface EngineWrite {
  readonly key: Uint8Array;
  readonly value: Uint8Array | undefined;
}

export interface EngineSnapshot {
  /** Keys and values in [from, to), ascending, or descending when `reverse`; read in pages, off the caller's loop. */
  iterate(range: EngineRange): EngineIterator;
  getMany(keys: readonly Uint8Array[], done: Callback<readonly (Uint8Array | undefined)[]>): void;
  close(): void;
}

export interface EngineRange {
  readonly from: Uint8Array;
  /** Exclusive; undefined for no end. */
  readonly to: Uint8Array | undefined;
  readonly reverse?: boolean;
  /** Leave the values out (they are then empty). */
  readonly keysOnly?: boolean;
}

export interface EngineIterator {
  /** Up to `count` more records, fewer where they are large; only an empty page means the end. */
  next(count: number, done: Callback<readonly EngineRecord[]>): void;
  close(): void;
}

export interface EngineRecord {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}
