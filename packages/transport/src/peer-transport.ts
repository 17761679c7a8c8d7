import { describeMember } from "@quorate/raft";
import {
  HostError,
  type ByteStream,
  type Callback,
  type Listener,
  type Logger,
  type NetworkAddress,
} from "@quorate/host";
import type { Greeting } from "./greeting.ts";
import { Handshake, unfitness } from "./handshake.ts";
import type { Lane, Peer, PeerEvents, PeerId, PeerNetwork } from "./interface.ts";
import { checkedLimits, type TransportLimits } from "./limits.ts";
import { LogLimiter } from "./log-limiter.ts";
import { PeerLink } from "./peer-link.ts";
import { reportRefusal, type Surroundings } from "./surroundings.ts";
import type { PeerTraffic } from "./traffic.ts";
import { OpenWires, Wire, type TransportHost } from "./wire.ts";

export interface PeerTransportOptions {
  readonly host: TransportHost;
  /** An integer from 1 to 2^53 - 1; members of other clusters are refused. */
  readonly clusterId: number;
  readonly memberId: PeerId;
  /** Of this start; rises with each. */
  readonly incarnation: number;
  /** Where peers reach this member. */
  readonly listen: NetworkAddress;
  /** As in `setPeers`. */
  readonly peers: readonly Peer[];
  readonly events: PeerEvents;
  readonly logger: Logger;
  readonly limits?: Partial<TransportLimits>;
  /** The largest message that this member may send, in bytes: `limits.maxMessageBytes` must hold it. 0 unless given. */
  readonly largestMessageBytes?: number;
  /** What is told to anybody who asks at this address, 1,024 bytes at most; read at each use. Nothing unless given. */
  readonly answer?: () => string;
  /** T in ms, 10 or more. Read at each use, so the object may give another value later. */
  readonly timing: { readonly electionTimeoutMs: number };
}

/** A member's links to its peers, over a host's byte streams. */
export interface PeerTransport extends PeerNetwork {
  /** Where it listens, with the port that the system chose if it was asked to. */
  readonly address: NetworkAddress;
  /** By peer: those that are declared, and guests. */
  traffic(): ReadonlyMap<PeerId, PeerTraffic>;
}

/**
 * Listens, then dials the peers. Completes with `address-in-use`, `denied` or `invalid` (an option is out of its range)
 * when it cannot.
 */
export function createPeerTransport(options: PeerTransportOptions, done: Callback<PeerTransport>): void {
  const { host } = options;
  let transport: LinkedTransport;
  try {
    transport = new LinkedTransport(options);
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
    host.timers.endOfTurn(() => done(error, undefined as never));
    return;
  }
  host.links.listen(
    options.listen,
    (stream) => transport.accept(stream),
    (error, listener) => {
      if (error !== undefined) {
        done(error, undefined as never);
        return;
      }
      transport.listensWith(listener);
      transport.setPeers(options.peers);
      done(undefined, transport);
    },
  );
}

/** Members that connect without being declared: more than the members of a usual cluster, few enough to cost nothing. */
const maxGuests = 64;

class LinkedTransport implements PeerTransport {
  readonly #around: Surroundings;
  readonly #links = new Map<PeerId, PeerLink>();
  readonly #numbers = { next: 1 };
  readonly #answer: () => string;
  /** Inbound handshakes that are under way, or refused and ending; oldest first. */
  readonly #strangers = new Set<Handshake>();
  #listener: Listener | undefined;
  #closed = false;

