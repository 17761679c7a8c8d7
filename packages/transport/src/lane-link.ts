import { describeMember } from "@quorate/raft";
import type { NetworkAddress, TimerHandle } from "@quorate/host";
import { Backoff } from "./backoff.ts";
import { Connection, connectionId } from "./connection.ts";
import { goodbyeFrame, type FrameType } from "./frame.ts";
import {
  protocolVersion,
  type Greeting,
  type Hello,
  type Introduction,
  type Refusal,
  type Welcome,
} from "./greeting.ts";
import { commonVersion, Handshake } from "./handshake.ts";
import type { Lane, PeerId } from "./interface.ts";
import { reportRefusal, type Surroundings } from "./surroundings.ts";
import { Wire } from "./wire.ts";

/** What a lane asks of, and reports to, the link to its peer. */
export interface LaneOwner {
  readonly id: PeerId;
  /** Undefined for a guest, which is not dialed. */
  readonly address: NetworkAddress | undefined;
  /** A new number for an attempt, rising within this incarnation. */
  nextConnectionNumber(): number;
  /** The peer said in a handshake which start of it this is. A sentence when it is an earlier one than is known. */
  learnIncarnation(incarnation: number): string | undefined;
  connected(lane: Lane, connection: Connection, dialed: boolean): void;
  disconnected(lane: Lane, reason: string): void;
  frame(connection: Connection, type: FrameType, payload: Uint8Array): string | undefined;
}

/** Where the one connection of a lane stands (docs/peer-protocol.md, "The life of a lane"). */
type LaneState =
  | { readonly kind: "idle" }
  | { readonly kind: "waiting"; readonly timer: TimerHandle }
  | { readonly kind: "dialing"; readonly handshake: Handshake; readonly number: number; helloSent: boolean }
  | {
      readonly kind: "live";
      readonly connection: Connection;
      readonly since: number;
      /** The number of this side's attempt that it came from; undefined when the peer dialed. */
      readonly dialed: number | undefined;
    };

/**
 * One lane to one peer: at most one connection, used in both directions and dialed by either side. Both may dial, so that
 * a pair in which only one can reach the other's port still works; `consider` makes both sides keep the same one.
 */
export class LaneLink {
  readonly #around: Surroundings;
  readonly #owner: LaneOwner;
  readonly #lane: Lane;
  readonly #backoff: Backoff;
  #state: LaneState = { kind: "idle" };
  /** The highest number of the peer's own attempts that was welcomed, in its present incarnation. */
  #seen = 0;
  #lastFailure: string | undefined;
  /** Whoever is told of a change may stop the lane in the middle of it. */
  #stopped = false;

  constructor(around: Surroundings, owner: LaneOwner, lane: Lane) {
    const { limits, host } = around;
    this.#around = around;
    this.#owner = owner;
    this.#lane = lane;
    this.#backoff = new Backoff(limits.reconnectMinMs, limits.reconnectMaxMs, host.random);
  }

  /** The connection while the lane is up. */
  get connection(): Connection | undefined {
    return this.#state.kind === "live" ? this.#state.connection : undefined;
  }

