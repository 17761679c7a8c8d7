import type { Lane, PeerEvents, PeerId, PeerNetwork } from "@quorate/transport";
import type { Scope } from "./event-queue.ts";
import type { Marks } from "./marks.ts";
import { drawDelayMs } from "./network-conditions.ts";
import type { LinkState, NetworkConditions } from "./network-conditions.ts";
import { Endpoint, otherEnd } from "./network-endpoint.ts";
import type { Connection } from "./network-endpoint.ts";
import type { World } from "./world.ts";

/** How long a side takes to notice that a connection is dead, and how long it waits before it tries again, in ms. */
const noticeMs = { low: 1, high: 300 };
const reconnectMs = { low: 5, high: 100 };

/** How many of the last messages are kept, so that they can come again. */
const rememberedPackets = 64;

/** A repeated message takes this much longer than others: it may come after elections and restarts. */
const repetitionStretch = 30;

/** One message on its way, for somebody who draws it. */
export interface SentPacket {
  /** Of its own, rising. */
  readonly number: number;
  readonly from: PeerId;
  readonly to: PeerId;
  readonly bytes: Uint8Array;
  /** In µs of virtual time; undefined for one that is lost. A copy of a datagram may come later once more. */
  readonly arrivesAt: number | undefined;
}

/** Is told what becomes of each message. */
export interface PacketWatcher {
  sent(packet: SentPacket): void;
  /** The receiver took it in, for the first time or again. */
  taken(number: number): void;
  /** It will not be taken in: it had no room, its connection broke, or its receiver was gone. */
  gone(number: number): void;
}

interface Packet {
  readonly number: number;
  readonly network: SimulatedNetwork;
  readonly from: PeerId;
  readonly to: PeerId;
  readonly incarnation: number;
  readonly connection: Connection;
  /** Undefined for a datagram. */
  readonly epoch: number | undefined;
  readonly bytes: Uint8Array;
  /** It had no room on its link. */
  dropped: boolean;
}

/** The messages between all members: where a `PeerNetwork` of each of them ends. */
export class SimulatedNetwork {
  readonly #world: World;
  readonly conditions: NetworkConditions;
  readonly #endpoints = new Map<PeerId, Endpoint>();
  readonly #connections = new Map<string, Connection>();
  /** On links with a bounded capacity: what is under way. */
  readonly #underWay = new Map<LinkState, Packet[]>();
  /** The last datagrams, the oldest overwritten first. */
  readonly #remembered: Packet[] = [];
  #rememberAt = 0;
  readonly #marks: Marks | undefined;
  #packets = 0;
  /** Undefined where nobody looks. */
  watcher: PacketWatcher | undefined;
  /** What happened to messages, for the report of a run. */
  readonly counts = { sent: 0, bytes: 0, delivered: 0, lost: 0, duplicated: 0, breaks: 0 };

  constructor(world: World, conditions: NetworkConditions, marks?: Marks) {
    this.#world = world;
    this.conditions = conditions;
    this.#marks = marks;
  }

  /** Both lanes between two members break, and what was under way on them is lost. */
  reset(a: PeerId, b: PeerId): void {
    for (const lane of ["control", "bulk"] as const) this.#break(this.connection(a, b, lane), "connection reset");
  }

  /** One of the last messages, chosen by this number, arrives once more, as old as it is. Datagrams only. */
  replay(choice: number): void {
    const packet = this.#remembered[choice % Math.max(1, this.#remembered.length)];
    if (packet === undefined) return;
    this.#marks?.reach("stale message replayed");
    this.#world.schedule(0, "deliver", this.#world.outside, deliver, packet);
  }

