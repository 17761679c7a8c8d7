import { createServer, type Server } from "node:http";
import type { Socket } from "node:net";
import type { Shared } from "../calls/shared.ts";
import { Http1Connection } from "./http1-connection.ts";
import { WebSockets, type WebSocketOptions } from "./websockets.ts";

const badRequest = "HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";

/** How often connections are looked after, at most, in ms. */
const sweepMs = 1000;

/**
 * A connection that nobody asks anything on is closed after so long, in ms. A request that crosses with that gets no answer, and a POST
 * is not sent again: so it is longer than the pauses of those who ask regularly (Patroni: 10 s). etcd closes none.
 */
const idleTimeoutMs = 120_000;

/** Serves plain requests on sockets that do not speak HTTP/2. */
export class Http1Connections {
  readonly #shared: Shared;
  readonly #server: Server;
  readonly #connections = new Map<Socket, Http1Connection>();
  readonly #sweeper: NodeJS.Timeout;
  readonly #webSockets: WebSockets | undefined;
  #draining = false;

  constructor(shared: Shared, webSocketOptions: WebSocketOptions | undefined) {
    this.#shared = shared;
    const webSockets = webSocketOptions === undefined ? undefined : new WebSockets(shared, webSocketOptions);
    this.#webSockets = webSockets;
    const { maxHeaderBytes, receiveTimeoutMs, sendStallTimeoutMs } = shared.limits;
    this.#server = createServer({
      maxHeaderSize: maxHeaderBytes,
      headersTimeout: receiveTimeoutMs,
      keepAliveTimeout: idleTimeoutMs,
      // Bodies are watched by those who take them: some may go on and on.
      requestTimeout: 0,
      connectionsCheckingInterval: Math.min(receiveTimeoutMs, 10_000),
      // Others that ask for another protocol, such as h2c, go on with this one.
      shouldUpgradeCallback: (incoming) => webSockets?.asks(incoming) ?? false,
    });
    if (webSockets !== undefined) {
      this.#server.on("upgrade", (incoming, socket, first) => {
        const isInTurn = this.#connections.get(socket as Socket)?.isIdle === true;
        if (isInTurn) webSockets.take(incoming, socket as Socket, first);
        else socket.destroy();
      });
    }
    this.#server.on("request", (incoming, outgoing) =>
      this.#connections.get(incoming.socket)?.take(incoming, outgoing),
    );
    // Node.js watches over slow and idle connections from the moment that a server listens. This one never does: its
    // connections come from the shared port.
    this.#server.emit("listening");
    this.#server.on("clientError", (error: NodeJS.ErrnoException, socket) => {
      if (error.code !== "ECONNRESET") shared.refusals.refused(remoteOf(socket as Socket), malformed(error));
      if (socket.writable) socket.end(badRequest, () => socket.destroy());
      else socket.destroy();
    });
    const interval = Math.max(10, Math.min(sweepMs, receiveTimeoutMs / 4, sendStallTimeoutMs / 4));
    this.#sweeper = setInterval(() => this.#sweep(), interval).unref();
  }

  /** `first`: what has been read of the socket already. */
  take(socket: Socket, first: Buffer): void {
    this.#connections.set(socket, new Http1Connection(this.#shared, socket, () => this.#draining));
    socket.once("close", () => this.#connections.delete(socket));
    if (first.length > 0) socket.unshift(first);
    this.#server.emit("connection", socket);
    socket.resume();
  }

  /** Closes idle connections; the others close after the answer they owe. */
  drain(): void {
    this.#draining = true;
    this.#server.close();
    this.#server.closeIdleConnections();
    this.#webSockets?.drain();
  }

  /** Nothing is left to look after. */
  stop(): void {
    clearInterval(this.#sweeper);
  }

  #sweep(): void {
    const now = performance.now();
    for (const connection of this.#connections.values()) connection.sweep(now);
    this.#webSockets?.sweep(now);
  }
}

function malformed(error: NodeJS.ErrnoException): string {
  return `malformed HTTP (${error.code ?? error.message})`;
}

function remoteOf(socket: Socket): string {
  return `${socket.remoteAddress ?? "unknown"}:${socket.remotePort ?? 0}`;
}
