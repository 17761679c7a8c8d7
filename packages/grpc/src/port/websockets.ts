import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { WebSocketServer } from "ws";
import { splitTarget } from "../calls/http-head.ts";
import type { Shared } from "../calls/shared.ts";
import type { HttpRequestHead } from "../http-handler.ts";
import { clientNameOf } from "./tls.ts";
import { WebSocketStream } from "./websocket-stream.ts";

export interface WebSocketOptions {
  /** The largest message of a client, in bytes; its connection is closed with 1009 beyond it. */
  readonly maxMessageBytes: number;
  /** Whether web pages of this origin may open websockets: browsers leave that to the server. */
  readonly admitsOrigin: (origin: string) => boolean;
}

/** Of one message, 1008 beyond it: browsers cut large ones into some tens. */
const maxFragments = 1024;

/** The subprotocol that carries a token, since web pages can set no other header: "Bearer, <token>". */
const bearer = "Bearer";

/**
 * Websockets on what is served as a stream over plain HTTP (RFC 6455, over HTTP/1.1 alone): each is one exchange, whose frames are the
 * request's body, a line for each, and whose answer's lines are sent as text messages. As etcd's.
 */
export class WebSockets {
  readonly #shared: Shared;
  readonly #options: WebSocketOptions;
  readonly #server: WebSocketServer;
  readonly #open = new Set<WebSocketStream>();
  #isDraining = false;

  constructor(shared: Shared, options: WebSocketOptions) {
    this.#shared = shared;
    this.#options = options;
    this.#server = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      // It costs memory for each connection, and processor time on the loop.
      perMessageDeflate: false,
      maxPayload: options.maxMessageBytes,
      maxFragments,
      handleProtocols: (protocols) => (protocols.has(bearer) ? bearer : false),
    });
  }

  /** Whether a request that asks for another protocol gets one; otherwise it is served as if it had not asked. */
  asks(incoming: IncomingMessage): boolean {
    const { method, headers } = incoming;
    if (method !== "GET" || headers.upgrade?.toLowerCase() !== "websocket") return false;
    return this.#shared.httpStreams(headOf(incoming)) !== undefined;
  }

  /** `first`: what has been read of the socket behind the request already. */
  take(incoming: IncomingMessage, socket: Socket, first: Buffer): void {
    const head = headOf(incoming);
    // Node.js before 22.21 asks nobody, and gives every request here that asks for another protocol.
    const open = this.asks(incoming) ? this.#shared.httpStreams(head) : undefined;
    const { origin } = incoming.headers;
    if (open === undefined) return refuse(socket, "400 Bad Request");
    if (this.#isDraining) return refuse(socket, "503 Service Unavailable");
    if (origin !== undefined && !this.#options.admitsOrigin(origin)) {
      this.#shared.refusals.refused(head.remote, `WebSocket: web pages of ${origin} are not let in`);
      return refuse(socket, "403 Forbidden");
    }
    this.#server.handleUpgrade(incoming, socket, first, (webSocket) => {
      const stream = new WebSocketStream(this.#shared, socket, webSocket, head);
      this.#open.add(stream);
      webSocket.once("close", () => this.#open.delete(stream));
      stream.start(open);
    });
  }

  /** Takes no more, and ends those that are open: the server goes away. */
  drain(): void {
    this.#isDraining = true;
    for (const stream of this.#open) stream.goAway();
  }

  sweep(now: number): void {
    for (const stream of this.#open) stream.sweep(now);
  }
}

/** As of a POST with a body: that is what its frames are. */
function headOf(incoming: IncomingMessage): HttpRequestHead {
  const { socket, headers } = incoming;
  const authorization = tokenIn(headers["sec-websocket-protocol"]);
  return {
    method: "POST",
    ...splitTarget(incoming.url ?? ""),
    remote: `${socket.remoteAddress ?? "unknown"}:${socket.remotePort ?? 0}`,
    clientName: clientNameOf(socket),
    header(name) {
      if (name === "authorization" && authorization !== undefined) return authorization;
      const value = headers[name];
      return Array.isArray(value) ? value[0] : value;
    },
  };
}

function tokenIn(protocols: string | undefined): string | undefined {
  const [first, token] = protocols?.split(",").map((one) => one.trim()) ?? [];
  return first === bearer && token !== undefined ? `${bearer} ${token}` : undefined;
}

function refuse(socket: Socket, status: string): void {
  socket.on("error", () => {});
  const head = `HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`;
  socket.end(head, () => socket.destroy());
}
