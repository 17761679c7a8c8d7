import {
  HostError,
  type ByteStream,
  type ByteStreamEvents,
  type Links,
  type NetworkAddress,
  type Timers,
} from "@quorate/host";
import type { TransportHost } from "../src/wire.ts";

interface Scheduled {
  readonly at: number;
  readonly order: number;
  readonly action: () => void;
  cancelled: boolean;
}

/**
 * A network and a clock in memory, for tests: time passes only in `run`, streams can be slow, cut into any pieces, or
 * stuck in one direction, and every stream that was ever opened can be looked at.
 */
export class MemoryWorld {
  now = 0;
  /** One way, in ms. */
  latencyMs = 1;
  /** Of each stream and direction. */
  bytesPerMs = 1_000_000;
  /** Into which sizes the bytes of a delivery are cut; whole unless given. */
  cut: ((bytes: Uint8Array) => Uint8Array[]) | undefined;
  readonly streams: MemoryStream[] = [];
  /** Dials to these ports get no answer at all. */
  readonly silentPorts = new Set<number>();
  readonly #listeners = new Map<number, (stream: ByteStream) => ByteStreamEvents>();
  #scheduled: Scheduled[] = [];
  #turn: (() => void)[] = [];
  #order = 0;
  #nextPort = 1000;

  after(delayMs: number, action: () => void): Scheduled {
    const one = { at: this.now + Math.max(0, delayMs), order: this.#order++, action, cancelled: false };
    const place = this.#scheduled.findLastIndex((other) => other.at <= one.at) + 1;
    this.#scheduled.splice(place, 0, one);
    return one;
  }

  /** Lets `forMs` pass. */
  run(forMs: number): void {
    const end = this.now + forMs;
    this.#endTurn();
    for (;;) {
      const next = this.#scheduled[0];
      if (next === undefined || next.at > end) break;
      this.#scheduled.shift();
      this.now = next.at;
      if (!next.cancelled) next.action();
      this.#endTurn();
    }
    this.now = end;
  }

  /** Lets time pass until `condition` holds; fails after `withinMs`. */
  runUntil(condition: () => boolean, withinMs = 10_000): void {
    const end = this.now + withinMs;
    this.#endTurn();
    while (!condition()) {
      const next = this.#scheduled[0];
      if (next === undefined || next.at > end) throw new Error(`it did not happen within ${withinMs} ms`);
      this.run(next.at - this.now);
    }
  }

  /** A host that lives in this world. `late` holds its events back: a stopped process. */
  host(random: () => number = () => 0.5): TransportHost {
    const timers: Timers = {
      after: (delayMs, callback) => this.after(delayMs, callback),
      cancel: (handle) => {
        (handle as Scheduled).cancelled = true;
      },
      afterPendingInput: (callback) => {
        this.after(0, callback);
      },
      endOfTurn: (callback) => {
        this.#turn.push(callback);
      },
      endOfRound: (callback) => {
        this.after(0, callback);
      },
    };
    const clock = { monotonicMs: () => this.now, bootMs: () => this.now, wallMs: () => 0 };
    return { clock, timers, links: this.#links(), random: { next: random } };
  }

  get openStreams(): number {
    return this.streams.filter((stream) => !stream.closed).length;
  }

  #endTurn(): void {
    while (this.#turn.length > 0) (this.#turn.shift() as () => void)();
  }

  #links(): Links {
    return {
      listen: (address, onStream, done) => {
        const port = address.port === 0 ? this.#nextPort++ : address.port;
        if (this.#listeners.has(port)) {
          const error = new HostError("address-in-use", `${address.host}:${port}`, "the port is taken");
          this.after(0, () => done(error, undefined as never));
          return;
        }
        this.#listeners.set(port, onStream);
        const close = (closed: (error: undefined) => void): void => {
          this.#listeners.delete(port);
          this.after(0, () => closed(undefined));
        };
        this.after(0, () => done(undefined, { address: { host: address.host, port }, close }));
      },
      connect: (address, events) => this.connect(address, events),
    };
  }

  connect(address: NetworkAddress, events: ByteStreamEvents): MemoryStream {
    const stream = new MemoryStream(this, `${address.host}:${address.port}`, address.port, true);
    stream.events = events;
    this.streams.push(stream);
    if (this.silentPorts.has(address.port)) return stream;
    this.after(this.latencyMs, () => {
      const onStream = this.#listeners.get(address.port);
      if (stream.closed) return;
      if (onStream === undefined) {
        stream.fail(new HostError("refused", stream.remote, "connection refused"));
        return;
      }
      const accepted = new MemoryStream(this, "dialer:0", address.port, false);
      this.streams.push(accepted);
      accepted.other = stream;
      stream.other = accepted;
      accepted.events = onStream(accepted);
      accepted.establish();
      this.after(this.latencyMs, () => stream.establish());
    });
    return stream;
  }
}

/** One end of a stream. */
export class MemoryStream implements ByteStream {
  readonly remote: string;
  /** The port that was dialed. */
  readonly port: number;
  readonly isDialer: boolean;
  events: ByteStreamEvents | undefined;
  other: MemoryStream | undefined;
  closed = false;
  /** While it is stuck, nothing that this end writes arrives, and nothing says so. */
  stuck = false;
  /** All that was written, in order, and how often `write` was called. */
  readonly written: Uint8Array[] = [];
  writes = 0;
  readonly #world: MemoryWorld;
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  #established = false;
  #moving = false;
  #ending = false;

