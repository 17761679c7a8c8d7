import { HostError } from "@quorate/host";
import type { ByteStream, ByteStreamEvents, Callback, Done, Links, Listener, NetworkAddress } from "@quorate/host";
import type { Scope } from "./event-queue.ts";
import { drawDelayMs } from "./network-conditions.ts";
import type { NetworkConditions } from "./network-conditions.ts";
import { SimulatedStream } from "./simulated-stream.ts";
import type { World } from "./world.ts";

/** The first port that the system chooses by itself, and the last that there is. */
const chosenPorts = { first: 49_152, last: 65_535 };

/** How long a connection attempt through a blocked link is repeated before it fails, and how often, in ms. */
const connectTimeoutMs = 5000;
const connectRetryMs = 200;

/** Closed streams are forgotten whenever this many more are known. */
const sweepEvery = 64;

interface BoundListener {
  readonly owner: number;
  readonly scope: Scope;
  readonly onStream: (stream: ByteStream) => ByteStreamEvents;
}

/** All addresses and streams of a world: what lies between the members' network cards. */
export class SimulatedInternet {
  readonly conditions: NetworkConditions;
  readonly #world: World;
  readonly #listeners = new Map<string, BoundListener>();
  /** Whose an address is: where it leads to while nobody listens there. */
  readonly #owners = new Map<string, number>();
  #streams: SimulatedStream[] = [];
  #nextPort = chosenPorts.first;

  constructor(world: World, conditions: NetworkConditions) {
    this.#world = world;
    this.conditions = conditions;
  }

  /** Whose an address is, also before anybody has listened there: which links lead to it. */
  assign({ host, port }: NetworkAddress, member: number): void {
    this.#owners.set(`${host}:${port}`, member);
  }

  /** The network as one incarnation of a member sees it. `member` says which links its streams use. */
  attach(member: number, scope: Scope): Links {
    return {
      listen: (address, onStream, done) => this.#listen({ owner: member, scope, onStream }, address, done),
      connect: (address, events) => this.#connect(member, scope, address, events),
    };
  }

  /** The process of this scope is gone: its listeners are closed and its streams are reset. */
  crash(scope: Scope): void {
    for (const [key, listener] of this.#listeners) if (listener.scope === scope) this.#listeners.delete(key);
    this.#reset((stream) => stream.scope === scope, "the peer's process ended");
  }

  /** Every connection between two members breaks, and what was under way is lost. */
  resetBetween(one: number, other: number): void {
    const isBetween = (stream: SimulatedStream): boolean =>
      (stream.from === one && stream.to === other) || (stream.from === other && stream.to === one);
    this.#reset(isBetween, "connection reset");
  }

  /** Every connection breaks, and what was under way is lost. */
  resetAll(): void {
    this.#reset(() => true, "connection reset");
  }

  #reset(matches: (stream: SimulatedStream) => boolean, reason: string): void {
    const kept: SimulatedStream[] = [];
    for (const stream of this.#streams) {
      if (!matches(stream)) {
        kept.push(stream);
        continue;
      }
      const { peer } = stream;
      stream.fail("io", reason);
      if (peer !== undefined) this.#world.schedule(1, "link", peer.scope, () => peer.fail("io", reason), undefined);
    }
    this.#streams = kept;
  }

  #listen(listener: BoundListener, address: NetworkAddress, done: Callback<Listener>): void {
    const { scope } = listener;
    const answer = (error: HostError | undefined, value: Listener | undefined): void => {
      this.#world.schedule(0, "link", scope, () => done(error, value as Listener), undefined);
    };
    const { host, port } = address;
    if (!Number.isInteger(port) || port < 0 || port > chosenPorts.last) {
      answer(new HostError("invalid", `${host}:${port}`, `${port} is not a port`), undefined);
      return;
    }
    const bound = { host, port: port === 0 ? this.#freePort(host) : port };
    const key = `${bound.host}:${bound.port}`;
    const present = this.#listeners.get(key);
    if (present !== undefined && !present.scope.ended) {
      answer(new HostError("address-in-use", key, `${key} is in use`), undefined);
      return;
    }
    this.#listeners.set(key, listener);
    this.#owners.set(key, listener.owner);
    const close = (closed: Done): void => {
      if (this.#listeners.get(key) === listener) this.#listeners.delete(key);
      this.#world.schedule(0, "link", scope, () => closed(undefined), undefined);
    };
    answer(undefined, { address: bound, close });
  }

  #remember(stream: SimulatedStream): void {
    this.#streams.push(stream);
    if (this.#streams.length % sweepEvery === 0) this.#streams = this.#streams.filter((known) => !known.closed);
  }

  #freePort(host: string): number {
    while (this.#listeners.has(`${host}:${this.#nextPort}`)) this.#nextPort++;
    return this.#nextPort++;
  }

  #connect(member: number, scope: Scope, address: NetworkAddress, events: ByteStreamEvents): ByteStream {
    const key = `${address.host}:${address.port}`;
    const owner = this.#owners.get(key) ?? member;
    const stream = new SimulatedStream(this.#world, scope, this.conditions.link(member, owner), key);
    stream.events = events;
    this.#remember(stream);
    this.#reach(stream, member, key, this.#world.nowMicros);
    return stream;
  }

  /** One attempt to get through to whoever listens at `key`. */
  #reach(stream: SimulatedStream, member: number, key: string, begunAt: number): void {
    const owner = this.#owners.get(key) ?? member;
    const there = this.conditions.link(member, owner);
    const back = this.conditions.link(owner, member);
    const attempt = (): void => {
      if (there.blocked || back.blocked) {
        const waitedMs = (this.#world.nowMicros - begunAt) / 1000;
        if (waitedMs > connectTimeoutMs) stream.fail("unreachable", `${key} does not answer`);
        else this.#world.schedule(connectRetryMs, "link", stream.scope, attempt, undefined);
        return;
      }
      const present = this.#listeners.get(key);
      if (present === undefined || present.scope.ended) stream.fail("refused", `nothing listens at ${key}`);
      else this.#accept(stream, member, present);
    };
    const delayMs = drawDelayMs(there);
    this.#world.schedule(delayMs, "link", stream.scope, attempt, undefined);
  }

  #accept(stream: SimulatedStream, member: number, listener: BoundListener): void {
    const back = this.conditions.link(listener.owner, member);
    const accepted = new SimulatedStream(this.#world, listener.scope, back, `member-${member}:0`);
    accepted.peer = stream;
    stream.peer = accepted;
    this.#remember(accepted);
    const greet = (): void => {
      accepted.events = listener.onStream(accepted);
      accepted.establish();
    };
    this.#world.schedule(0, "link", listener.scope, greet, undefined);
    const delayMs = drawDelayMs(back);
    this.#world.schedule(delayMs, "link", stream.scope, () => stream.establish(), undefined);
  }
}
