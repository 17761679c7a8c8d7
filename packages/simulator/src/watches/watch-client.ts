import type { MemberId } from "@quorate/raft";
import {
  noWatchId,
  WatchStream,
  type CommandResult,
  type KeyValueStore,
  type WatchAnswer,
  type WatchSink,
} from "@quorate/store";
import type { Scope } from "../event-queue.ts";
import { SafetyViolation } from "../observation.ts";
import type { ReplicaCluster } from "../replica/replica-cluster.ts";
import type { BrokenWatches } from "./broken-watches.ts";
import type { ToldWatch } from "./told-watch.ts";

/** A stream to one start of one member. */
class Connection implements WatchSink {
  readonly member: MemberId;
  readonly scope: Scope;
  readonly stream: WatchStream;
  readonly #said: (connection: Connection, answer: WatchAnswer) => void;
  isReady = true;
  isOver = false;

  constructor(
    at: { readonly member: MemberId; readonly scope: Scope },
    store: KeyValueStore,
    broken: BrokenWatches,
    said: (connection: Connection, answer: WatchAnswer) => void,
  ) {
    this.member = at.member;
    this.scope = at.scope;
    this.#said = said;
    this.stream = new WatchStream(store.watches, broken.sink?.(this, store.watches) ?? this);
  }

  send(answer: WatchAnswer): void {
    if (!this.isOver) this.#said(this, answer);
  }

  closed(): void {
    this.isOver = true;
  }
}

/** A client with a few watches on one stream, which goes on at another member when its own is gone. */
export class WatchClient {
  readonly #cluster: ReplicaCluster<KeyValueStore, CommandResult>;
  readonly #watches: readonly ToldWatch[];
  readonly #broken: BrokenWatches;
  #connection: Connection | undefined;
  /** Watches whose creation is on its way, in order: those that a stream is asked for are answered in turn. */
  #asked: ToldWatch[] = [];
  connections = 0;

  constructor(
    cluster: ReplicaCluster<KeyValueStore, CommandResult>,
    watches: readonly ToldWatch[],
    broken: BrokenWatches,
  ) {
    this.#cluster = cluster;
    this.#watches = watches;
    this.#broken = broken;
  }

  get isDone(): boolean {
    return this.#watches.every((watch) => watch.isDone);
  }

  get isConnected(): boolean {
    const { member, scope, isOver } = this.#connection ?? { member: 0, scope: undefined, isOver: true };
    return !isOver && this.#cluster.member(member).scope === scope;
  }

  /** Whose it is; undefined for nobody's. */
  get member(): MemberId | undefined {
    return this.isConnected ? this.#connection?.member : undefined;
  }

  describe(): string {
    const to = this.isConnected ? `at member ${this.#connection?.member}` : "nowhere";
    return `${to}: ${this.#watches.map(({ name, next }) => `${name} from ${next}`).join(", ")}`;
  }

  /** Goes to this member, unless it has one. */
  connect(id: MemberId): void {
    if (this.isConnected) return;
    const { scope } = this.#cluster.member(id);
    if (scope !== undefined) this.#in(scope, () => this.#open(id, scope));
  }

  /** Leaves its member. */
  disconnect(): void {
    const connection = this.#connection;
    if (connection === undefined) return;
    this.#connection = undefined;
    connection.isOver = true;
    if (this.#cluster.member(connection.member).scope === connection.scope) {
      this.#in(connection.scope, () => connection.stream.close());
    }
  }

  /** Takes nothing for a while. */
  rest(ms: number): void {
    const connection = this.#connection;
    if (connection === undefined || !connection.isReady) return;
    connection.isReady = false;
    this.#in(connection.scope, () => this.#wake(connection), ms);
  }

  requestProgress(): void {
    const connection = this.#connection;
    if (connection !== undefined) this.#in(connection.scope, () => connection.stream.requestProgress());
  }

  /** Of one of its watches, which begins anew where it is. */
  renew(which: number): void {
    const connection = this.#connection;
    const watch = this.#watches[which % this.#watches.length];
    if (connection === undefined || watch?.id === undefined) return;
    this.#in(connection.scope, () => {
      const { id } = watch;
      if (this.#connection !== connection || id === undefined) return;
      watch.id = undefined;
      connection.stream.cancel(id);
      this.#ask(connection, watch);
    });
  }

  #wake(connection: Connection): void {
    connection.isReady = true;
    connection.stream.resume();
  }

  #open(member: MemberId, scope: Scope): void {
    const { state, replica } = this.#cluster.member(member);
    if (this.isConnected || state === undefined || replica === undefined) return;
    this.connections++;
    this.#asked = [];
    const connection = new Connection({ member, scope }, state, this.#broken, (from, answer) => {
      if (this.#connection === from) this.#said(from, this.#broken.answer?.(answer) ?? answer);
    });
    this.#connection = connection;
    for (const watch of this.#watches) {
      watch.id = undefined;
      this.#ask(connection, watch);
    }
  }

  #ask(connection: Connection, watch: ToldWatch): void {
    this.#asked.push(watch);
    connection.stream.create(watch.create(0n));
  }

  #said(connection: Connection, answer: WatchAnswer): void {
    const { watchId, created, canceled, events, revision, compactRevision } = answer;
    if (created) return this.#asked.shift()?.created(answer);
    if (watchId === noWatchId) {
      for (const watch of this.#watches) if (watch.id !== undefined) watch.told([], revision);
      return;
    }
    const watch = this.#watches.find(({ id }) => id === watchId);
    if (!canceled) {
      if (watch === undefined) throw new SafetyViolation("watches", `watch ${watchId} speaks and was never made`);
      return watch.told(events, revision);
    }
    // It has cancelled the watch itself where it does not know it any more.
    if (watch === undefined) return;
    watch.compacted(compactRevision);
    this.#in(connection.scope, () => {
      if (this.#connection === connection) this.#ask(connection, watch);
    });
  }

  #in(scope: Scope, act: () => void, afterMs = 0): void {
    this.#cluster.world.schedule(afterMs, "client", scope, act, undefined);
  }
}
