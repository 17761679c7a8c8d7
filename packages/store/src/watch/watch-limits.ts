/** What bounds the memory of watches. */
export interface WatchLimits {
  /** Events that one watcher keeps until they are delivered; beyond it they are read from the history instead. */
  readonly maxWatcherEvents: number;
  /** The same in bytes, about. */
  readonly maxWatcherBytes: number;
  /** The same for all watchers together, in bytes. */
  readonly maxPendingBytes: number;
  /** Watchers at a time. */
  readonly maxWatchers: number;
}

export const defaultWatchLimits: WatchLimits = {
  maxWatcherEvents: 1000,
  maxWatcherBytes: 1024 * 1024,
  maxPendingBytes: 64 * 1024 * 1024,
  maxWatchers: 1_000_000,
};

/** How it is about the watches of a store. */
export interface WatchCounts {
  readonly groups: number;
  readonly watchers: number;
  /** Of the watchers, those that read on in the history. */
  readonly behind: number;
  /** Given to watchers and not delivered yet: the same event counts for each. */
  readonly pendingEvents: number;
  readonly pendingBytes: number;
  /** Since the start. */
  readonly deliveredEvents: number;
}
