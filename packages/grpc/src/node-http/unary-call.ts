import type { IncomingHttpHeaders, ServerHttp2Stream } from "node:http2";
import type { Call, UnaryMethod } from "../service.ts";
import { grpcCodes, okStatus, type GrpcStatus } from "../status.ts";
import { parseTimeout } from "../timeout.ts";
import { frameMessage, UnaryRequest } from "../unary-request.ts";
import type { Connection } from "./connection.ts";
import { discardRequest, endWithStatus, responseHeaders, sendStatusTrailers } from "./responses.ts";

const nothing = new Uint8Array(0);

/** A timer cannot wait longer than this; a later deadline is as good as none. */
const longestTimerMs = 2 ** 31 - 1;

/** One unary call on an HTTP/2 stream: from its headers to its trailers. */
export class UnaryCall implements Call {
  readonly path: string;
  cancelled = false;
  readonly #connection: Connection;
  readonly #method: UnaryMethod;
  readonly #stream: ServerHttp2Stream;
  readonly #headers: IncomingHttpHeaders;
  readonly #request: UnaryRequest;
  #deadline = Number.POSITIVE_INFINITY;
  #deadlineTimer: NodeJS.Timeout | undefined;
  #receiveTimer: NodeJS.Timeout | undefined;
  #heldBytes = 0;
  /** Of the response, until the stream closes. */
  #unsentBytes = 0;
  #ended = false;

  constructor(connection: Connection, method: UnaryMethod, stream: ServerHttp2Stream, headers: IncomingHttpHeaders) {
    this.path = method.path;
    this.#connection = connection;
    this.#method = method;
    this.#stream = stream;
    this.#headers = headers;
    this.#request = new UnaryRequest(method.maxRequestBytes ?? connection.shared.limits.maxRequestBytes);
  }

  get remote(): string {
    return this.#connection.remote;
  }

  metadata(name: string): string | undefined {
    const value = this.#headers[name];
    return Array.isArray(value) ? value[0] : value;
  }

  remainingMs(): number | undefined {
    if (this.#deadline === Number.POSITIVE_INFINITY) return undefined;
    return Math.max(0, this.#deadline - performance.now());
  }

  /** Begins to take in the request. */
  start(): void {
    const stream = this.#stream;
    stream.on("close", () => this.#closed());
    const refused = this.#refuseAtOnce() ?? this.#setDeadline();
    if (refused !== undefined) return this.#respond(refused, nothing);
    stream.on("data", (chunk: Uint8Array) => this.#received(chunk));
    stream.on("end", () => this.#requestEnded());
  }

  #refuseAtOnce(): GrpcStatus | undefined {
    const encoding = this.#headers["grpc-encoding"];
    if (encoding !== undefined && encoding !== "identity") {
      const message = `grpc: Decompressor is not installed for grpc-encoding "${String(encoding)}"`;
      return { code: grpcCodes.unimplemented, message };
    }
    const { maxUnsentResponseBytes } = this.#connection.shared.limits;
    if (this.#connection.unsentBytes <= maxUnsentResponseBytes) return undefined;
    const message = `grpc: this connection does not take its responses (over ${maxUnsentResponseBytes} bytes wait)`;
    return { code: grpcCodes.resourceExhausted, message };
  }

  #setDeadline(): GrpcStatus | undefined {
    const header = this.#headers["grpc-timeout"];
    if (header === undefined) return undefined;
    const timeoutMs = parseTimeout(String(header));
    if (timeoutMs === undefined) return { code: grpcCodes.internal, message: "malformed grpc-timeout" };
    this.#deadline = performance.now() + timeoutMs;
    if (timeoutMs > longestTimerMs) return undefined;
    this.#deadlineTimer = setTimeout(() => this.#deadlinePassed(), timeoutMs);
    return undefined;
  }

  #deadlinePassed(): void {
    this.cancelled = true;
    this.#respond({ code: grpcCodes.deadlineExceeded, message: "context deadline exceeded" }, nothing);
  }

  #received(chunk: Uint8Array): void {
    if (this.#ended) return;
    const { shared } = this.#connection;
    const wrong = this.#request.add(chunk);
    if (wrong !== undefined) return this.#respond(wrong, nothing);
    if (this.#request.heldBytes !== this.#heldBytes) this.#hold(this.#request.heldBytes);
    if (this.#heldBytes === 0) return;
    if (shared.partialRequestBytes > shared.limits.maxPartialRequestBytes) {
      const message = "grpc: too many bytes of unfinished requests: send again later";
      return this.#respond({ code: grpcCodes.resourceExhausted, message }, nothing);
    }
    this.#receiveTimer ??= setTimeout(() => this.#requestTimedOut(), shared.limits.receiveTimeoutMs);
  }

  #requestTimedOut(): void {
    const message = `grpc: the request was not whole within ${this.#connection.shared.limits.receiveTimeoutMs} ms`;
    this.#respond({ code: grpcCodes.deadlineExceeded, message }, nothing);
  }

  #requestEnded(): void {
    if (this.#ended) return;
    clearTimeout(this.#receiveTimer);
    this.#hold(0);
    const message = this.#request.finish();
    if (message === undefined) {
      return this.#respond(
        { code: grpcCodes.internal, message: "grpc: the request ended before its message" },
        nothing,
      );
    }
    try {
      this.#method.handle(this, message, (status, response) => this.#respond(status, response ?? nothing));
    } catch (error) {
      this.#connection.shared.logger.error("a gRPC method failed", {
        path: this.path,
        error: error instanceof Error ? (error.stack ?? error.message) : String(error),
      });
      this.#respond({ code: grpcCodes.internal, message: "internal error" }, nothing);
    }
  }

  #respond(status: GrpcStatus, message: Uint8Array): void {
    if (this.#ended) return;
    this.#finish(status);
    const stream = this.#stream;
    if (stream.destroyed || stream.closed) return;
    if (status.code !== grpcCodes.ok) {
      endWithStatus(stream, status);
      if (!stream.readableEnded) discardRequest(stream);
      return;
    }
    const framed = frameMessage(message);
    this.#unsentBytes = framed.length;
    this.#connection.unsentBytes += framed.length;
    stream.respond(responseHeaders, { waitForTrailers: true });
    stream.on("wantTrailers", () => sendStatusTrailers(stream, okStatus));
    stream.end(framed);
  }

  #closed(): void {
    this.#connection.unsentBytes -= this.#unsentBytes;
    if (this.#ended) return;
    this.cancelled = true;
    this.#finish({ code: grpcCodes.canceled, message: "" });
  }

  #finish(status: GrpcStatus): void {
    this.#ended = true;
    clearTimeout(this.#deadlineTimer);
    clearTimeout(this.#receiveTimer);
    this.#hold(0);
    this.#connection.shared.observer(this.path, status.code);
  }

  #hold(bytes: number): void {
    this.#connection.shared.partialRequestBytes += bytes - this.#heldBytes;
    this.#heldBytes = bytes;
  }
}
