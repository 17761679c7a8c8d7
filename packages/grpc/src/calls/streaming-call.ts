import type { MethodCounts } from "../call-counts.ts";
import type { Http2Connection } from "../http2/connection.ts";
import type { RequestHead } from "../http2/request-head.ts";
import { deafConsumer, type Http2Stream, type StreamConsumer } from "../http2/stream.ts";
import type { ResponseMetadata, StreamCall, StreamHandler, StreamingMethod } from "../service.ts";
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
import { decompress } from "./compression.ts";
import { discardRequest } from "./discard.ts";
import { MessageReader } from "./message-reader.ts";
import { PackedSending } from "./packed-sending.ts";
import { headersWith, trailersOf, trailersOnly } from "./response-blocks.ts";
import { logFailure, type Shared } from "./shared.ts";

/** What a piece of a request takes beside its bytes, about, while it waits. */
const pieceBytes = 200;
/** From here on a sender should wait. */
const highWaterBytes = 256 * 1024;

/** One call with many messages: as its handler sees it, and as the connection does. */
export class StreamingCall extends CallContext implements StreamCall, StreamConsumer {
  readonly #shared: Shared;
  readonly #method: StreamingMethod;
  readonly #counts: MethodCounts;
  readonly #begunAt: number;
  readonly #traced: ((code: GrpcStatus["code"]) => void) | undefined;
  readonly #reader: MessageReader;
  readonly #packed: PackedSending;
  #handler: StreamHandler | undefined;
  /** Received, not looked at yet. */
  #inbox: Uint8Array[] = [];
  #inboxBytes = 0;
  /** Bytes of the chunk that the reader has, to be given back when it is read. */
  #readingBytes = 0;
  #heldBytes = 0;
  #messages = 0;
  #responses = 0;
  #requestEnded = false;
  #endTold = false;
  #isPaused = false;
  #isUnpacking = false;
  #isDelivering = false;
  #headersSent = false;
  /** The handler was told to wait. */
  #mustTellDrain = false;
  #receivingSince = 0;
  #ended = false;

