import {
  createServer,
  type Http2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from "node:http2";
import type { Socket } from "node:net";
import { grpcCodes } from "../status.ts";
import type { Connection, Shared } from "./connection.ts";
import { discardRequest, endWithStatus } from "./responses.ts";
import { UnaryCall } from "./unary-call.ts";

/** How much a client may send ahead: on one call, and on all calls of a connection together, in bytes. */
const streamWindowBytes = 1024 * 1024;
const connectionWindowBytes = 8 * 1024 * 1024;

/** Memory of one connection in MB as Node.js counts it, unsent responses included. */
const sessionMemoryMb = 512;

const lostConnection = new Set<string | undefined>(["ECONNRESET", "EPIPE", "ETIMEDOUT"]);

const gRpcContentType = /^application\/grpc([+;]|$)/;

/** Serves gRPC on sockets that were found to speak HTTP/2. */
export class Http2Connections {
  readonly #shared: Shared;
  readonly #server: Http2Server;
  readonly #sessions = new Set<ServerHttp2Session>();

  constructor(shared: Shared) {
    this.#shared = shared;
    const { maxConcurrentStreams, maxHeaderBytes } = shared.limits;
    this.#server = createServer({
      maxSessionMemory: sessionMemoryMb,
      settings: {
        maxConcurrentStreams,
        maxHeaderListSize: maxHeaderBytes,
        initialWindowSize: streamWindowBytes,
        enablePush: false,
      },
    });
    this.#server.on("session", (session) => this.#opened(session));
  }

  take(socket: Socket): void {
    this.#server.emit("connection", socket);
  }

  /** Tells every client to open no more calls here; connections close once their calls have ended. */
  drain(): void {
    for (const session of this.#sessions) session.close();
  }

  #opened(session: ServerHttp2Session): void {
    const socket = session.socket;
    const connection: Connection = {
      shared: this.#shared,
      remote: `${socket.remoteAddress}:${socket.remotePort}`,
      unsentBytes: 0,
    };
    this.#sessions.add(session);
    session.setLocalWindowSize(connectionWindowBytes);
    session.on("close", () => this.#sessions.delete(session));
    session.on("error", (error: NodeJS.ErrnoException) => {
      // A client that goes away without farewell is nothing to report; one that breaks the protocol is.
      if (!lostConnection.has(error.code)) this.#shared.refusals.refused(connection.remote, `HTTP/2: ${error.message}`);
    });
    session.on("stream", (stream, headers) => startCall(connection, stream, headers));
  }
}

function startCall(connection: Connection, stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
  // A stream that its client resets, or whose connection breaks, ends with `close`; nothing more is to be said of it.
  stream.on("error", () => {});
  const contentType = headers["content-type"] ?? "";
  if (headers[":method"] !== "POST") {
    const message = `a gRPC request must be a POST, not ${headers[":method"]}`;
    return refuse(stream, 405, { code: grpcCodes.internal, message });
  }
  if (!gRpcContentType.test(contentType)) {
    const message = `invalid gRPC request content-type "${contentType}"`;
    return refuse(stream, 415, { code: grpcCodes.invalidArgument, message });
  }
  const path = headers[":path"] ?? "";
  const { methods, observer } = connection.shared;
  const method = methods.find(path);
  if (method === undefined) {
    observer(undefined, grpcCodes.unimplemented);
    return refuse(stream, 200, methods.missing(path));
  }
  new UnaryCall(connection, method, stream, headers).start();
}

function refuse(stream: ServerHttp2Stream, httpStatus: number, status: Parameters<typeof endWithStatus>[1]): void {
  if (stream.destroyed || stream.closed) return;
  endWithStatus(stream, status, httpStatus);
  discardRequest(stream);
}
