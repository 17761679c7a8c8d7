import type { Callback } from "@quorate/host";

/** What one step of a pass found: well below a millisecond of work on the loop. */
export interface RemovalStep {
  /** Versions that nobody can read any more, by their engine keys. */
  readonly versions: readonly Uint8Array[];
  /** Where to go on once these are removed; undefined when nothing is left. */
  readonly from: Uint8Array | undefined;
}

/**
 * Finds the versions that a compaction gave up: of each key those before its newest one up to the compacted revision, and that one
 * too when it is a deletion. What was removed before, up to where a walk goes on, is not missed.
 */
export interface RemovalWalk {
  next(done: Callback<RemovalStep>): void;
  close(): void;
}
