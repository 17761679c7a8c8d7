import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { HttpRequest, HttpResponse } from "../http-handler.ts";
import type { Shared } from "../calls/shared.ts";
import { clientNameOf } from "./tls.ts";

const badRequest = "HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";

/** Serves plain requests on sockets that do not speak HTTP/2. */
export class Http1Connections {
  readonly #shared: Shared;
  readonly #server: Server;
  #draining = false;

  constructor(shared: Shared) {
    this.#shared = shared;
    const { maxHeaderBytes, receiveTimeoutMs } = shared.limits;
    this.#server = createServer(
      {
        maxHeaderSize: maxHeaderBytes,
        headersTimeout: receiveTimeoutMs,
        requestTimeout: receiveTimeoutMs,
        connectionsCheckingInterval: Math.min(receiveTimeoutMs, 10_000),
      },
      (request, response) => this.#serve(request, response),
    );
    // Node.js watches over slow and idle connections from the moment that a server listens. This one never does: its
    // connections come from the shared port.
    this.#server.emit("listening");
    this.#server.on("clientError", (error: NodeJS.ErrnoException, socket) => {
      if (error.code !== "ECONNRESET") shared.refusals.refused(remoteOf(socket as Socket), malformed(error));
      if (socket.writable) socket.end(badRequest, () => socket.destroy());
      else socket.destroy();
    });
  }

  /** `first`: what has been read of the socket already. */
  take(socket: Socket, first: Buffer): void {
    if (first.length > 0) socket.unshift(first);
    this.#server.emit("connection", socket);
    socket.resume();
  }

  /** Closes idle connections; the others close after the answer they owe. */
  drain(): void {
    this.#draining = true;
    this.#server.close();
    this.#server.closeIdleConnections();
  }

  #serve(incoming: IncomingMessage, outgoing: ServerResponse): void {
    const { limits, logger } = this.#shared;
    const answer = (response: HttpResponse): void => this.#answer(outgoing, response);
    readBody(incoming, limits.maxRequestBytes, (body) => {
      if (body === undefined) {
        const headers = { connection: "close" };
        return answer({ ...text(413, `the body is larger than ${limits.maxRequestBytes} bytes`), headers });
      }
      try {
        this.#shared.http(requestOf(incoming, body), answer);
      } catch (error) {
        logger.error("an HTTP handler failed", {
          path: incoming.url,
          error: error instanceof Error ? (error.stack ?? error.message) : String(error),
        });
        answer(text(500, "internal error"));
      }
    });
  }

  #answer(outgoing: ServerResponse, { status, contentType, body, headers }: HttpResponse): void {
    if (outgoing.headersSent || outgoing.destroyed) return;
    const bytes = typeof body === "string" ? Buffer.from(body, "utf8") : body;
    outgoing.writeHead(status, {
      "content-type": contentType,
      "content-length": bytes.length,
      "x-content-type-options": "nosniff",
      ...(this.#draining ? { connection: "close" } : {}),
      ...headers,
    });
    outgoing.end(bytes);
  }
}

/** Reads a body of up to `maxBytes`; `done` gets undefined for a larger one, and is not called when the client leaves. */
function readBody(incoming: IncomingMessage, maxBytes: number, done: (body: Uint8Array | undefined) => void): void {
  const chunks: Uint8Array[] = [];
  let length = 0;
  incoming.on("error", () => {});
  incoming.on("data", (chunk: Uint8Array) => {
    const wasWithin = length <= maxBytes;
    length += chunk.length;
    if (length <= maxBytes) chunks.push(chunk);
    else if (wasWithin) {
      chunks.length = 0;
      done(undefined);
    }
  });
  incoming.on("end", () => {
    if (length <= maxBytes) done(Buffer.concat(chunks));
  });
}

function requestOf(incoming: IncomingMessage, body: Uint8Array): HttpRequest {
  const [path = "", query = ""] = (incoming.url ?? "").split("?", 2);
  return {
    method: incoming.method ?? "",
    path,
    query: new URLSearchParams(query),
    body,
    clientName: clientNameOf(incoming.socket),
    header(name) {
      const value = incoming.headers[name];
      return Array.isArray(value) ? value[0] : value;
    },
  };
}

function text(status: number, body: string): HttpResponse {
  return { status, contentType: "text/plain; charset=utf-8", body: `${body}\n` };
}

function malformed(error: NodeJS.ErrnoException): string {
  return `malformed HTTP (${error.code ?? error.message})`;
}

function remoteOf(socket: Socket): string {
  return `${socket.remoteAddress ?? "unknown"}:${socket.remotePort ?? 0}`;
}
