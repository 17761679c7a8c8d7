/** What bounds a store. */
export interface StoreLimits {
  /**
   * Bytes of memory for versions that were read, and as much again for those that the last checkpoint wrote. What is
   * applied and not yet checkpointed is bounded by whoever asks for checkpoints (`dirtyBytes`).
   */
  readonly cacheBytes: number;
  /** Blocks of adjacent keys, whose counts are kept, are split when they hold more keys than this. */
  readonly minBlockKeys: number;
  /**
   * Bytes of change journal that are kept, about: the oldest are forgotten at checkpoints. A member that was away for longer
   * than the journal reaches back is sent the whole state. Independent of compaction.
   */
  readonly maxJournalBytes: number;
  /**
   * Bytes of a state that is being received which are made durable at a time, about: two syncs each. Twice as much is in
   * memory, and a crash costs that much of what was sent.
   */
  readonly receiveBatchBytes: number;
  /**
   * What a compaction gave up is looked for change by change where that is cheaper than reading the whole history: as if to look
   * one change up cost as much as to read so many bytes in order.
   */
  readonly changeLookupBytes: number;
  /** Versions that a compaction gave up are removed from the engine so many at a time, about, with one sync. */
  readonly removalBatchVersions: number;
}

export const defaultStoreLimits: StoreLimits = {
  cacheBytes: 32 * 1024 * 1024,
  minBlockKeys: 1024,
  maxJournalBytes: 256 * 1024 * 1024,
  receiveBatchBytes: 4 * 1024 * 1024,
  changeLookupBytes: 4096,
  removalBatchVersions: 512,
};
