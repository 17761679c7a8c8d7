import type { HostError } from "@quorate/host";
import type { Layer } from "../layer.ts";
import type { KeyText } from "../key-text.ts";
import type { LiveState } from "../load-state.ts";
import type { Pause } from "../steps.ts";
import type { Version } from "../version.ts";
import { CatchUp } from "./catch-up.ts";
import type { WatchEvent } from "./event.ts";
import { eventAt } from "./layer-history.ts";
import { loadPrevious } from "./previous-values.ts";
import { defaultWatchLimits, type WatchCounts, type WatchLimits } from "./watch-limits.ts";
import { WatchGroup, type WatchListener } from "./watch-group.ts";
import { WatcherIndex } from "./watcher-index.ts";
import type { Watcher } from "./watcher.ts";

export interface WatchHubParts {
  /** The state as it is now: it changes when another member's takes its place. */
  readonly live: () => LiveState;
  /** Whether it is being changed for another one just now. */
  readonly isReplacing: () => boolean;
  readonly pause: Pause;
  /** Takes note of an error that reading has met. */
  readonly noted: (error: HostError) => void;
  readonly limits?: Partial<WatchLimits>;
}

/** Events that are being completed before they are delivered. */
interface Loading {
  readonly events: readonly WatchEvent[];
  readonly through: number;
  readonly bytes: number;
}

/** What is delivered in one step at most, but for the last delivery. */
const deliveriesPerStep = 256;
const eventsPerStep = 4096;
const bytesPerStep = 1024 * 1024;

/**
 * Tells watchers of what the store commits. Those that are up to date ("synced") are found by key as each revision is committed, and
 * are delivered to soon afterwards, several revisions at a time when there are. Whoever begins in the past, or takes less than
 * happens, is "behind": it keeps nothing in memory, and reads on in the history (`CatchUp`). So writers never wait for watchers, and
 * memory is bounded by what is on its way to those that are up to date.
 */
export class WatchHub {
  readonly #parts: WatchHubParts;
  readonly #limits: WatchLimits;
  readonly #synced = new WatcherIndex();
  readonly #catchUp: CatchUp;
  readonly #groups = new Set<WatchGroup>();
  readonly #awaitingProgress = new Set<WatchGroup>();
  #queue: Watcher[] = [];
  #isFlushing = false;
  #pendingBytes = 0;
  #pendingEvents = 0;
  #deliveredEvents = 0;
  #revision: number;
  #failure: HostError | undefined;

