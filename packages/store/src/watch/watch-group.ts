import type { HostError } from "@quorate/host";
import type { WatchEvent } from "./event.ts";
import type { WatchHub } from "./watch-hub.ts";
import { Watcher, type WatchOptions } from "./watcher.ts";

/** Who is told what a group's watchers are to know. It must not throw. */
export interface WatchListener {
  /** False while it takes no events: they wait, first in memory and then in the history. `WatchGroup.resume` says that it does again. */
  readonly isReady: boolean;
  /** Events of one watcher, one or more, in whole revisions and in order; it has now been told everything up to revision `through`. */
  events(watcher: Watcher, events: readonly WatchEvent[], through: number): void;
  /** The watcher has ended: what it was to be told next was compacted; from `compactedRevision` on everything can still be read. */
  compacted(watcher: Watcher, compactedRevision: number): void;
  /** What `requestProgress` asked for: every watcher of the group has been told everything up to `revision`. */
  progress(revision: number): void;
  /** All watchers have ended, because the store was closed or is damaged. */
  closed(error: HostError): void;
}

/** Watchers that share one listener. */
export class WatchGroup {
  readonly listener: WatchListener;
  readonly #hub: WatchHub;
  readonly #watchers = new Set<Watcher>();
  /** Those with something to deliver while the listener takes nothing. */
  readonly waiting = new Set<Watcher>();
  #isProgressWanted = false;

  /** Made by `WatchHub.group`. */
  constructor(hub: WatchHub, listener: WatchListener) {
    this.#hub = hub;
    this.listener = listener;
  }

  get watchers(): ReadonlySet<Watcher> {
    return this.#watchers;
  }

  get isProgressWanted(): boolean {
    return this.#isProgressWanted;
  }

  /** Begins to watch. The listener is told later, never from inside of this call. */
  watch(options: WatchOptions): Watcher {
    const watcher = new Watcher(this, options);
    this.#watchers.add(watcher);
    this.#hub.add(watcher);
    return watcher;
  }

  /** Ends a watch: the listener hears no more of it. */
  cancel(watcher: Watcher): void {
    if (!this.#watchers.delete(watcher)) return;
    this.waiting.delete(watcher);
    this.#hub.remove(watcher);
  }

  /** The listener takes events again. */
  resume(): void {
    for (const watcher of this.waiting) this.#hub.queue(watcher);
    this.waiting.clear();
    this.#hub.resumed(this);
  }

  /**
   * Asks for one `progress`, at once or as soon as every watcher of the group has been told everything; until then asking again
   * adds nothing.
   */
  requestProgress(): void {
    this.#isProgressWanted = true;
    this.#hub.awaitProgress(this);
  }

  /**
   * Whether one watcher has been told everything up to the newest revision. One that begins later than with the next revision is
   * told nothing of what is before it, not even that it has passed.
   */
  isCaughtUp(watcher: Watcher): boolean {
    const { state, pending, isLoading, startRevision } = watcher;
    return state === "synced" && pending.length === 0 && !isLoading && startRevision <= this.#hub.revision + 1;
  }

  /** Gives the progress that is due. Returns whether none is wanted any more. */
  giveProgress(): boolean {
    if (!this.#isProgressWanted) return true;
    if (!this.listener.isReady) return false;
    for (const watcher of this.#watchers) if (!this.isCaughtUp(watcher)) return false;
    this.#isProgressWanted = false;
    this.listener.progress(this.#hub.revision);
    return true;
  }

  /** The hub has ended a watcher. */
  ended(watcher: Watcher): void {
    this.#watchers.delete(watcher);
    this.waiting.delete(watcher);
  }

  /** Ends all watches; the listener hears nothing more. */
  close(): void {
    for (const watcher of this.#watchers) this.cancel(watcher);
    this.#hub.closed(this);
  }
}
