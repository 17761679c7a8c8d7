import assert from "node:assert/strict";
import type { LogFields, Logger, NetworkAddress } from "@quorate/host";
import {
  createPeerTransport,
  type Lane,
  type PeerId,
  type PeerTransport,
  type PeerTransportOptions,
} from "@quorate/transport";
import type { MemoryStream, MemoryWorld } from "./memory-world.ts";

export interface Received {
  readonly from: PeerId;
  readonly incarnation: number;
  readonly bytes: Uint8Array;
  readonly at: number;
}

/** One transport in a memory world, with everything that it reported. */
export class TestMember {
  readonly id: PeerId;
  readonly world: MemoryWorld;
  readonly received: Received[] = [];
  /** Lanes that are up, as "2 control", with the peer's incarnation. */
  readonly up = new Map<string, number>();
  readonly reports: string[] = [];
  readonly refusals: string[] = [];
  /** Whom it lets in as a guest. */
  readonly admitted = new Set<PeerId>();
  readonly left = new Set<PeerId>();
  readonly toldOfRemovalBy: PeerId[] = [];
  readonly logs: { readonly message: string; readonly fields: LogFields }[] = [];
  #transport: PeerTransport | undefined;

  constructor(world: MemoryWorld, id: PeerId, options: Partial<PeerTransportOptions> = {}) {
    this.world = world;
    this.id = id;
    createPeerTransport(
      {
        host: world.host(),
        clusterId: 77,
        memberId: id,
        incarnation: 1,
        listen: addressOf(id),
        peers: [],
        logger: this.#logger(),
        timing: { electionTimeoutMs: 1000 },
        ...options,
        events: {
          message: (from, incarnation, bytes) => {
            this.received.push({ from, incarnation, bytes, at: world.now });
          },
          connected: (peer, lane, incarnation) => {
            assert.equal(this.up.has(`${peer} ${lane}`), false, `${peer} ${lane} was up already`);
            this.up.set(`${peer} ${lane}`, incarnation);
            this.reports.push(`+${peer} ${lane}`);
          },
          disconnected: (peer, lane, reason) => {
            assert.equal(this.up.delete(`${peer} ${lane}`), true, `${peer} ${lane} was not up`);
            this.reports.push(`-${peer} ${lane}: ${reason}`);
          },
          admits: (peer) => this.admitted.has(peer),
          hasLeft: (peer) => this.left.has(peer),
          wasRemoved: (by) => this.toldOfRemovalBy.push(by),
          refused: (_remote, reason) => {
            this.refusals.push(reason);
          },
        },
      },
      (error, transport) => {
        assert.equal(error, undefined);
        this.#transport = transport;
      },
    );
    world.runUntil(() => this.#transport !== undefined);
  }

  get transport(): PeerTransport {
    return this.#transport as PeerTransport;
  }

  know(...ids: PeerId[]): void {
    this.transport.setPeers(ids.map((id) => ({ id, address: addressOf(id) })));
  }

  isUp(peer: PeerId): boolean {
    return this.up.has(`${peer} control`) && this.up.has(`${peer} bulk`);
  }

  send(to: PeerId, lane: Lane, text: string): boolean {
    return this.transport.send(to, lane, [bytesOf(text)]);
  }

  texts(): string[] {
    return this.received.map(({ bytes }) => textOf(bytes));
  }

  close(): void {
    let isClosed = false;
    this.transport.close(() => {
      isClosed = true;
    });
    this.world.runUntil(() => isClosed, 5000);
  }

  #logger(): Logger {
    const keep = (message: string, fields: LogFields = {}): void => {
      this.logs.push({ message, fields });
    };
    return { debug: () => {}, info: keep, warn: keep, error: keep };
  }
}

export function addressOf(id: PeerId): NetworkAddress {
  return { host: `m${id}`, port: 2000 + id };
}

/** Two members that know each other, with both lanes up. */
export function pair(world: MemoryWorld, options: Partial<PeerTransportOptions> = {}): [TestMember, TestMember] {
  const members: [TestMember, TestMember] = [new TestMember(world, 1, options), new TestMember(world, 2, options)];
  members[0].know(2);
  members[1].know(1);
  world.runUntil(() => members[0].isUp(2) && members[1].isUp(1));
  return members;
}

/** Streams of a lane that are open, both ends. */
export function openStreams(world: MemoryWorld, lane: Lane): MemoryStream[] {
  return world.streams.filter((stream) => !stream.closed && stream.lane === lane);
}

/** The end of an open stream that member `id` of a pair holds. */
export function endOf(world: MemoryWorld, id: PeerId, lane: Lane): MemoryStream {
  const end = openStreams(world, lane).find(({ isDialer, port }) => isDialer !== (port === addressOf(id).port));
  assert.ok(end !== undefined);
  return end;
}

export function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

export function textOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
}
