import type { KeyText } from "../key-text.ts";
import type { KeyRange } from "../operations.ts";
import { spanOf, type Span } from "../span.ts";
import type { WatchEvent } from "./event.ts";
import type { WatchGroup } from "./watch-group.ts";

export interface WatchOptions {
  readonly range: KeyRange;
  /** The first revision whose events are wanted; 0 for those that are still to come. */
  readonly startRevision: number;
  readonly wantsPuts: boolean;
  readonly wantsDeletes: boolean;
  /** Whether events say what was there before. */
  readonly wantsPrevious: boolean;
}

/**
 * Where one watcher is: synced ones are told of each revision as it is committed; the others read what they have missed out of the
 * history first.
 */
export type WatcherState = "synced" | "behind" | "ended";

/** One watch of a key or a range. What it is told is in the order of revisions, whole revisions, each once. */
export class Watcher {
  readonly group: WatchGroup;
  readonly span: Span;
  /** The key, where it watches one key only. */
  readonly key: KeyText | undefined;
  readonly startRevision: number;
  readonly wantsPuts: boolean;
  readonly wantsDeletes: boolean;
  readonly wantsPrevious: boolean;
  state: WatcherState = "synced";
  /** Of one that is behind: the first revision that it has not been given. */
  next = 0;
  /** Given to it and not delivered yet. */
  pending: WatchEvent[] = [];
  pendingBytes = 0;
  /** Waits in the hub's queue of those with something to deliver. */
  isQueued = false;
  /** Its next events are being completed; nothing else is delivered to it meanwhile. */
  isLoading = false;
  /** It was given more than it may keep, in the revision that is being told of. */
  isOverflowing = false;
  /** The last reading of the history that it took part in. */
  reading = 0;

  constructor(group: WatchGroup, options: WatchOptions) {
    this.group = group;
    this.span = spanOf(options.range);
    this.key = options.range.end === undefined ? this.span.from : undefined;
    this.startRevision = options.startRevision;
    this.wantsPuts = options.wantsPuts;
    this.wantsDeletes = options.wantsDeletes;
    this.wantsPrevious = options.wantsPrevious;
  }

  wants(isPut: boolean): boolean {
    return isPut ? this.wantsPuts : this.wantsDeletes;
  }
}