  constructor(
    shared: Shared,
    method: StreamingMethod,
    counts: MethodCounts,
    connection: Http2Connection,
    stream: Http2Stream,
    head: RequestHead,
  ) {
    super(method.path, connection, stream, head);
    this.#shared = shared;
    this.#method = method;
    this.#counts = counts;
    this.#begunAt = counts.begun();
    this.#traced = shared.tracer?.begun(this);
    this.#reader = new MessageReader(maxRequestBytesOf(method, shared));
    const isWanted = (): boolean => !stream.isClosed;
    const { sender } = connection;
    this.#packed = new PackedSending(
      head.encoding,
      isWanted,
      (change) => sender.packing(stream, change),
      (flag, message) => sender.message(stream, flag, message),
    );
  }

  /** Who takes in the request: this, unless it is refused at once. */
  start(): StreamConsumer {
    const refused = this.refusal(this.#shared);
    if (refused !== undefined) this.#finish(refused, undefined);
    else {
      this.arm(() => this.#cancel(deadlineExceeded));
      this.#guarded(() => {
        this.#handler = this.#method.open(this);
      });
    }
    return this.#ended ? this.stream.consumer : this;
  }

  get unsentBytes(): number {
    return this.stream.queuedBytes + this.#packed.waitingBytes;
  }

  sendHeaders(metadata?: ResponseMetadata): void {
    if (this.#ended || this.#headersSent) return;
    const block = headersWith(this.head.encoding === "gzip", metadata);
    this.#headersSent = true;
    this.connection.sender.headers(this.stream, block, false);
  }

  send(message: Uint8Array): boolean {
    if (this.#ended) return false;
    this.#responses++;
    if (this.#method.kind === "client-stream" && this.#responses > 1) {
      throw new RangeError(`${this.path} may answer with one message only`);
    }
    // Who takes what it is sent goes on hearing of it, however much others leave waiting: that leases live, that a watch goes on.
    if (message.length > smallResponseBytes || this.unsentBytes > 0) {
      const beyondBudget = message.length - (this.#method.unsentBudgetBytes ?? 0);
      const untaken = unsentRefusal(this.#shared, this.connection, beyondBudget);
      if (untaken !== undefined) return this.#cancel(untaken);
    }
    this.sendHeaders();
    this.#counts.gave(message.length);
    this.#packed.send(message);
    this.#mustTellDrain = this.unsentBytes >= highWaterBytes;
    return !this.#mustTellDrain;
  }

  end(status: GrpcStatus, trailers?: ResponseMetadata): void {
    if (!this.#ended) this.#finish(status, trailers);
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    this.#deliver();
  }

  data(bytes: Buffer, start: number, end: number, isLast: boolean): void {
    if (this.#ended) return;
    if (end > start) {
      const piece = bytes.subarray(start, end);
      // What must wait must not hold the whole chunk that it came in.
      const mustWait = this.#isPaused || this.#isUnpacking || this.#isDelivering;
      this.#inbox.push(mustWait ? Uint8Array.from(piece) : piece);
      this.#inboxBytes += end - start;
    }
    if (isLast) this.#requestEnded = true;
    this.#deliver();
  }

  ended(): void {
    this.#requestEnded = true;
    this.#deliver();
  }

  aborted(): void {
    if (this.#ended) return;
    this.#over(grpcCodes.canceled);
    this.#tellCancelled();
  }

  drained(): void {
    // Not otherwise: a handler that sends from inside would be called from inside what it does.
    if (this.#ended || !this.#mustTellDrain || this.#packed.waitingBytes > 0) return;
    this.#mustTellDrain = false;
    this.#guarded(() => this.#handler?.onDrain?.());
  }

  /** A message that has begun must be whole in time; between messages there may be as much time as the client likes. */
  sweep(now: number): void {
    if (this.#ended) return;
    const isWaiting = this.#reader.heldBytes > 0 || !this.#reader.isAtStart;
    const isOwed = this.#method.kind === "server-stream" && this.#messages === 0;
    if (this.#isPaused || this.#isUnpacking || !(isWaiting || isOwed)) {
      this.#receivingSince = 0;
      return;
    }
    const { receiveTimeoutMs } = this.#shared.limits;
    if (this.#receivingSince === 0) this.#receivingSince = now;
    else if (now - this.#receivingSince > receiveTimeoutMs) {
      const message = `grpc: the request was not whole within ${receiveTimeoutMs} ms`;
      this.#cancel({ code: grpcCodes.deadlineExceeded, message });
    }
  }

  #deliver(): void {
    // A handler that resumes from inside a message must not get the next before it has returned.
    if (this.#isDelivering) return;
    this.#isDelivering = true;
    while (!this.#ended && !this.#isPaused && !this.#isUnpacking && this.#step());
    this.#isDelivering = false;
    if (!this.#ended) this.#hold(this.#reader.heldBytes + this.#inboxBytes + pieceBytes * this.#inbox.length);
  }

  /** Reads one message or takes one chunk; false when there is nothing more to do. */
  #step(): boolean {
    const reader = this.#reader;
    const message = reader.next();
    if (reader.problem !== undefined) return this.#cancel(reader.problem);
    if (message !== undefined) {
      this.#receivingSince = 0;
      this.#took(message);
      return true;
    }
    if (this.#readingBytes > 0) this.connection.consumed(this.stream, this.#readingBytes);
    this.#readingBytes = 0;
    const chunk = this.#inbox.shift();
    if (chunk !== undefined) {
      reader.add(chunk);
      this.#readingBytes = chunk.length;
      this.#inboxBytes -= chunk.length;
      return true;
    }
    if (!this.#requestEnded || this.#endTold) return false;
    this.#endTold = true;
    const isCut = !reader.isAtStart || (this.#method.kind === "server-stream" && this.#messages === 0);
    if (isCut) {
      return this.#cancel({ code: grpcCodes.internal, message: "grpc: the request ended before its message" });
    }
    this.#guarded(() => this.#handler?.onEnd());
    return false;
  }

  #took(message: Uint8Array): void {
    this.#messages++;
    if (this.#method.kind === "server-stream" && this.#messages > 1) {
      const tooMany = "grpc: bytes follow the one message of a server-streaming request";
      this.#cancel({ code: grpcCodes.internal, message: tooMany });
      return;
    }
    if (!this.#reader.isCompressed) return this.#give(message);
    this.#isUnpacking = true;
    const maxBytes = maxRequestBytesOf(this.#method, this.#shared);
    const isWanted = (): boolean => !this.#ended;
    decompress(this.head.encoding, message, maxBytes, isWanted, (problem, plain) => {
      this.#isUnpacking = false;
      if (this.#ended) return;
      if (problem !== undefined) this.#cancel(problem);
      else {
        this.#give(plain);
        this.#deliver();
      }
    });
  }

  #give(message: Uint8Array): void {
    this.#counts.took(message.length);
    this.#guarded(() => this.#handler?.onMessage(message));
  }

  /** Ends the call on the engine's behalf. */
  #cancel(status: GrpcStatus): false {
    if (this.#ended) return false;
    this.#finish(status, undefined);
    this.#tellCancelled();
    return false;
  }

  #tellCancelled(): void {
    this.cancelled = true;
    try {
      this.#handler?.onCancel?.();
    } catch (error) {
      logFailure(this.#shared, this.path, error);
    }
  }

  #finish(status: GrpcStatus, trailers: ResponseMetadata | undefined): void {
    const { stream, connection } = this;
    const isMessageMissing =
      this.#method.kind === "client-stream" && status.code === grpcCodes.ok && this.#responses === 0;
    if (isMessageMissing) this.send(new Uint8Array(0));
    const isOk = status.code === grpcCodes.ok;
    if (isOk && !this.#headersSent) this.sendHeaders();
    const block = this.#headersSent
      ? trailersOf(isOk ? okStatus : status, trailers)
      : trailersOnly(status, 200, trailers);
    this.#over(status.code);
    if (!this.#headersSent) {
      connection.sender.headers(stream, block, true);
      return discardRequest(connection, stream);
    }
    // Nothing that still comes of the request is looked at, and nobody is told when the client goes away.
    stream.consumer = deafConsumer;
    this.#packed.afterwards(() => {
      connection.sender.end(stream, block);
      discardRequest(connection, stream);
    });
  }

  #over(code: GrpcStatus["code"]): void {
    this.#ended = true;
    this.disarm();
    this.#hold(0);
    this.#inbox = [];
    this.#inboxBytes = 0;
    this.#counts.ended(code, this.#begunAt);
    this.#traced?.(code);
  }

  #guarded(run: () => void): void {
    try {
      run();
    } catch (error) {
      logFailure(this.#shared, this.path, error);
      this.#cancel(internalError);
    }
  }

  #hold(bytes: number): void {
    if (bytes === this.#heldBytes) return;
    const { limits } = this.#shared;
    this.#shared.partialRequestBytes += bytes - this.#heldBytes;
    const grew = bytes > this.#heldBytes;
    this.#heldBytes = bytes;
    if (grew && this.#shared.partialRequestBytes > limits.maxPartialRequestBytes) this.#cancel(tooManyPartials);
  }
}
