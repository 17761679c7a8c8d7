import type { NetworkAddress, TimerHandle } from "@quorate/host";
import { BulkProgress } from "./bulk-progress.ts";
import type { Connection } from "./connection.ts";
import { frameTypes, type FrameType } from "./frame.ts";
import type { Hello } from "./greeting.ts";
import type { Handshake } from "./handshake.ts";
import { lanes, type Lane, type PeerId } from "./interface.ts";
import { LaneLink, type LaneOwner } from "./lane-link.ts";
import { RoundTrip } from "./round-trip.ts";
import { reportRefusal, type Surroundings } from "./surroundings.ts";
import { Traffic } from "./traffic.ts";
import type { Wire } from "./wire.ts";

/** Pings and reports of progress go out this many times in T. */
const pulsesPerTimeout = 4;

/** Everything between this member and one peer: two lanes, and the watch over both. */
export class PeerLink implements LaneOwner {
  readonly id: PeerId;
  readonly traffic = new Traffic();
  readonly #around: Surroundings;
  readonly #numbers: { next: number };
  readonly #lanes: Readonly<Record<Lane, LaneLink>>;
  #address: NetworkAddress | undefined;
  /** The peer's latest start that a handshake named. */
  #incarnation: number | undefined;
  #roundTrip = new RoundTrip();
  #roundTripMs: number | undefined;
  #progress: BulkProgress | undefined;
  #pulse: TimerHandle | undefined;

  /** Without an address it is a guest's. `numbers` is shared by all links of a transport, and outlives this one: attempts are never numbered twice. */
  constructor(around: Surroundings, id: PeerId, address: NetworkAddress | undefined, numbers: { next: number }) {
    this.#around = around;
    this.id = id;
    this.#address = address;
    this.#numbers = numbers;
    this.#lanes = { control: new LaneLink(around, this, "control"), bulk: new LaneLink(around, this, "bulk") };
  }

  get address(): NetworkAddress | undefined {
    return this.#address;
  }

  get roundTripMs(): number | undefined {
    return this.#roundTripMs;
  }

  start(): void {
    for (const lane of lanes) this.#lanes[lane].dialNow();
  }

  moveTo(address: NetworkAddress): void {
    const former = this.#address;
    const isThere = address.host === former?.host && address.port === former.port;
    const isSecured = (address.secure === true) !== (former?.secure === true);
    if (isThere && !isSecured) return;
    this.#address = address;
    // What is connected knows its peer wherever that moves, and stays; but not where it is no longer what the address asks for.
    if (isSecured) this.#around.host.timers.endOfTurn(() => this.#reconnect());
    else for (const lane of lanes) this.#lanes[lane].addressChanged();
  }

  #reconnect(): void {
    for (const lane of lanes) {
      this.#lanes[lane].lose("the peer's URL has another scheme", true);
      if (this.#address !== undefined) this.#lanes[lane].addressChanged();
    }
  }

  /** Not dialed any more; what is connected stays. */
  becomeGuest(): void {
    this.#address = undefined;
  }

  get isConnected(): boolean {
    return lanes.some((lane) => this.#lanes[lane].connection !== undefined);
  }

  /** Closes both lanes for good. Returns those that were up. */
  stop(reason: string): Lane[] {
    this.#stopPulse();
    return lanes.filter((lane) => this.#lanes[lane].stop(reason) !== undefined);
  }

  send(lane: Lane, chunks: readonly Uint8Array[], checkedChunks: number): boolean {
    const { connection } = this.#lanes[lane];
    if (connection === undefined) return this.traffic.sent(undefined);
    let bytes = 0;
    for (const chunk of chunks) bytes += chunk.length;
    if (bytes > connection.maxMessageBytes) {
      this.#around.limiter.warn("a message is too large to be sent", {
        peer: this.id,
        lane,
        bytes,
        maxMessageBytes: connection.maxMessageBytes,
      });
      return this.traffic.sent(undefined);
    }
    if (lane === "bulk") this.#progress?.willSend(this.#now);
    return this.traffic.sent(connection.send(frameTypes.message, chunks, checkedChunks) ? bytes : undefined);
  }

