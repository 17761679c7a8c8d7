import type { MethodCounts } from "../call-counts.ts";
import type { Http2Connection } from "../http2/connection.ts";
import type { RequestHead } from "../http2/request-head.ts";
import { deafConsumer, type Http2Stream, type StreamConsumer } from "../http2/stream.ts";
import type { Respond, ResponseMetadata, UnaryMethod } from "../service.ts";
import { grpcCodes, okStatus, type GrpcStatus } from "../status.ts";
import {
  CallContext,
  deadlineExceeded,
  internalError,
  maxRequestBytesOf,
  smallResponseBytes,
  tooManyPartials,
  unsentRefusal,
} from "./call-base.ts";
import { decompress, isWorthCompressing } from "./compression.ts";
import { discardRequest } from "./discard.ts";
import { MessageReader, messagePrefixBytes } from "./message-reader.ts";
import { pack } from "./packing.ts";
import { gzipResponseHeaders, responseHeaders, trailersOf, trailersOnly } from "./response-blocks.ts";
import { logFailure, type Shared } from "./shared.ts";

const nothing = new Uint8Array(0);
const endedEarly: GrpcStatus = {
  code: grpcCodes.internal,
  message: "grpc: the request ended before its message",
};
const tooMany: GrpcStatus = {
  code: grpcCodes.internal,
  message: "grpc: bytes follow the one message of a unary request",
};

/** One unary call on a stream: from its headers to its trailers. */
export class UnaryCall implements StreamConsumer {
  readonly #shared: Shared;
  readonly #method: UnaryMethod;
  readonly #counts: MethodCounts;
  readonly #begunAt: number;
  readonly #traced: ((code: GrpcStatus["code"]) => void) | undefined;
  readonly #call: CallContext;
  /** Made for a request that does not come in one piece. */
  #reader: MessageReader | undefined;
  #message: Uint8Array | undefined;
  #heldBytes = 0;
  #receivingSince = 0;
  #isHandled = false;
  #isAbandoned = false;
  #ended = false;

  constructor(
    shared: Shared,
    method: UnaryMethod,
    counts: MethodCounts,
    connection: Http2Connection,
    stream: Http2Stream,
    head: RequestHead,
  ) {
    this.#shared = shared;
    this.#method = method;
    this.#counts = counts;
    this.#begunAt = counts.begun();
    this.#call = new CallContext(method.path, connection, stream, head);
    this.#traced = shared.tracer?.begun(this.#call);
  }

  /** Who takes in the request: this, unless it is refused at once. */
  start(): StreamConsumer {
    const refused = this.#call.refusal(this.#shared);
    if (refused === undefined) return this;
    const { stream } = this.#call;
    this.#answer(refused, nothing);
    return stream.consumer;
  }

