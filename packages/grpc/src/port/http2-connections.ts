import type { Socket } from "node:net";
import { Dispatcher } from "../calls/dispatcher.ts";
import type { Shared } from "../calls/shared.ts";
import { Http2Connection } from "../http2/connection.ts";
import { clientNameOf } from "./tls.ts";

/** How often connections are looked after, at most, in ms. */
const sweepMs = 1000;

/** Serves HTTP/2 on sockets that were found to speak it. */
export class Http2Connections {
  readonly #shared: Shared;
  readonly #dispatcher: Dispatcher;
  readonly #connections = new Set<Http2Connection>();
  readonly #sweeper: NodeJS.Timeout;
  #sweptAt = performance.now();

  constructor(shared: Shared) {
    this.#shared = shared;
    this.#dispatcher = new Dispatcher(shared);
    const { receiveTimeoutMs, sendStallTimeoutMs } = shared.limits;
    const interval = Math.max(10, Math.min(sweepMs, receiveTimeoutMs / 4, sendStallTimeoutMs / 4));
    this.#sweeper = setInterval(() => this.#sweep(), interval).unref();
  }

  /** `first`: what has been read of the socket already. */
  take(socket: Socket, first: Buffer): void {
    const { limits, refusals, logger } = this.#shared;
    const connection = new Http2Connection({
      socket,
      remote: `${socket.remoteAddress}:${socket.remotePort}`,
      clientName: clientNameOf(socket),
      limits,
      requests: this.#dispatcher,
      total: this.#shared,
      onRefused: (remote, reason) => refusals.refused(remote, reason),
      onBroken: (error) =>
        logger.error("an HTTP/2 connection failed", {
          error: error instanceof Error ? (error.stack ?? error.message) : String(error),
        }),
      onClosed: (closed) => this.#connections.delete(closed),
    });
    this.#connections.add(connection);
    if (first.length > 0) connection.receive(first);
    else connection.output.flush();
    if (!connection.isOver) socket.resume();
  }

  /** Tells every client to open no more calls here; connections close once their calls have ended. */
  drain(): void {
    for (const connection of this.#connections) connection.drain();
  }

  /** Nothing is left to look after. */
  stop(): void {
    clearInterval(this.#sweeper);
  }

  #sweep(): void {
    const now = performance.now();
    const sinceLastMs = now - this.#sweptAt;
    this.#sweptAt = now;
    for (const connection of this.#connections) connection.sweep(now, sinceLastMs);
  }
}