  /** A hello that is fit for this member: gives it its lane, or says why not. Returns whether it has its lane. */
  greet(handshake: Handshake, wire: Wire, hello: Hello): boolean {
    const past = this.learnIncarnation(hello.incarnation);
    if (past !== undefined) {
      handshake.refuse("stale", past);
      reportRefusal(this.#around, "refused a peer connection", wire.remote, past);
      return false;
    }
    const conflict = this.#lanes[hello.lane].consider(hello);
    if (conflict !== undefined) {
      handshake.refuse("crossed", conflict);
      return false;
    }
    this.#lanes[hello.lane].adopt(handshake, wire, hello);
    return true;
  }

  nextConnectionNumber(): number {
    return this.#numbers.next++;
  }

  learnIncarnation(incarnation: number): string | undefined {
    const known = this.#incarnation;
    if (known !== undefined && incarnation < known) {
      return `this is start ${incarnation} of member ${this.id}, and start ${known} was seen: is a second process running as it, or an old copy of its data?`;
    }
    this.#incarnation = incarnation;
    if (known !== undefined && incarnation > known) for (const lane of lanes) this.#lanes[lane].forgetFormerLife();
    return undefined;
  }

  connected(lane: Lane, connection: Connection, dialed: boolean): void {
    const now = this.#now();
    if (lane === "control") {
      this.#roundTrip = new RoundTrip();
      this.#progress?.controlChanged(now);
      this.#ping(connection, now);
    } else {
      this.#progress = new BulkProgress(connection, now);
    }
    this.#startPulse();
    // The peer can be reached: the other lane need not wait.
    if (dialed) for (const other of lanes) if (other !== lane) this.#lanes[other].dialNow();
    this.#around.events.connected(this.id, lane, connection.terms.incarnation);
  }

  disconnected(lane: Lane, reason: string): void {
    if (lane === "bulk") this.#progress = undefined;
    this.#around.events.disconnected(this.id, lane, reason);
  }

  frame(connection: Connection, type: FrameType, payload: Uint8Array): string | undefined {
    switch (type) {
      case frameTypes.message:
        this.traffic.receivedBytes += payload.length;
        this.#around.events.message(this.id, connection.terms.incarnation, payload);
        return undefined;
      case frameTypes.ping:
        if (connection.terms.lane !== "control" || payload.length !== 8) return "a malformed ping";
        connection.send(frameTypes.pong, [payload]);
        return undefined;
      case frameTypes.pong: {
        if (connection.terms.lane !== "control") return "an answer to a ping on the wrong lane";
        const wrong = this.#roundTrip.answered(this.#now(), payload, this.#measured);
        this.#roundTripMs = this.#roundTrip.smoothedMs ?? this.#roundTripMs;
        return wrong;
      }
      case frameTypes.progress:
        if (connection.terms.lane !== "control") return "a report of progress on the wrong lane";
        return this.#progress?.learn(this.#now(), payload);
      case frameTypes.goodbye:
        return undefined;
    }
  }

  readonly #measured = (ms: number): void => this.traffic.roundTrips.add(ms);

  readonly #now = (): number => this.#around.host.clock.monotonicMs();

  #startPulse(): void {
    if (this.#pulse !== undefined) return;
    const periodMs = this.#around.timing.electionTimeoutMs / pulsesPerTimeout;
    this.#pulse = this.#around.host.timers.after(periodMs, () => {
      this.#pulse = undefined;
      this.#beat();
    });
  }

  #stopPulse(): void {
    if (this.#pulse !== undefined) this.#around.host.timers.cancel(this.#pulse);
    this.#pulse = undefined;
  }

  #beat(): void {
    const { control, bulk } = this.#lanes;
    if (control.connection === undefined && bulk.connection === undefined) return;
    this.#startPulse();
    if (control.connection === undefined) return;
    const now = this.#now();
    this.#ping(control.connection, now);
    const report = this.#progress?.report;
    if (report !== undefined && control.connection.send(frameTypes.progress, [report])) this.#progress?.wasReported();
    // This process may have been stopped: what it waits for can lie in its own sockets. Look there before judging.
    if (this.#isSilent(now) || this.#isStalled(now)) this.#around.host.timers.afterPendingInput(() => this.#judge());
  }

  #isSilent(now: number): boolean {
    return this.#roundTrip.unansweredMs(now) >= this.#around.timing.electionTimeoutMs;
  }

  #isStalled(now: number): boolean {
    return (this.#progress?.stalledMs(now) ?? 0) >= this.#around.timing.electionTimeoutMs;
  }

  /** Closes what is dead: both lanes when no ping is answered, bulk alone when only bulk does not move. */
  #judge(): void {
    const { control, bulk } = this.#lanes;
    const now = this.#now();
    if (control.connection === undefined) return;
    if (this.#isSilent(now)) {
      const reason = `no answer to a ping for ${Math.round(this.#roundTrip.unansweredMs(now))} ms`;
      control.lose(reason);
      bulk.lose(`the control lane had ${reason}`);
    } else if (this.#progress !== undefined && this.#isStalled(now)) {
      const { outstandingBytes } = this.#progress;
      const stalledMs = Math.round(this.#progress.stalledMs(now));
      bulk.lose(`${outstandingBytes} bytes made no progress for ${stalledMs} ms`);
    }
  }

  #ping(connection: Connection, now: number): void {
    if (connection.send(frameTypes.ping, [this.#roundTrip.nextPayload])) this.#roundTrip.sent(now);
  }
}
