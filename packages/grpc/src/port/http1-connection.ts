import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Shared } from "../calls/shared.ts";
import { serveHttp1, type Http1Client, type Http1Exchange } from "./http1-exchange.ts";
import { clientNameOf } from "./tls.ts";

/** Requests that a client may send before their turn has come; an honest one that does not wait for answers sends a few. */
const maxWaiting = 128;
/** How long a client that has its answer may go on with its request, in ms. */
const lingerMs = 1000;

/**
 * One HTTP/1.1 connection: its requests have their turns, each only when the answer before it has gone out. So whatever a
 * client sends ahead, one request and one answer of it are in memory.
 */
export class Http1Connection {
  readonly #shared: Shared;
  readonly #socket: Socket;
  readonly #client: Http1Client;
  readonly #mustClose: () => boolean;
  readonly #waiting: (readonly [IncomingMessage, ServerResponse])[] = [];
  #current: Http1Exchange | undefined;

  /** `mustClose`: the connection is to close after the next answer. */
  constructor(shared: Shared, socket: Socket, mustClose: () => boolean) {
    this.#shared = shared;
    this.#socket = socket;
    const remote = `${socket.remoteAddress ?? "unknown"}:${socket.remotePort ?? 0}`;
    this.#client = { remote, clientName: clientNameOf(socket) };
    this.#mustClose = mustClose;
  }

  /** Every request has its answer. */
  get isIdle(): boolean {
    return this.#current === undefined;
  }

  take(incoming: IncomingMessage, outgoing: ServerResponse): void {
    incoming.on("error", () => {});
    if (this.#current === undefined) return this.#begin(incoming, outgoing);
    this.#waiting.push([incoming, outgoing]);
    if (this.#waiting.length <= maxWaiting) return;
    this.#shared.refusals.refused(this.#client.remote, "HTTP/1.1: too many requests ahead of their answers");
    this.#socket.destroy();
  }

  /** Called about every second with `performance.now()`. */
  sweep(now: number): void {
    this.#current?.sweep(now);
  }

  #begin(incoming: IncomingMessage, outgoing: ServerResponse): void {
    const next = (): void => {
      this.#current = undefined;
      const waiting = this.#waiting.shift();
      if (waiting !== undefined && !this.#socket.destroyed) this.#begin(...waiting);
    };
    const exchange = serveHttp1(this.#shared, this.#client, incoming, outgoing, this.#mustClose);
    this.#current = exchange;
    // Also when the client goes away.
    outgoing.once("close", () => {
      exchange.closed();
      if (!incoming.complete) this.#linger(incoming);
      next();
    });
    exchange.start();
  }

  #linger(incoming: IncomingMessage): void {
    const cut = setTimeout(() => this.#socket.destroy(), lingerMs);
    incoming.once("end", () => clearTimeout(cut));
    this.#socket.once("close", () => clearTimeout(cut));
    incoming.resume();
  }
}
