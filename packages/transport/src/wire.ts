import type { ByteStream, ByteStreamEvents, Host, NetworkAddress } from "@quorate/host";

/** What the transport needs of its host. */
export type TransportHost = Pick<Host, "clock" | "timers" | "links" | "random">;

/** Who a wire reports to at the moment. None of it is called after `finish` or `abort`. */
export interface WireReceiver {
  open?(): void;
  data(bytes: Uint8Array): void;
  close(reason: string): void;
}

/** Every stream that exists, be it that it is only ending: a transport is closed when its set is empty. */
export class OpenWires {
  readonly #wires = new Set<Wire>();
  #emptied: (() => void)[] = [];

  get size(): number {
    return this.#wires.size;
  }

  add(wire: Wire): void {
    this.#wires.add(wire);
  }

  delete(wire: Wire): void {
    this.#wires.delete(wire);
    if (this.#wires.size > 0) return;
    const emptied = this.#emptied;
    this.#emptied = [];
    for (const callback of emptied) callback();
  }

  has(wire: Wire): boolean {
    return this.#wires.has(wire);
  }

  /** Calls back as soon as no stream exists, which may be now. */
  whenEmpty(emptied: () => void): void {
    if (this.#wires.size === 0) emptied();
    else this.#emptied.push(emptied);
  }
}

/**
 * One byte stream for its whole life: first a handshake reads it, then a connection. Closing it in order takes a bounded
 * time, and it stays in the transport's set until its stream is really gone, so that none can leak.
 */
export class Wire implements ByteStreamEvents {
  readonly #host: TransportHost;
  readonly #wires: OpenWires;
  #stream: ByteStream | undefined;
  #receiver: WireReceiver | undefined;
  #linger: object | undefined;

  private constructor(host: TransportHost, wires: OpenWires) {
    this.#host = host;
    this.#wires = wires;
    wires.add(this);
  }

  static dial(host: TransportHost, wires: OpenWires, address: NetworkAddress, receiver: WireReceiver): Wire {
    const wire = new Wire(host, wires);
    wire.#receiver = receiver;
    wire.#stream = host.links.connect(address, wire);
    return wire;
  }

  static accept(host: TransportHost, wires: OpenWires, stream: ByteStream): Wire {
    const wire = new Wire(host, wires);
    wire.#stream = stream;
    return wire;
  }

  get remote(): string {
    return this.#stream?.remote ?? "";
  }

  get bufferedBytes(): number {
    return this.#stream?.bufferedBytes ?? 0;
  }

  /** Whether the stream still exists, be it that it is only ending. */
  get exists(): boolean {
    return this.#wires.has(this);
  }

  receiveWith(receiver: WireReceiver): void {
    this.#receiver = receiver;
  }

  write(chunks: readonly Uint8Array[]): void {
    this.#stream?.write(chunks);
  }

  /** Sends what was written, then closes; after `lingerMs` it closes in any case. */
  finish(lingerMs: number): void {
    this.#receiver = undefined;
    if (!this.exists || this.#linger !== undefined) return;
    this.#linger = this.#host.timers.after(lingerMs, () => this.#stream?.destroy());
    this.#stream?.end();
  }

  /** Closes at once. */
  abort(): void {
    this.#receiver = undefined;
    if (this.exists) this.#stream?.destroy();
  }

  open(): void {
    this.#receiver?.open?.();
  }

  data(bytes: Uint8Array): void {
    this.#receiver?.data(bytes);
  }

  close(error: { readonly message: string } | undefined): void {
    this.#wires.delete(this);
    if (this.#linger !== undefined) this.#host.timers.cancel(this.#linger);
    const receiver = this.#receiver;
    this.#receiver = undefined;
    receiver?.close(error?.message ?? "the other side closed the connection");
  }
}