  constructor(parts: WatchHubParts) {
    this.#parts = parts;
    this.#limits = { ...defaultWatchLimits, ...parts.limits };
    this.#catchUp = new CatchUp({
      ...parts,
      give: (watcher, events) => this.#giveAll(watcher, events),
      caughtUp: (watcher) => this.#synced.add(watcher),
      compacted: (watcher, revision) => this.#compacted(watcher, revision),
      failed: (error) => this.end(error),
      hasRoom: () => this.#pendingBytes <= this.#limits.maxPendingBytes,
      flush: () => this.#flushSoon(),
    });
    this.#revision = parts.live().state.revision;
    this.#attach();
  }

  /** The newest revision of which watchers are told. */
  get revision(): number {
    return this.#revision;
  }

  /** Whether there are as many watchers as there may be. */
  get isFull(): boolean {
    return this.#synced.size + this.#catchUp.size >= this.#limits.maxWatchers;
  }

  get counts(): WatchCounts {
    return {
      groups: this.#groups.size,
      watchers: this.#synced.size + this.#catchUp.size,
      behind: this.#catchUp.size,
      pendingEvents: this.#pendingEvents,
      pendingBytes: this.#pendingBytes,
      deliveredEvents: this.#deliveredEvents,
    };
  }

  group(listener: WatchListener): WatchGroup {
    const group = new WatchGroup(this, listener);
    this.#groups.add(group);
    return group;
  }

  add(watcher: Watcher): void {
    if (watcher.startRevision !== 0 && watcher.startRevision <= this.#revision) {
      this.#catchUp.add(watcher, watcher.startRevision);
    } else this.#synced.add(watcher);
  }

  remove(watcher: Watcher): void {
    watcher.state = "ended";
    this.#dropPending(watcher);
    if (!this.#synced.delete(watcher)) this.#catchUp.delete(watcher);
  }

  /** Another state has taken the place of the one that was watched: what lies between the two is read from its history. */
  replaced(): void {
    const next = this.#revision + 1;
    const { state } = this.#parts.live();
    this.#revision = state.revision;
    this.#attach();
    if (state.revision >= next) {
      for (const watcher of this.#synced.values()) {
        if (watcher.startRevision <= state.revision) this.#fallBehind(watcher, Math.max(next, watcher.startRevision));
      }
    }
    this.#catchUp.start();
  }

  /** Ends all watches: the store is closed, or damaged. */
  end(error: HostError): void {
    if (this.#failure !== undefined) return;
    this.#failure = error;
    this.#catchUp.stop();
    for (const group of this.#groups) {
      group.close();
      group.listener.closed(error);
    }
  }

  /** Delivers what the watcher has pending, when it is its turn. */
  queue(watcher: Watcher): void {
    if (watcher.isQueued || watcher.state === "ended") return;
    watcher.isQueued = true;
    this.#queue.push(watcher);
    this.#flushSoon();
  }

  resumed(group: WatchGroup): void {
    if (group.isProgressWanted) this.#flushSoon();
    this.#catchUp.start();
  }

  awaitProgress(group: WatchGroup): void {
    this.#awaitingProgress.add(group);
    this.#flushSoon();
  }

  closed(group: WatchGroup): void {
    this.#groups.delete(group);
    this.#awaitingProgress.delete(group);
  }

  #attach(): void {
    this.#parts.live().state.onCommit = (revision, layer, from) => this.#committed(revision, layer, from);
  }

  #committed(revision: number, layer: Layer, from: number): void {
    this.#revision = revision;
    if (this.#awaitingProgress.size > 0) this.#flushSoon();
    if (this.#synced.size === 0) return;
    const overflowing: Watcher[] = [];
    for (let index = from; index < layer.changes.length; index++) {
      const { alive } = layer.changes[index] as Version;
      let event: WatchEvent | undefined;
      this.#synced.forEachAt(layer.changedKeys[index] as KeyText, (watcher) => {
        if (revision < watcher.startRevision || watcher.isOverflowing || !watcher.wants(alive)) return;
        event ??= eventAt(layer, index);
        if (event === undefined) return;
        this.#give(watcher, event);
        if (!this.#isTooMuch(watcher)) return;
        watcher.isOverflowing = true;
        overflowing.push(watcher);
      });
    }
    for (const watcher of overflowing) {
      const next = watcher.pending[0]?.revision ?? revision;
      watcher.isOverflowing = false;
      this.#dropPending(watcher);
      this.#fallBehind(watcher, next);
    }
  }

  #isTooMuch({ pending, pendingBytes }: Watcher): boolean {
    const { maxWatcherEvents, maxWatcherBytes, maxPendingBytes } = this.#limits;
    return pending.length > maxWatcherEvents || pendingBytes > maxWatcherBytes || this.#pendingBytes > maxPendingBytes;
  }

  #fallBehind(watcher: Watcher, next: number): void {
    this.#synced.delete(watcher);
    this.#catchUp.add(watcher, next);
  }

  #give(watcher: Watcher, event: WatchEvent): void {
    const { bytes } = event;
    watcher.pending.push(event);
    watcher.pendingBytes += bytes;
    this.#pendingBytes += bytes;
    this.#pendingEvents++;
    if (!watcher.isLoading) this.queue(watcher);
  }

  #giveAll(watcher: Watcher, events: WatchEvent[]): void {
    const bytes = events.reduce((sum, event) => sum + event.bytes, 0);
    watcher.pending = events;
    watcher.pendingBytes = bytes;
    this.#pendingBytes += bytes;
    this.#pendingEvents += events.length;
    this.queue(watcher);
  }

  #dropPending(watcher: Watcher): WatchEvent[] {
    const { pending } = watcher;
    this.#pendingBytes -= watcher.pendingBytes;
    this.#pendingEvents -= pending.length;
    watcher.pending = [];
    watcher.pendingBytes = 0;
    return pending;
  }

  #compacted(watcher: Watcher, compactedRevision: number): void {
    watcher.state = "ended";
    watcher.group.ended(watcher);
    watcher.group.listener.compacted(watcher, compactedRevision);
  }

  #flushSoon(): void {
    if (this.#isFlushing || this.#failure !== undefined) return;
    this.#isFlushing = true;
    this.#parts.pause(() => this.#flush());
  }

  #flush(): void {
    this.#isFlushing = false;
    if (this.#failure !== undefined) return;
    const queue = this.#queue;
    const end = this.#deliveredEvents + eventsPerStep;
    let bytes = 0;
    let at = 0;
    for (; at < queue.length && at < deliveriesPerStep && this.#deliveredEvents < end && bytes < bytesPerStep; at++) {
      const watcher = queue[at] as Watcher;
      watcher.isQueued = false;
      bytes += watcher.pendingBytes;
      this.#deliver(watcher);
    }
    this.#queue = at === queue.length ? [] : queue.slice(at);
    if (this.#queue.length > 0) this.#flushSoon();
    else this.#settle();
  }

  /** Nothing waits to be delivered to those that take it. */
  #settle(): void {
    for (const group of this.#awaitingProgress) {
      if (group.giveProgress()) this.#awaitingProgress.delete(group);
    }
    this.#shed();
    this.#catchUp.start();
  }

  /** Beyond the bound, what waits for those who take nothing is forgotten: they read it again from the history. */
  #shed(): void {
    if (this.#pendingBytes <= this.#limits.maxPendingBytes) return;
    for (const group of this.#groups) {
      for (const watcher of group.waiting) {
        const first = this.#dropPending(watcher)[0];
        if (first === undefined) continue;
        if (watcher.state === "behind") watcher.next = first.revision;
        else this.#fallBehind(watcher, first.revision);
      }
      group.waiting.clear();
    }
  }

  #deliver(watcher: Watcher): void {
    if (watcher.state === "ended" || watcher.isLoading || watcher.pending.length === 0) return;
    const { group } = watcher;
    if (!group.listener.isReady) {
      group.waiting.add(watcher);
      return;
    }
    const through = watcher.state === "synced" ? this.#revision : watcher.next - 1;
    const { pendingBytes } = watcher;
    const events = this.#dropPending(watcher);
    const isComplete = !watcher.wantsPrevious || events.every((event) => event.isPreviousKnown);
    if (isComplete) return this.#tell(watcher, events, through);
    watcher.isLoading = true;
    this.#pendingBytes += pendingBytes;
    this.#pendingEvents += events.length;
    this.#load(watcher, { events, through, bytes: pendingBytes });
  }

  /** Completes events with what was before, and delivers them. */
  #load(watcher: Watcher, loading: Loading): void {
    const { events, through, bytes } = loading;
    const { live, isReplacing } = this.#parts;
    const { state } = live();
    loadPrevious(state, events, (error) => {
      if (this.#failure !== undefined) return;
      if (error !== undefined) {
        if (!isReplacing() && live().state === state) return this.#failed(error);
        return this.#parts.pause(() => this.#load(watcher, loading));
      }
      watcher.isLoading = false;
      this.#pendingBytes -= bytes;
      this.#pendingEvents -= events.length;
      if (watcher.state === "ended") return;
      this.#tell(watcher, events, through);
      if (watcher.pending.length > 0) this.queue(watcher);
      else if (watcher.state === "behind") this.#catchUp.start();
      if (this.#awaitingProgress.size > 0) this.#flushSoon();
    });
  }

  #tell(watcher: Watcher, events: readonly WatchEvent[], through: number): void {
    this.#deliveredEvents += events.length;
    watcher.group.listener.events(watcher, events, through);
  }

  #failed(error: HostError): void {
    this.#parts.noted(error);
    this.end(error);
  }
}
