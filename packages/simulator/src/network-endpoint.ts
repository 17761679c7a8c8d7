import type { Lane, Peer, PeerEvents, PeerId, PeerNetwork } from "@quorate/transport";
import type { Scope } from "./event-queue.ts";
import type { SimulatedNetwork } from "./simulated-network.ts";
import type { World } from "./world.ts";

/** One lane between two members. In `stream` style it breaks as a whole and comes back as a new one. */
export interface Connection {
  readonly low: PeerId;
  readonly high: PeerId;
  readonly lane: Lane;
  up: boolean;
  /** Rises with each break: what was sent before it never arrives. */
  epoch: number;
  /** A message was lost: nothing after it arrives either, and the break will be noticed. */
  broken: boolean;
  connecting: boolean;
  /** When the newest message of each direction arrives, in µs: a stream keeps its order. */
  lastUpwards: number;
  lastDownwards: number;
}

export function otherEnd(connection: Connection, id: PeerId): PeerId | undefined {
  if (connection.low === id) return connection.high;
  return connection.high === id ? connection.low : undefined;
}

/** One incarnation's end of the network. */
export class Endpoint implements PeerNetwork {
  readonly id: PeerId;
  readonly incarnation: number;
  readonly scope: Scope;
  readonly events: PeerEvents;
  peers: readonly PeerId[] = [];
  #isOpen = true;
  readonly #network: SimulatedNetwork;
  readonly #world: World;
  readonly #lanes = { control: new Map<PeerId, Connection>(), bulk: new Map<PeerId, Connection>() };

  constructor(
    network: SimulatedNetwork,
    world: World,
    id: PeerId,
    incarnation: number,
    scope: Scope,
    events: PeerEvents,
  ) {
    this.#network = network;
    this.#world = world;
    this.id = id;
    this.incarnation = incarnation;
    this.scope = scope;
    this.events = events;
  }

  dials(peer: PeerId): boolean {
    return this.peers.includes(peer);
  }

  /** Its peers, and guests: members that dial this one and are let in. */
  knows(peer: PeerId): boolean {
    return this.peers.includes(peer) || (this.#isOpen && (this.events.admits?.(peer) ?? false));
  }

  /** As the network's `connection`, remembered: sending is the hot path. */
  connection(to: PeerId, lane: Lane): Connection {
    const known = this.#lanes[lane].get(to);
    if (known !== undefined) return known;
    const connection = this.#network.connection(this.id, to, lane);
    this.#lanes[lane].set(to, connection);
    return connection;
  }

  send(to: PeerId, lane: Lane, chunks: readonly Uint8Array[]): boolean {
    return this.#network.send(this, to, lane, chunks);
  }

  setPeers(peers: readonly Peer[]): void {
    this.peers = peers.map((peer) => peer.id);
    this.#network.peersChanged(this);
  }

  roundTripMs(peer: PeerId): number | undefined {
    return this.#network.roundTripMs(this.id, peer);
  }

  close(done: () => void): void {
    this.peers = [];
    this.#isOpen = false;
    this.#network.leave(this.id);
    this.notify(done);
  }

  /** Reports never come from inside the call that caused them. */
  notify(report: () => void): void {
    this.#world.schedule(0, "link", this.scope, report, undefined);
  }
}
