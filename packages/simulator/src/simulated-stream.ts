import { HostError } from "@quorate/host";
import type { ByteStream, ByteStreamEvents } from "@quorate/host";
import type { Scope } from "./event-queue.ts";
import { drawDelayMs } from "./network-conditions.ts";
import type { LinkState } from "./network-conditions.ts";
import type { World } from "./world.ts";

/** What a network holds between two ends in one direction: beyond it the sender's bytes wait with the sender. */
const windowBytes = 64 * 1024;

/** What travels, gets lost and arrives as one, at most. */
const segmentBytes = 16 * 1024;

/** After how long a lost or blocked packet is sent again, in ms: Linux's smallest retransmission timeout. */
const retransmitMs = 200;

/** After how long without getting through a connection is given up, in ms. */
const giveUpMs = 15_000;

type Segment = Uint8Array | "end";

/** One end of a byte stream. Both ends of a pair are made together; the pair is what a TCP connection is. */
export class SimulatedStream implements ByteStream {
  readonly remote: string;
  readonly scope: Scope;
  /** Set before anything can be delivered. */
  events: ByteStreamEvents | undefined;
  peer: SimulatedStream | undefined;
  readonly #world: World;
  /** The link from here to the other side. */
  readonly #link: LinkState;
  /** Written and not handed to the network. */
  readonly #outgoing: Segment[] = [];
  /** Handed to the network and not taken by the other side: [segment, when it arrives in µs]. */
  readonly #flying: { readonly segment: Segment; readonly at: number }[] = [];
  #flyingBytes = 0;
  #bufferedBytes = 0;
  #stuckSince: number | undefined;
  #moving = false;
  #established = false;
  #paused = false;
  #ending = false;
  #closed = false;
  #drainDue = false;

  constructor(world: World, scope: Scope, link: LinkState, remote: string) {
    this.#world = world;
    this.scope = scope;
    this.#link = link;
    this.remote = remote;
  }

  /** The members at its two ends. */
  get from(): number {
    return this.#link.from;
  }

  get to(): number {
    return this.#link.to;
  }

  get bufferedBytes(): number {
    return this.#bufferedBytes;
  }

  get closed(): boolean {
    return this.#closed;
  }

  write(chunks: readonly Uint8Array[]): void {
    if (this.#closed || this.#ending) return;
    for (const chunk of chunks) {
      for (let at = 0; at < chunk.length; at += segmentBytes) {
        this.#outgoing.push(chunk.subarray(at, at + segmentBytes));
      }
      this.#bufferedBytes += chunk.length;
    }
    this.#drainDue = this.#bufferedBytes > 0;
    this.#soon(() => this.#handOver());
  }

  pause(paused: boolean): void {
    this.#paused = paused;
    if (!paused) this.#soon(() => this.peer?.flow());
  }

  end(): void {
    if (this.#closed || this.#ending) return;
    this.#ending = true;
    this.#outgoing.push("end");
    this.#soon(() => this.#handOver());
  }

  destroy(): void {
    if (this.#closed) return;
    this.#outgoing.length = 0;
    if (!this.#ending) this.#flying.push({ segment: "end", at: this.#arrival() });
    this.#flowLater();
    this.#finish(undefined);
  }

  /** The connection is made: what was written before may go. */
  establish(): void {
    if (this.#closed || this.#established) return;
    this.#established = true;
    this.events?.open?.();
    this.#handOver();
    this.peer?.flow();
  }

  /** The connection broke. */
  fail(code: "io" | "refused" | "unreachable", message: string): void {
    if (this.#closed) return;
    this.#outgoing.length = 0;
    this.#flying.length = 0;
    this.#finish(new HostError(code, this.remote, message));
  }

  /** Delivers what has arrived at the other side. */
  flow(): void {
    const other = this.peer;
    const first = this.#flying[0];
    if (other === undefined || first === undefined || this.#moving || other.#paused || !other.#established) return;
    this.#moving = true;
    const at = other.scope.paused ? this.#world.nowMicros : Math.max(first.at, this.#link.cloggedUntil);
    const scope = other.scope.ended ? this.#world.outside : other.scope;
    this.#world.scheduleAt(at, "link", scope, arrive, this);
  }

  arrive(): void {
    this.#moving = false;
    const first = this.#flying[0];
    const other = this.peer;
    if (first === undefined || other === undefined) return;
    if (this.#link.blocked || this.#link.random.chance(this.#link.settings.lossProbability)) {
      this.#retransmit(other);
      return;
    }
    this.#stuckSince = undefined;
    if (other.#paused && !other.#closed) return;
    this.#flying.shift();
    if (first.segment === "end") {
      other.#otherEnded();
    } else {
      this.#flyingBytes -= first.segment.length;
      if (!other.#closed) other.events?.data(first.segment);
    }
    this.#handOver();
    this.flow();
  }

  #retransmit(other: SimulatedStream): void {
    const now = this.#world.nowMicros;
    this.#stuckSince ??= now;
    if (now - this.#stuckSince > giveUpMs * 1000) {
      this.fail("io", `${this.remote} does not answer`);
      other.fail("io", `${other.remote} does not answer`);
      return;
    }
    this.#moving = true;
    this.#world.schedule(retransmitMs, "link", other.scope.ended ? this.#world.outside : other.scope, arrive, this);
  }

  #handOver(): void {
    if (!this.#established) return;
    while (this.#outgoing.length > 0 && this.#flyingBytes < windowBytes) {
      const segment = this.#outgoing.shift() as Segment;
      if (segment !== "end") {
        this.#flyingBytes += segment.length;
        this.#bufferedBytes -= segment.length;
      }
      this.#flying.push({ segment, at: this.#arrival() });
    }
    this.flow();
    if (this.#bufferedBytes > 0 || !this.#drainDue || this.#closed) return;
    this.#drainDue = false;
    // The other side's turn may have brought us here, and this process may stand still.
    this.#soon(() => this.events?.drain?.());
  }

  #arrival(): number {
    const delayMs = drawDelayMs(this.#link);
    const last = this.#flying.at(-1)?.at ?? 0;
    return Math.max(last, this.#world.nowMicros + Math.ceil(delayMs * 1000));
  }

  /** The other side says no more: send what is left and end too. */
  #otherEnded(): void {
    if (this.#closed) return;
    if (!this.#ending) {
      this.#ending = true;
      this.#outgoing.push("end");
      this.#handOver();
    }
    this.#finish(undefined);
  }

  #finish(error: HostError | undefined): void {
    this.#closed = true;
    this.#bufferedBytes = 0;
    this.#soon(() => this.events?.close(error));
  }

  #flowLater(): void {
    this.#soon(() => this.flow());
  }

  /** Nothing is reported from inside the call that caused it. */
  #soon(action: () => void): void {
    this.#world.schedule(0, "link", this.scope, action, undefined);
  }
}

function arrive(stream: SimulatedStream): void {
  stream.arrive();
}
