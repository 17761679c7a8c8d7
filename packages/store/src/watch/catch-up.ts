import type { HostError } from "@quorate/host";
import type { LiveState } from "../load-state.ts";
import type { Span } from "../span.ts";
import type { Pause } from "../steps.ts";
import type { WatchEvent } from "./event.ts";
import type { HistoryChunk } from "./history-chunk.ts";
import { readHistory } from "./history.ts";
import { WatcherIndex } from "./watcher-index.ts";
import type { Watcher } from "./watcher.ts";

export interface CatchUpParts {
  readonly live: () => LiveState;
  readonly isReplacing: () => boolean;
  readonly pause: Pause;
  readonly noted: (error: HostError) => void;
  /** Events for a watcher that has none. */
  readonly give: (watcher: Watcher, events: WatchEvent[]) => void;
  /** The watcher has everything up to the newest revision. */
  readonly caughtUp: (watcher: Watcher) => void;
  readonly compacted: (watcher: Watcher, compactedRevision: number) => void;
  readonly failed: (error: HostError) => void;
  /** Whether more may wait for delivery. */
  readonly hasRoom: () => boolean;
  /** Delivers what was given. */
  readonly flush: () => void;
}

/** Events that one reading gives to all its watchers together: they are shared, but each watcher holds places for them. */
const maxGivenAtOnce = 500_000;

/**
 * The watchers that are behind. One reading of the history at a time serves all of them that it concerns: it begins where the one
 * begins that has waited longest, so that nobody waits for somebody far behind. Each keeps the events of one reading at most.
 */
export class CatchUp {
  readonly #parts: CatchUpParts;
  readonly #watchers = new WatcherIndex();
  #reading = 0;
  #isReading = false;
  #isStarting = false;
  #isStopped = false;

  constructor(parts: CatchUpParts) {
    this.#parts = parts;
  }

  get size(): number {
    return this.#watchers.size;
  }

  add(watcher: Watcher, next: number): void {
    watcher.state = "behind";
    watcher.next = next;
    this.#watchers.add(watcher);
    this.start();
  }

  delete(watcher: Watcher): void {
    this.#watchers.delete(watcher);
  }

  stop(): void {
    this.#isStopped = true;
  }

  /** Goes on, when there is somebody for whom to. */
  start(): void {
    if (this.#isReading || this.#isStarting || this.#isStopped || this.#watchers.size === 0) return;
    this.#isStarting = true;
    this.#parts.pause(() => {
      this.#isStarting = false;
      this.#read();
    });
  }

  #read(): void {
    const { live, isReplacing, hasRoom } = this.#parts;
    // A replacement starts it again, and so does a delivery.
    if (this.#isReading || this.#isStopped || isReplacing() || !hasRoom()) return;
    this.#endCompacted(live().state.compactedRevision);
    const ready = [...this.#watchers.values()].filter(isReady);
    const [first] = ready;
    if (first === undefined) return;
    const present = live();
    const { next: from, span } = first;
    const participants = ready.filter((watcher) => watcher.next >= from);
    const reading = ++this.#reading;
    for (const watcher of participants) watcher.reading = reading;
    const wants = (key: string, isPut: boolean, revision: number): boolean =>
      this.#watchers.someAt(
        key,
        (watcher) => watcher.reading === reading && watcher.next <= revision && watcher.wants(isPut),
      );
    this.#isReading = true;
    readHistory(present, { from, span, wants }, (error, chunk) => {
      this.#isReading = false;
      if (this.#isStopped) return;
      if (error !== undefined) {
        if (isReplacing() || live() !== present) return this.start();
        this.#parts.noted(error);
        return this.#parts.failed(error);
      }
      if (chunk.through < from) this.#endLost(from);
      else this.#take(chunk, first, participants);
      this.#parts.flush();
      this.start();
    });
  }

  #endCompacted(compactedRevision: number): void {
    for (const watcher of this.#watchers.values()) {
      if (watcher.next >= compactedRevision || !isReady(watcher)) continue;
      this.#watchers.delete(watcher);
      this.#parts.compacted(watcher, compactedRevision);
    }
  }

  /** Of the compacted revision itself only the journal knows what it deleted, and it no longer reaches back so far. */
  #endLost(revision: number): void {
    for (const watcher of this.#watchers.values()) {
      if (watcher.next > revision || !isReady(watcher)) continue;
      this.#watchers.delete(watcher);
      this.#parts.compacted(watcher, revision + 1);
    }
  }

  #take({ events, through, span }: HistoryChunk, first: Watcher, participants: readonly Watcher[]): void {
    const { give } = this.#parts;
    const { reading } = first;
    if (span !== undefined) {
      for (const watcher of participants) if (!isWithin(watcher.span, span)) watcher.reading = 0;
    }
    const given = new Map<Watcher, WatchEvent[]>();
    let count = 0;
    for (const event of events) {
      this.#watchers.forEachAt(event.keyText, (watcher) => {
        const isFor = watcher.reading === reading && watcher.next <= event.revision && watcher.wants(event.isPut);
        if (!isFor) return;
        if (++count > maxGivenAtOnce && watcher !== first) {
          // Its turn comes later.
          watcher.reading = 0;
          given.delete(watcher);
          return;
        }
        const its = given.get(watcher);
        if (its === undefined) given.set(watcher, [event]);
        else its.push(event);
      });
    }
    for (const watcher of participants) {
      if (watcher.reading !== reading || watcher.state !== "behind" || watcher.next > through) continue;
      const events = given.get(watcher);
      if (events !== undefined) give(watcher, events);
      this.#advance(watcher, through + 1);
    }
  }

  /** Behind all others that wait, or caught up. */
  #advance(watcher: Watcher, next: number): void {
    this.#watchers.delete(watcher);
    watcher.next = next;
    if (next <= this.#parts.live().state.revision) return this.#watchers.add(watcher);
    watcher.state = "synced";
    this.#parts.caughtUp(watcher);
  }
}

/** Whether it can be given more: what it was given before is delivered, and its listener takes events. */
function isReady({ group, pending, isLoading }: Watcher): boolean {
  return group.listener.isReady && pending.length === 0 && !isLoading;
}

function isWithin(inner: Span, outer: Span): boolean {
  if (inner.from < outer.from) return false;
  return outer.to === undefined || (inner.to !== undefined && inner.to <= outer.to);
}