  constructor(world: MemoryWorld, remote: string, port: number, isDialer: boolean) {
    this.#world = world;
    this.remote = remote;
    this.port = port;
    this.isDialer = isDialer;
  }

  get bufferedBytes(): number {
    return this.#waitingBytes;
  }

  /** Of the lane that the handshake names: byte 9 of what either end wrote first. */
  get lane(): "control" | "bulk" | undefined {
    const first = (this.isDialer ? this.written[0] : this.other?.written[0])?.[9];
    return first === undefined ? undefined : first === 0 ? "control" : "bulk";
  }

  write(chunks: readonly Uint8Array[]): void {
    if (this.closed || this.#ending) return;
    this.writes++;
    for (const chunk of chunks) {
      this.written.push(chunk);
      this.#waiting.push(chunk);
      this.#waitingBytes += chunk.length;
    }
    this.#move();
  }

  pause(): void {}

  end(): void {
    if (this.closed || this.#ending) return;
    this.#ending = true;
    this.#move();
  }

  destroy(): void {
    if (this.closed) return;
    this.#finish(undefined);
    const other = this.other;
    if (other !== undefined && !this.stuck) this.#world.after(this.#world.latencyMs, () => other.ended());
  }

  fail(error: HostError | undefined): void {
    if (!this.closed) this.#finish(error);
  }

  /** Both ends break at once, as when a router resets them. */
  reset(): void {
    this.fail(new HostError("io", this.remote, "connection reset"));
    this.other?.fail(new HostError("io", this.other.remote, "connection reset"));
  }

  establish(): void {
    if (this.closed) return;
    this.#established = true;
    this.events?.open?.();
    this.#move();
  }

  /** It is no longer stuck. */
  release(): void {
    this.stuck = false;
    this.#move();
  }

  ended(): void {
    if (!this.closed) this.#finish(undefined);
  }

  #finish(error: HostError | undefined): void {
    this.closed = true;
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#world.after(0, () => this.events?.close(error));
  }

  /** Sends what one millisecond holds, again and again. */
  #move(): void {
    if (!this.#established || this.#moving || this.stuck || this.closed) return;
    if (this.#waitingBytes === 0 && !this.#ending) return;
    this.#moving = true;
    this.#world.after(this.#waitingBytes > this.#world.bytesPerMs ? 1 : 0, () => {
      this.#moving = false;
      if (this.stuck || this.closed) return;
      for (const chunk of this.#take()) {
        const pieces = this.#world.cut?.(chunk) ?? [chunk];
        this.#world.after(this.#world.latencyMs, () => {
          for (const piece of pieces) if (this.other?.closed === false) this.other.events?.data(piece);
        });
      }
      if (this.#waitingBytes > 0) this.#move();
      else if (this.#ending) this.#endNow();
      else this.events?.drain?.();
    });
  }

  #endNow(): void {
    const other = this.other;
    this.#finish(undefined);
    this.#world.after(this.#world.latencyMs, () => other?.ended());
  }

  #take(): Uint8Array[] {
    const taken: Uint8Array[] = [];
    let room = this.#world.bytesPerMs;
    while (room > 0) {
      const first = this.#waiting.shift();
      if (first === undefined) break;
      const piece = first.subarray(0, room);
      taken.push(piece);
      room -= piece.length;
      this.#waitingBytes -= piece.length;
      if (piece.length < first.length) this.#waiting.unshift(first.subarray(piece.length));
    }
    return taken;
  }
}