  data(bytes: Buffer, start: number, end: number, isLast: boolean): void {
    if (isLast && this.#reader === undefined && isOnePlainMessage(bytes, start, end)) {
      const length = end - start - messagePrefixBytes;
      if (length <= maxRequestBytesOf(this.#method, this.#shared)) {
        return this.#handle(bytes.subarray(start + messagePrefixBytes, end));
      }
    }
    this.#gather(bytes, start, end);
    if (this.#ended) return;
    if (isLast) this.ended();
    else this.#call.connection.consumed(this.#call.stream, end - start);
  }

  ended(): void {
    if (this.#ended) return;
    const message = this.#message;
    this.#hold(0);
    if (message === undefined) return this.#answer(endedEarly, nothing);
    this.#message = undefined;
    if (this.#reader?.isCompressed !== true) return this.#handle(message);
    const maxBytes = maxRequestBytesOf(this.#method, this.#shared);
    const isWanted = (): boolean => !this.#ended;
    decompress(this.#call.head.encoding, message, maxBytes, isWanted, (problem, plain) => {
      if (this.#ended) return;
      if (problem !== undefined) this.#answer(problem, nothing);
      else this.#handle(plain);
    });
  }

  aborted(): void {
    this.#call.cancelled = true;
    if (this.#ended) return;
    this.#finish(grpcCodes.canceled);
    if (!this.#isHandled) return;
    this.#isAbandoned = true;
    this.#call.connection.abandoned++;
  }

  drained(): void {}

  /** The request must be whole in time. */
  sweep(now: number): void {
    if (this.#ended || this.#isHandled) return;
    if (this.#call.isOverdue(now)) return this.#deadlinePassed();
    const { receiveTimeoutMs } = this.#shared.limits;
    if (this.#receivingSince === 0) this.#receivingSince = now;
    else if (now - this.#receivingSince > receiveTimeoutMs) {
      const message = `grpc: the request was not whole within ${receiveTimeoutMs} ms`;
      this.#answer({ code: grpcCodes.deadlineExceeded, message }, nothing);
    }
  }

  #gather(bytes: Buffer, start: number, end: number): void {
    const reader = (this.#reader ??= new MessageReader(maxRequestBytesOf(this.#method, this.#shared)));
    reader.add(bytes.subarray(start, end));
    this.#message ??= reader.next();
    if (reader.problem !== undefined) return this.#answer(reader.problem, nothing);
    if (this.#message !== undefined && !reader.isAtStart) return this.#answer(tooMany, nothing);
    this.#hold(reader.heldBytes);
    const isTooMuch = this.#shared.partialRequestBytes > this.#shared.limits.maxPartialRequestBytes;
    if (isTooMuch && this.#heldBytes > 0) this.#answer(tooManyPartials, nothing);
  }

  #handle(message: Uint8Array): void {
    const call = this.#call;
    const respond: Respond = (status, response = nothing, trailers) => this.#answer(status, response, trailers);
    this.#isHandled = true;
    this.#counts.took(message.length);
    try {
      this.#method.handle(call, message, respond);
    } catch (error) {
      logFailure(this.#shared, call.path, error);
      this.#answer(internalError, nothing);
    }
    if (!this.#ended) call.arm(() => this.#deadlinePassed());
  }

  #deadlinePassed(): void {
    this.#call.cancelled = true;
    if (this.#ended) return;
    const { connection } = this.#call;
    const isPending = this.#isHandled;
    this.#answer(deadlineExceeded, nothing);
    // Its handler still works: the client may not start another in its place.
    if (!isPending) return;
    this.#isAbandoned = true;
    connection.abandoned++;
  }

  #answer(status: GrpcStatus, message: Uint8Array, trailers?: ResponseMetadata): void {
    if (this.#ended) return this.#answeredLate();
    const { connection, stream, head } = this.#call;
    const { sender } = connection;
    if (message.length > smallResponseBytes) {
      const untaken = unsentRefusal(this.#shared, connection, message.length);
      if (untaken !== undefined) return this.#answer(untaken, nothing);
    }
    // First, because metadata that cannot be sent makes it throw.
    const isOk = status.code === grpcCodes.ok;
    const block = isOk ? trailersOf(okStatus, trailers) : trailersOnly(status, 200, trailers);
    this.#finish(status.code);
    if (isOk) this.#counts.gave(message.length);
    if (!isOk) sender.headers(stream, block, true);
    else if (isWorthCompressing(head.encoding, message)) return this.#answerCompressed(message, block);
    else sender.response(stream, responseHeaders, message, block);
    discardRequest(connection, stream);
  }

  #answerCompressed(message: Uint8Array, trailers: Uint8Array): void {
    const { connection, stream } = this.#call;
    const isWanted = (): boolean => !stream.isClosed;
    pack(message, isWanted, (packed) => {
      if (!isWanted()) return;
      // Others may have been queued meanwhile.
      const untaken = unsentRefusal(this.#shared, connection, (packed ?? message).length);
      if (untaken !== undefined) connection.sender.headers(stream, trailersOnly(untaken, 200), true);
      else {
        connection.sender.headers(stream, gzipResponseHeaders, false);
        connection.sender.message(stream, packed === undefined ? 0 : 1, packed ?? message);
        connection.sender.end(stream, trailers);
      }
      discardRequest(connection, stream);
    });
  }

  #answeredLate(): void {
    if (!this.#isAbandoned) return;
    this.#isAbandoned = false;
    this.#call.connection.abandoned--;
  }

  #finish(code: GrpcStatus["code"]): void {
    this.#ended = true;
    this.#call.disarm();
    this.#hold(0);
    this.#message = undefined;
    if (this.#call.stream.consumer === this) this.#call.stream.consumer = deafConsumer;
    this.#counts.ended(code, this.#begunAt);
    this.#traced?.(code);
  }

  #hold(bytes: number): void {
    if (bytes === this.#heldBytes) return;
    this.#shared.partialRequestBytes += bytes - this.#heldBytes;
    this.#heldBytes = bytes;
  }
}

function isOnePlainMessage(bytes: Buffer, start: number, end: number): boolean {
  if (end - start < messagePrefixBytes || bytes[start] !== 0) return false;
  return bytes.readUInt32BE(start + 1) === end - start - messagePrefixBytes;
}