  /** The network as one incarnation of a member sees it. It replaces the one of the incarnation before. */
  join(id: PeerId, incarnation: number, scope: Scope, events: PeerEvents): PeerNetwork {
    const endpoint = new Endpoint(this, this.#world, id, incarnation, scope, events);
    this.#endpoints.set(id, endpoint);
    return endpoint;
  }

  /** The process behind `id` is gone, or closed its network: its connections break. */
  leave(id: PeerId): void {
    this.#endpoints.delete(id);
    for (const connection of this.#connections.values()) {
      if (connection.low === id || connection.high === id) this.#break(connection, "the peer is gone");
    }
  }

  /** Who is connected and no peer any more stays as a guest, if it may; and whoever dials this member finds it now. */
  peersChanged(endpoint: Endpoint): void {
    for (const connection of this.#connections.values()) {
      const other = otherEnd(connection, endpoint.id);
      if (other !== undefined && connection.up && !endpoint.knows(other)) this.#break(connection, "no longer a peer");
    }
    const dialing = [...this.#endpoints.values()].filter((other) => other.dials(endpoint.id)).map(({ id }) => id);
    for (const peer of new Set([...endpoint.peers, ...dialing])) {
      this.#connect(this.connection(endpoint.id, peer, "control"));
      this.#connect(this.connection(endpoint.id, peer, "bulk"));
    }
  }

  send(endpoint: Endpoint, to: PeerId, lane: Lane, chunks: readonly Uint8Array[]): boolean {
    const connection = endpoint.connection(to, lane);
    if (!connection.up || !endpoint.knows(to)) return false;
    this.counts.sent++;
    for (const chunk of chunks) this.counts.bytes += chunk.length;
    const link = this.conditions.link(endpoint.id, to);
    const { settings, random } = link;
    const isDatagram = settings.style === "datagrams";
    const isLost =
      link.blocked ||
      random.chance(settings.lossProbability) ||
      (connection.broken && !isDatagram) ||
      (link.filtered.length > 0 && link.filtered.includes(typeOf(chunks)));
    const number = ++this.#packets;
    if (isLost) {
      this.counts.lost++;
      this.#tellSent(number, endpoint.id, to, chunks, undefined);
      if (!isDatagram) this.#lose(connection, random.between(noticeMs.low, noticeMs.high));
      return true;
    }
    const packet: Packet = {
      number,
      network: this,
      from: endpoint.id,
      to,
      incarnation: endpoint.incarnation,
      connection,
      epoch: isDatagram ? undefined : connection.epoch,
      bytes: joined(chunks),
      dropped: false,
    };
    if (settings.capacity > 0) this.#makeRoom(link, packet);
    if (isDatagram) this.#remember(packet);
    const drawn = this.#arrival(link, 1);
    const at = isDatagram ? drawn : this.#inOrder(packet, drawn);
    this.#world.scheduleAt(at, "deliver", this.#world.outside, deliver, packet);
    this.#tellSent(number, endpoint.id, to, chunks, at);
    if (isDatagram && random.chance(settings.duplicateProbability)) {
      this.counts.duplicated++;
      this.#marks?.reach("duplicate delivery");
      const again = this.#arrival(link, repetitionStretch);
      this.#world.scheduleAt(again, "deliver", this.#world.outside, deliver, packet);
    }
    return true;
  }

  deliver(packet: Packet): void {
    const { connection, epoch, from, to } = packet;
    this.#leaveLink(packet, this.conditions.link(from, to));
    const { scope } = this.#endpoints.get(to) ?? {};
    const isCutOff = epoch !== undefined && epoch !== connection.epoch;
    if (packet.dropped || scope === undefined || isCutOff) return this.watcher?.gone(packet.number);
    if (scope.paused || scope.microsPerEvent > 0) this.#world.schedule(0, "deliver", scope, takeIn, packet);
    else this.takeIn(packet);
  }

  /** The process takes the message from its socket. */
  takeIn(packet: Packet): void {
    const { connection, epoch, from, to } = packet;
    const endpoint = this.#endpoints.get(to);
    const isCutOff = epoch !== undefined && epoch !== connection.epoch;
    if (endpoint === undefined || !endpoint.knows(from) || isCutOff) return this.watcher?.gone(packet.number);
    this.counts.delivered++;
    this.watcher?.taken(packet.number);
    this.#world.hash.addBytes(packet.bytes);
    endpoint.events.message(from, packet.incarnation, packet.bytes);
  }

  roundTripMs(from: PeerId, to: PeerId): number | undefined {
    if (!this.connection(from, to, "control").up) return undefined;
    const there = this.conditions.link(from, to).settings;
    const back = this.conditions.link(to, from).settings;
    return there.minDelayMs + there.meanDelayMs + back.minDelayMs + back.meanDelayMs;
  }

  #tellSent(
    number: number,
    from: PeerId,
    to: PeerId,
    chunks: readonly Uint8Array[],
    arrivesAt: number | undefined,
  ): void {
    this.watcher?.sent({ number, from, to, bytes: joined(chunks), arrivesAt });
  }

  #arrival(link: LinkState, stretch: number): number {
    const delayMs = drawDelayMs(link, stretch);
    return Math.max(this.#world.nowMicros, link.cloggedUntil) + Math.ceil(delayMs * 1000);
  }

  /** A full link drops one message at random, which may be the new one (TigerBeetle's packet simulator). */
  #makeRoom(link: LinkState, packet: Packet): void {
    const queue = this.#underWay.get(link) ?? [];
    this.#underWay.set(link, queue);
    queue.push(packet);
    if (queue.length <= link.settings.capacity) return;
    const victim = queue.splice(link.random.integer(0, queue.length - 1), 1)[0] as Packet;
    victim.dropped = true;
    this.counts.lost++;
    this.#marks?.reach("message dropped by a full link");
    const { connection, epoch } = victim;
    if (epoch === undefined || epoch !== connection.epoch) return;
    // In a stream nothing arrives behind what was lost.
    for (const later of queue) if (later.connection === connection) later.dropped = true;
    this.#lose(connection, link.random.between(noticeMs.low, noticeMs.high));
  }

