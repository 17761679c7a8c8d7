import type { HostError } from "@quorate/host";
import type { KeyRange } from "../operations.ts";
import { textOf } from "../key-text.ts";
import type { WatchEvent } from "./event.ts";
import type { WatchGroup, WatchListener } from "./watch-group.ts";
import type { WatchHub } from "./watch-hub.ts";
import type { Watcher } from "./watcher.ts";

/** What a client asks for when it begins to watch, as it wrote it. */
export interface WatchCreate {
  readonly key: Uint8Array;
  /** Empty for the single key; one zero byte for every key from `key` on. */
  readonly rangeEnd: Uint8Array;
  readonly startRevision: number;
  readonly wantsProgress: boolean;
  readonly noPut: boolean;
  readonly noDelete: boolean;
  readonly previous: boolean;
  /** 0n: the stream chooses one. */
  readonly watchId: bigint;
  /** Whether events of one revision may come in several messages. */
  readonly fragment: boolean;
}

/** What a client is told: etcd's WatchResponse. */
export interface WatchAnswer {
  readonly watchId: bigint;
  /** For the header; 0 where it is left out. All events up to it were told before or are in this answer. */
  readonly revision: number;
  readonly created: boolean;
  readonly canceled: boolean;
  readonly compactRevision: number;
  readonly cancelReason: string;
  readonly fragment: boolean;
  readonly previous: boolean;
  readonly events: readonly WatchEvent[];
}

/** Where a stream's answers go. */
export interface WatchSink {
  /** False while no events should be sent. */
  readonly isReady: boolean;
  send(answer: WatchAnswer): void;
  /** All watches have ended with the store. */
  closed(error: HostError): void;
}

/** Whether a client may watch what it asks for: asked at the beginning, and again whenever `version` has become another one. */
export interface WatchPermit {
  readonly version: number;
  /** Why not, in words for the client. */
  refusal(range: KeyRange): string | undefined;
}

export const everythingPermitted: WatchPermit = { version: 0, refusal: () => undefined };

/** Of answers that concern no watch, or all of them. */
export const noWatchId = -1n;

const quiet = {
  revision: 0,
  created: false,
  canceled: false,
  compactRevision: 0,
  cancelReason: "",
  fragment: false,
  previous: false,
  events: [],
};

/** What the stream knows of one of its watches. */
interface Watch {
  readonly id: bigint;
  readonly range: KeyRange;
  readonly create: WatchCreate;
  readonly permit: WatchPermit;
  permitVersion: number;
  /** Whether it was told anything since the last notification of progress was due. */
  isQuiet: boolean;
}

/** Ids of watches that a compaction has ended, and whose clients have not cancelled them. */
const maxLeftIds = 10_000;
const smallestKey = Uint8Array.of(0);

/** One client's stream of watches, with etcd's rules for ids, creation, cancellation and progress. */
export class WatchStream implements WatchListener {
  readonly #hub: WatchHub;
  readonly #sink: WatchSink;
  readonly #group: WatchGroup;
  readonly #watches = new Map<Watcher, Watch>();
  readonly #watchers = new Map<bigint, Watcher>();
  /** As with etcd, an id is its client's until the client cancels the watch, though that has ended. */
  readonly #leftIds = new Set<bigint>();
  #nextId = 0n;

  constructor(hub: WatchHub, sink: WatchSink) {
    this.#hub = hub;
    this.#sink = sink;
    this.#group = hub.group(this);
  }

  get isReady(): boolean {
    return this.#sink.isReady;
  }