  constructor(options: PeerTransportOptions) {
    const { host, clusterId, memberId, incarnation, events, logger, timing } = options;
    positiveInteger("clusterId", clusterId);
    positiveInteger("memberId", memberId);
    if (!Number.isSafeInteger(incarnation) || incarnation < 0) outOfRange("incarnation", incarnation);
    if (!(timing.electionTimeoutMs >= 10)) outOfRange("electionTimeoutMs", timing.electionTimeoutMs);
    this.#answer = options.answer ?? (() => "");
    this.#around = {
      host,
      self: { clusterId, memberId, incarnation },
      limits: checkedLimits(options.limits ?? {}, options.largestMessageBytes),
      timing,
      events,
      logger,
      limiter: new LogLimiter(host.clock, logger),
      wires: new OpenWires(),
    };
  }

  get address(): NetworkAddress {
    return (this.#listener as Listener).address;
  }

  listensWith(listener: Listener): void {
    this.#listener = listener;
  }

  send(to: PeerId, lane: Lane, chunks: readonly Uint8Array[], checkedChunks = chunks.length): boolean {
    return this.#links.get(to)?.send(lane, chunks, checkedChunks) ?? false;
  }

  setPeers(peers: readonly Peer[]): void {
    if (this.#closed) return;
    const { memberId } = this.#around.self;
    const wanted = new Map(peers.filter(({ id }) => id !== memberId).map(({ id, address }) => [id, address]));
    for (const [id, link] of this.#links) {
      if (wanted.has(id)) continue;
      if (link.isConnected && this.#admits(id)) {
        link.becomeGuest();
        continue;
      }
      this.#links.delete(id);
      this.#end(link, `member ${describeMember(id)} is no longer a peer of member ${describeMember(memberId)}`);
    }
    for (const [id, address] of wanted) {
      const known = this.#links.get(id);
      if (known !== undefined) {
        known.moveTo(address);
        continue;
      }
      const link = new PeerLink(this.#around, id, address, this.#numbers);
      this.#links.set(id, link);
      link.start();
    }
  }

  traffic(): ReadonlyMap<PeerId, PeerTraffic> {
    return new Map([...this.#links].map(([id, { traffic }]) => [id, traffic]));
  }

  roundTripMs(peer: PeerId): number | undefined {
    return this.#links.get(peer)?.roundTripMs;
  }

  close(done: () => void): void {
    const { memberId } = this.#around.self;
    const { host, wires } = this.#around;
    this.#closed = true;
    for (const link of this.#links.values()) link.stop(`member ${describeMember(memberId)} stops`);
    this.#links.clear();
    for (const handshake of this.#strangers) handshake.abandon();
    this.#strangers.clear();
    const listener = this.#listener;
    this.#listener = undefined;
    const streamsGone = (): void => wires.whenEmpty(() => host.timers.endOfTurn(done));
    if (listener === undefined) streamsGone();
    else listener.close(streamsGone);
  }

  accept(stream: ByteStream): Wire {
    const wire = Wire.accept(this.#around.host, this.#around.wires, stream);
    if (this.#closed) {
      wire.abort();
      return wire;
    }
    const handshake = new Handshake(this.#around, {
      greeting: (greeting) => this.#greet(handshake, wire, greeting),
      failed: (reason, strange) => {
        this.#strangers.delete(handshake);
        const message = strange ? "closed a connection that does not speak the peer protocol" : "a handshake failed";
        if (strange) reportRefusal(this.#around, message, wire.remote, reason);
        else this.#around.limiter.warn(message, { remote: wire.remote, reason });
      },
    });
    handshake.begin(wire);
    this.#admit(handshake);
    return wire;
  }

  /** A flood of strangers costs the oldest of them: a member's handshake takes one round trip and is done by then. */
  #admit(handshake: Handshake): void {
    for (const one of this.#strangers) if (one.wire?.exists !== true) this.#strangers.delete(one);
    this.#strangers.add(handshake);
    const [oldest] = this.#strangers;
    if (this.#strangers.size <= this.#around.limits.maxPendingHandshakes || oldest === undefined) return;
    this.#strangers.delete(oldest);
    oldest.abandon();
    const reason = `more than ${this.#around.limits.maxPendingHandshakes} connections wait for their handshake`;
    this.#around.limiter.warn("closed the oldest connection without a handshake", {
      remote: oldest.wire?.remote,
      reason,
    });
  }

  #greet(handshake: Handshake, wire: Wire, greeting: Greeting): void {
    const around = this.#around;
    if (greeting.kind === "question") return handshake.answer(this.#answer());
    if (greeting.kind !== "hello") {
      const reason = `a connection begins with a hello, not with a ${greeting.kind}`;
      handshake.refuse("malformed", reason);
      reportRefusal(around, "refused a peer connection", wire.remote, reason);
      return;
    }
    const known = this.#links.get(greeting.from);
    const unfit = unfitness(greeting, around, known !== undefined || this.#hasRoomFor(greeting.from));
    if (unfit !== undefined) {
      handshake.refuse(unfit.code, unfit.reason);
      reportRefusal(around, "refused a peer connection", wire.remote, unfit.reason);
      return;
    }
    const link = known ?? this.#newGuest(greeting.from);
    // A refused one stays among the strangers until its stream is gone; one that has its lane is none.
    if (link.greet(handshake, wire, greeting)) this.#strangers.delete(handshake);
  }

  #admits(id: PeerId): boolean {
    return this.#around.events.admits?.(id) ?? false;
  }

  /** Guests that have gone make room for others. */
  #hasRoomFor(id: PeerId): boolean {
    if (!this.#admits(id)) return false;
    let guests = 0;
    for (const [other, link] of this.#links) {
      if (link.address !== undefined) continue;
      if (link.isConnected) guests++;
      else this.#drop(other, link);
    }
    return guests < maxGuests;
  }

  #newGuest(id: PeerId): PeerLink {
    const link = new PeerLink(this.#around, id, undefined, this.#numbers);
    this.#links.set(id, link);
    return link;
  }

  #drop(id: PeerId, link: PeerLink): void {
    this.#links.delete(id);
    this.#end(link, "the guest has gone");
  }

  /** Nothing is reported from inside the call that caused it. */
  #end(link: PeerLink, reason: string): void {
    const { host, events } = this.#around;
    for (const lane of link.stop(reason)) {
      host.timers.endOfTurn(() => {
        if (!this.#closed) events.disconnected(link.id, lane, reason);
      });
    }
  }
}

function positiveInteger(name: string, value: number): void {
  if (!Number.isSafeInteger(value) || value < 1) outOfRange(name, value);
}

function outOfRange(name: string, value: number): never {
  throw new HostError("invalid", name, `the transport's option ${name} is ${value}, which is out of its range`);
}
