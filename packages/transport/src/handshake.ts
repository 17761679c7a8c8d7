import { describeMember } from "@quorate/raft";
import type { TimerHandle } from "@quorate/host";
import {
  encodeAnswer,
  encodeIntroduction,
  encodeRefusal,
  GreetingReader,
  protocolVersion,
  type Greeting,
  type Hello,
  type Refusal,
  type RefusalCode,
  type Welcome,
} from "./greeting.ts";
import type { Surroundings } from "./surroundings.ts";
import type { Wire, WireReceiver } from "./wire.ts";

/** What a handshake reports: one greeting, or one failure. */
export interface HandshakeEvents {
  /** The stream is established; only for one that this side opened. */
  open?(): void;
  greeting(greeting: Greeting): void;
  /** The wire is closed already. `strange`: the other side does not speak the protocol at all. */
  failed(reason: string, strange: boolean): void;
}

/** Reads the one greeting that opens a wire, within a bounded time. */
export class Handshake implements WireReceiver {
  readonly #around: Surroundings;
  readonly #events: HandshakeEvents;
  readonly #reader = new GreetingReader();
  #wire: Wire | undefined;
  #timer: TimerHandle | undefined;

  constructor(around: Surroundings, events: HandshakeEvents) {
    this.#around = around;
    this.#events = events;
  }

  get wire(): Wire | undefined {
    return this.#wire;
  }

  begin(wire: Wire): void {
    const { host, limits } = this.#around;
    this.#wire = wire;
    wire.receiveWith(this);
    this.#timer = host.timers.after(limits.handshakeTimeoutMs, () => {
      wire.abort();
      this.#events.failed(`no connection and handshake within ${limits.handshakeTimeoutMs} ms`, false);
    });
  }

  say(introduction: Hello | Welcome): void {
    this.#wire?.write([encodeIntroduction(introduction)]);
  }

  refuse(code: RefusalCode, reason: string): void {
    this.#stopTimer();
    this.#wire?.write([encodeRefusal({ kind: "refusal", code, reason })]);
    this.#wire?.finish(this.#around.limits.lingerMs);
  }

  /** Tells somebody who only asked, and ends the wire. */
  answer(text: string): void {
    this.#stopTimer();
    this.#wire?.write([encodeAnswer({ kind: "answer", text })]);
    this.#wire?.finish(this.#around.limits.lingerMs);
  }

  abandon(): void {
    this.#stopTimer();
    this.#wire?.abort();
  }

  open(): void {
    this.#events.open?.();
  }

  data(bytes: Uint8Array): void {
    const read = this.#reader.push(bytes);
    if (read === undefined) return;
    this.#stopTimer();
    if (typeof read === "string") {
      this.#wire?.abort();
      this.#events.failed(read, true);
      return;
    }
    this.#events.greeting(read.greeting);
    // Whoever reads this wire by now gets what came behind the greeting.
    if (read.rest.length > 0) this.#wire?.data(read.rest);
  }

  close(reason: string): void {
    this.#stopTimer();
    this.#events.failed(reason, false);
  }

  #stopTimer(): void {
    if (this.#timer !== undefined) this.#around.host.timers.cancel(this.#timer);
  }
}

/** The highest version that both speak; undefined for none. */
export function commonVersion(hello: Hello): number | undefined {
  const version = Math.min(hello.maxVersion, protocolVersion.highest);
  return version >= Math.max(hello.minVersion, protocolVersion.lowest) ? version : undefined;
}

/** Why a hello is refused by who sent it or whom it wants, whatever the state of any link; undefined when it is not. */
export function unfitness(hello: Hello, around: Surroundings, isPeer: boolean): Refusal | undefined {
  const { clusterId, memberId } = around.self;
  const refusal = (code: RefusalCode, reason: string): Refusal => ({ kind: "refusal", code, reason });
  if (commonVersion(hello) === undefined) {
    const { lowest, highest } = protocolVersion;
    const range = `${hello.minVersion} to ${hello.maxVersion}`;
    return refusal(
      "version",
      `member ${describeMember(memberId)} speaks versions ${lowest} to ${highest}, member ${describeMember(hello.from)} ${range}`,
    );
  }
  if (hello.clusterId !== clusterId) {
    return refusal(
      "cluster",
      `member ${describeMember(memberId)} is of cluster ${describeMember(clusterId)}, member ${describeMember(hello.from)} of ${describeMember(hello.clusterId)}`,
    );
  }
  if (hello.to !== memberId) {
    return refusal(
      "identity",
      `member ${describeMember(hello.from)} looks for member ${describeMember(hello.to)}, and here is member ${describeMember(memberId)}`,
    );
  }
  if (hello.from === memberId)
    return refusal("identity", `both sides say that they are member ${describeMember(memberId)}`);
  if (!isPeer && around.events.hasLeft?.(hello.from) === true) {
    return refusal("removed", `member ${describeMember(hello.from)} was removed from this cluster`);
  }
  if (!isPeer)
    return refusal(
      "identity",
      `member ${describeMember(hello.from)} is not a peer of member ${describeMember(memberId)}`,
    );
  return undefined;
}