  /** Watches that want to hear of progress. */
  get wantsProgress(): boolean {
    for (const { create } of this.#watches.values()) if (create.wantsProgress) return true;
    return false;
  }

  create(create: WatchCreate, permit: WatchPermit = everythingPermitted): void {
    const range = rangeOf(create);
    const refusal = this.#refusalOf(create, range, permit);
    if (refusal !== undefined) {
      const cancelReason = refusal;
      return this.#sink.send({
        ...quiet,
        watchId: noWatchId,
        revision: this.#hub.revision,
        created: true,
        canceled: true,
        cancelReason,
      });
    }
    const id = this.#idFor(create.watchId);
    this.#sink.send({ ...quiet, watchId: id, revision: this.#hub.revision, created: true });
    const watcher = this.#group.watch({
      range,
      startRevision: create.startRevision,
      wantsPuts: !create.noPut,
      wantsDeletes: !create.noDelete,
      wantsPrevious: create.previous,
    });
    this.#watches.set(watcher, { id, range, create, permit, permitVersion: permit.version, isQuiet: true });
    this.#watchers.set(id, watcher);
  }

  /** Ends a watch; one that is not there is nothing to answer to. */
  cancel(id: bigint): void {
    const watcher = this.#watchers.get(id);
    if (watcher === undefined && !this.#leftIds.delete(id)) return;
    if (watcher !== undefined) {
      this.#group.cancel(watcher);
      this.#forget(watcher, id);
    }
    this.#sink.send({ ...quiet, watchId: id, revision: this.#hub.revision, canceled: true });
  }

  requestProgress(): void {
    this.#group.requestProgress();
  }

  /** Notifications of progress are due: those who have heard nothing since the last ones were, and lack nothing, get them. */
  notifyProgress(): void {
    if (!this.#sink.isReady) return;
    for (const [watcher, watch] of this.#watches) {
      if (!watch.create.wantsProgress) continue;
      if (watch.isQuiet && this.#group.isCaughtUp(watcher)) {
        this.#sink.send({ ...quiet, watchId: watch.id, revision: this.#hub.revision });
      }
      watch.isQuiet = true;
    }
  }

  /** The sink takes events again. */
  resume(): void {
    this.#group.resume();
  }

  /** Ends all watches, without a word. */
  close(): void {
    this.#group.close();
    this.#watches.clear();
    this.#watchers.clear();
  }

  events(watcher: Watcher, events: readonly WatchEvent[], through: number): void {
    const watch = this.#watches.get(watcher);
    if (watch === undefined) return;
    const refusal = refusalNow(watch);
    if (refusal !== undefined) {
      this.#group.cancel(watcher);
      this.#forget(watcher, watch.id);
      return this.#sink.send({ ...quiet, watchId: watch.id, revision: 0, canceled: true, cancelReason: refusal });
    }
    watch.isQuiet = false;
    const { fragment, previous } = watch.create;
    this.#sink.send({ ...quiet, watchId: watch.id, revision: through, fragment, previous, events });
  }

  compacted(watcher: Watcher, compactRevision: number): void {
    const watch = this.#watches.get(watcher);
    if (watch === undefined) return;
    this.#forget(watcher, watch.id);
    if (this.#leftIds.size < maxLeftIds) this.#leftIds.add(watch.id);
    this.#sink.send({ ...quiet, watchId: watch.id, canceled: true, compactRevision });
  }

  progress(revision: number): void {
    this.#sink.send({ ...quiet, watchId: noWatchId, revision });
  }

  closed(error: HostError): void {
    this.#sink.closed(error);
  }

  #refusalOf(create: WatchCreate, range: KeyRange, permit: WatchPermit): string | undefined {
    const refusal = permit.refusal(range);
    if (refusal !== undefined) return refusal;
    if (create.startRevision < 0) return "etcdserver: mvcc: required revision has been compacted";
    const { rangeEnd } = create;
    const isOpen = rangeEnd.length === 0 || isZero(rangeEnd);
    if (!isOpen && textOf(range.key) >= textOf(rangeEnd)) return "mvcc: watcher range is empty";
    if (create.watchId !== 0n && this.#isTaken(create.watchId)) {
      return "mvcc: duplicate watch ID provided on the WatchStream";
    }
    return this.#hub.isFull ? "etcdserver: too many requests" : undefined;
  }

  #idFor(wanted: bigint): bigint {
    if (wanted !== 0n) return wanted;
    while (this.#isTaken(this.#nextId)) this.#nextId++;
    return this.#nextId++;
  }

  #isTaken(id: bigint): boolean {
    return this.#watchers.has(id) || this.#leftIds.has(id);
  }

  #forget(watcher: Watcher, id: bigint): void {
    this.#watches.delete(watcher);
    this.#watchers.delete(id);
  }
}

function refusalNow(watch: Watch): string | undefined {
  const { version } = watch.permit;
  if (version === watch.permitVersion) return undefined;
  watch.permitVersion = version;
  return watch.permit.refusal(watch.range);
}

function rangeOf({ key, rangeEnd }: WatchCreate): KeyRange {
  return { key: key.length === 0 ? smallestKey : key, end: rangeEnd.length === 0 ? undefined : rangeEnd };
}

const isZero = (bytes: Uint8Array): boolean => bytes.length === 1 && bytes[0] === 0;