  #leaveLink(packet: Packet, link: LinkState): void {
    if (this.#underWay.size === 0) return;
    const queue = this.#underWay.get(link);
    const at = queue?.indexOf(packet) ?? -1;
    if (at >= 0) queue?.splice(at, 1);
  }

  #remember(packet: Packet): void {
    this.#remembered[this.#rememberAt] = packet;
    this.#rememberAt = (this.#rememberAt + 1) % rememberedPackets;
  }

  #inOrder(packet: Packet, at: number): number {
    const { connection } = packet;
    if (packet.from < packet.to) {
      connection.lastUpwards = Math.max(at, connection.lastUpwards);
      return connection.lastUpwards;
    }
    connection.lastDownwards = Math.max(at, connection.lastDownwards);
    return connection.lastDownwards;
  }

  connection(a: PeerId, b: PeerId, lane: Lane): Connection {
    const low = Math.min(a, b);
    const high = Math.max(a, b);
    const key = `${low}-${high} ${lane}`;
    let connection = this.#connections.get(key);
    if (connection === undefined) {
      connection = {
        low,
        high,
        lane,
        up: false,
        epoch: 0,
        broken: false,
        connecting: false,
        lastUpwards: 0,
        lastDownwards: 0,
      };
      this.#connections.set(key, connection);
    }
    return connection;
  }

  #connect(connection: Connection): void {
    if (connection.up || connection.connecting) return;
    connection.connecting = true;
    const { random } = this.conditions.link(connection.low, connection.high);
    const delayMs = random.between(reconnectMs.low, reconnectMs.high);
    this.#world.schedule(delayMs, "link", this.#world.outside, () => this.#attempt(connection), undefined);
  }

  #attempt(connection: Connection): void {
    connection.connecting = false;
    const { low, high, lane } = connection;
    const a = this.#endpoints.get(low);
    const b = this.#endpoints.get(high);
    // Whoever comes back declares its peers, and that makes the next attempt.
    if (a === undefined || b === undefined || !a.knows(high) || !b.knows(low)) return;
    // Guests are not dialed: they come by themselves.
    if (!a.dials(high) && !b.dials(low)) return;
    if (this.conditions.link(low, high).blocked || this.conditions.link(high, low).blocked) {
      this.#connect(connection);
      return;
    }
    connection.up = true;
    connection.broken = false;
    connection.epoch++;
    a.notify(() => a.events.connected(high, lane, b.incarnation));
    b.notify(() => b.events.connected(low, lane, a.incarnation));
  }

  #lose(connection: Connection, noticedInMs: number): void {
    if (connection.broken) return;
    connection.broken = true;
    const { epoch } = connection;
    const notice = (): void => {
      if (connection.epoch === epoch) this.#break(connection, "no answer");
    };
    this.#world.schedule(noticedInMs, "link", this.#world.outside, notice, undefined);
  }

  #break(connection: Connection, reason: string): void {
    if (!connection.up) return;
    connection.up = false;
    connection.epoch++;
    this.counts.breaks++;
    const { low, high, lane } = connection;
    const a = this.#endpoints.get(low);
    const b = this.#endpoints.get(high);
    a?.notify(() => a.events.disconnected(high, lane, reason));
    b?.notify(() => b.events.disconnected(low, lane, reason));
    this.#connect(connection);
  }
}

/** The type of a message between cores; production members put a zero before it (`messageKinds` of replica). */
function typeOf([first, second]: readonly Uint8Array[]): number {
  if (first?.[0] !== 0) return first?.[0] ?? -1;
  return first[1] ?? second?.[0] ?? -1;
}

function deliver(packet: Packet): void {
  packet.network.deliver(packet);
}

function takeIn(packet: Packet): void {
  packet.network.takeIn(packet);
}

function joined(chunks: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const chunk of chunks) length += chunk.length;
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}