  /** Dials at once, unless a connection or an attempt exists. */
  dialNow(): void {
    if (this.#state.kind === "waiting") this.#around.host.timers.cancel(this.#state.timer);
    if (this.#state.kind === "idle" || this.#state.kind === "waiting") this.#dial();
  }

  /** The peer has a new address: an attempt at the old one is given up. A connection stays, since it knows its peer. */
  addressChanged(): void {
    if (this.#state.kind === "dialing") {
      this.#state.handshake.abandon();
      this.#state = { kind: "idle" };
    }
    this.#backoff.reset();
    this.dialNow();
  }

  /** The peer has restarted: its numbers begin anew, and what is connected to its former life is closed. */
  forgetFormerLife(): void {
    this.#seen = 0;
    this.lose("the peer has restarted");
  }

  /** Closes the connection, if there is one, and dials again after a while. `tell`: the other side may still listen. */
  lose(reason: string, tell = false): void {
    if (this.#state.kind !== "live") return;
    if (tell) this.#state.connection.closeWith(reason);
    else this.#state.connection.abort();
    this.#lost(this.#state, reason);
  }

  /** Ends the lane for good, with a word to the other side. Returns the connection that was up. */
  stop(reason: string): Connection | undefined {
    const state = this.#state;
    this.#stopped = true;
    this.#state = { kind: "idle" };
    if (state.kind === "waiting") this.#around.host.timers.cancel(state.timer);
    if (state.kind === "dialing") state.handshake.abandon();
    if (state.kind !== "live") return undefined;
    state.connection.closeWith(reason);
    return state.connection;
  }

  /**
   * Whether a hello of the peer may have the lane: a sentence when not. Its own attempts are numbered, so an old hello
   * that was delivered late is known by its number. When both have dialed, the lower member's attempt is kept, and by
   * `seen` both know whether a hello was sent before or after the other's attempt was welcomed.
   */
  consider(hello: Hello): string | undefined {
    const state = this.#state;
    if (this.#stopped) return "the lane is closed";
    if (hello.connection <= this.#seen) return `attempt ${hello.connection} is older than attempt ${this.#seen}`;
    if (state.kind === "dialing") {
      const oursIsKept = this.#around.self.memberId < this.#owner.id && state.helloSent && hello.seen < state.number;
      return oursIsKept ? "both sides dialed, and the attempt of the lower member is kept" : undefined;
    }
    if (state.kind === "live" && state.dialed !== undefined && hello.seen < state.dialed) {
      return "both sides dialed, and the other attempt has already succeeded";
    }
    return undefined;
  }

  /** Gives the lane to a connection that the peer dialed. Call `consider` first. */
  adopt(handshake: Handshake, wire: Wire, hello: Hello): void {
    const state = this.#state;
    this.#seen = hello.connection;
    if (state.kind === "waiting") this.#around.host.timers.cancel(state.timer);
    if (state.kind === "dialing") state.handshake.abandon();
    if (state.kind === "live") {
      state.connection.abort();
      this.#state = { kind: "idle" };
      this.#owner.disconnected(this.#lane, "the peer opened a new connection in its place");
      if (this.#stopped) {
        handshake.abandon();
        return;
      }
    }
    const version = commonVersion(hello) ?? protocolVersion.highest;
    handshake.say({ kind: "welcome", ...this.#introduction(hello.connection, version, version) });
    this.#goLive(wire, hello, undefined);
  }

  #introduction(connection: number, minVersion: number, maxVersion: number): Introduction {
    const { self, limits } = this.#around;
    return {
      lane: this.#lane,
      minVersion,
      maxVersion,
      maxMessageBytes: limits.maxMessageBytes,
      clusterId: self.clusterId,
      from: self.memberId,
      to: this.#owner.id,
      incarnation: self.incarnation,
      connection,
      seen: this.#seen,
    };
  }

  #dial(): void {
    const { host, wires } = this.#around;
    const { address } = this.#owner;
    if (address === undefined) {
      this.#state = { kind: "idle" };
      return;
    }
    const number = this.#owner.nextConnectionNumber();
    const handshake = new Handshake(this.#around, {
      open: () => {
        state.helloSent = true;
        const { lowest, highest } = protocolVersion;
        handshake.say({ kind: "hello", ...this.#introduction(number, lowest, highest) });
      },
      greeting: (greeting) => this.#answered(handshake, number, greeting, address),
      failed: (reason) => this.#failed(reason, address),
    });
    const state = { kind: "dialing" as const, handshake, number, helloSent: false };
    this.#state = state;
    handshake.begin(Wire.dial(host, wires, address, handshake));
  }

  #answered(handshake: Handshake, number: number, greeting: Greeting, address: NetworkAddress): void {
    const wire = handshake.wire as Wire;
    if (greeting.kind === "refusal") {
      handshake.abandon();
      if (greeting.code === "crossed") {
        this.#retry();
        return;
      }
      reportRefusal(this.#around, "a peer refused this member", wire.remote, greeting.reason);
      if (greeting.code === "removed") this.#around.events.wasRemoved?.(this.#owner.id);
      this.#failed(`refused: ${greeting.reason}`, address);
      return;
    }
    const wrong = this.#wrongness(greeting, number);
    if (this.#stopped) return;
    if (wrong !== undefined) {
      wire.write(goodbyeFrame(`member ${describeMember(this.#around.self.memberId)} refuses: ${wrong}`));
      wire.finish(this.#around.limits.lingerMs);
      reportRefusal(this.#around, "refused a peer's answer", wire.remote, wrong);
      this.#failed(wrong, address);
      return;
    }
    this.#goLive(wire, greeting as Welcome, number);
  }

  /** What is wrong with an answer to our hello; undefined when it is the welcome that we wait for. */
  #wrongness(greeting: Exclude<Greeting, Refusal>, number: number): string | undefined {
    if (greeting.kind !== "welcome") return "its answer fits no hello";
    const { self } = this.#around;
    const { from, to, clusterId, lane, connection, maxVersion } = greeting;
    if (connection !== number || lane !== this.#lane) return "its answer fits no hello";
    if (clusterId !== self.clusterId)
      return `it is of cluster ${describeMember(clusterId)}, and this member of ${self.clusterId}`;
    if (from !== this.#owner.id || to !== self.memberId)
      return `it is member ${describeMember(from)}, which is not whom we looked for`;
    if (maxVersion < protocolVersion.lowest || maxVersion > protocolVersion.highest) {
      return `it chose version ${maxVersion}, which was not offered`;
    }
    return this.#owner.learnIncarnation(greeting.incarnation);
  }

  #goLive(wire: Wire, peer: Introduction, dialed: number | undefined): void {
    const { host, limits, self, logger } = this.#around;
    const dialerIsLower = dialed === undefined ? this.#owner.id < self.memberId : self.memberId < this.#owner.id;
    const terms = {
      lane: this.#lane,
      id: connectionId(peer.connection, dialerIsLower),
      incarnation: peer.incarnation,
      peerMaxMessageBytes: peer.maxMessageBytes,
    };
    const connection: Connection = new Connection(host, wire, limits, terms, {
      frame: (type, payload) => this.#owner.frame(connection, type, payload),
      closed: (reason) => {
        if (this.#state.kind === "live" && this.#state.connection === connection) this.#lost(this.#state, reason);
      },
    });
    this.#state = { kind: "live", connection, since: host.clock.monotonicMs(), dialed };
    this.#lastFailure = undefined;
    logger.info("a lane to a peer is up", {
      peer: describeMember(this.#owner.id),
      lane: this.#lane,
      remote: wire.remote,
      incarnation: peer.incarnation,
      dialed: dialed !== undefined,
    });
    this.#owner.connected(this.#lane, connection, dialed !== undefined);
  }

  #lost(live: { readonly since: number }, reason: string): void {
    const { host, limits, logger } = this.#around;
    if (host.clock.monotonicMs() - live.since >= limits.stableAfterMs) this.#backoff.reset();
    logger.info("a lane to a peer is down", { peer: describeMember(this.#owner.id), lane: this.#lane, reason });
    this.#retry();
    this.#owner.disconnected(this.#lane, reason);
  }

  #failed(reason: string, { host, port }: NetworkAddress): void {
    const { logger } = this.#around;
    const fields = { peer: describeMember(this.#owner.id), lane: this.#lane, address: `${host}:${port}`, reason };
    if (reason === this.#lastFailure) logger.debug("a peer still cannot be reached", fields);
    else logger.info("a peer cannot be reached; trying again", fields);
    this.#lastFailure = reason;
    this.#retry();
  }

  #retry(): void {
    const timer = this.#around.host.timers.after(this.#backoff.next(), () => this.#dial());
    this.#state = { kind: "waiting", timer };
  }
}
