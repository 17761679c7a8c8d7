import type { Http2Connection } from "../http2/connection.ts";
import { errorCodes } from "../http2/protocol.ts";
import type { RequestHead } from "../http2/request-head.ts";
import { deafConsumer, type Http2Stream, type StreamConsumer } from "../http2/stream.ts";
import type { HttpHeaders, HttpStream, HttpStreamHandler, OpenHttpStream } from "../http-handler.ts";
import { discardRequest } from "./discard.ts";
import { httpResponseBlock } from "./http-head.ts";
import { KeptRequest } from "./kept-request.ts";
import { logFailure, type Shared } from "./shared.ts";

/** From here on a sender should wait. */
export const streamHighWaterBytes: number = 256 * 1024;

/** One exchange over HTTP/2 that is no gRPC, and goes on in both directions. */
export class Http2Exchange implements StreamConsumer, HttpStream {
  readonly isFramed = false;
  readonly #shared: Shared;
  readonly #connection: Http2Connection;
  readonly #stream: Http2Stream;
  readonly #head: RequestHead;
  readonly #kept: KeptRequest;
  /** Received while the handler pauses. */
  #inbox: Uint8Array[] = [];
  #handler: HttpStreamHandler | undefined;
  #requestEnded = false;
  #endTold = false;
  #isPaused = false;
  #isDelivering = false;
  #hasBegun = false;
  /** The handler was told to wait. */
  #mustTellDrain = false;
  #isOver = false;

  constructor(shared: Shared, connection: Http2Connection, stream: Http2Stream, head: RequestHead) {
    this.#shared = shared;
    this.#connection = connection;
    this.#stream = stream;
    this.#head = head;
    this.#kept = new KeptRequest(shared);
  }

  start(open: OpenHttpStream): StreamConsumer {
    this.#guarded(() => {
      this.#handler = open(this);
    });
    return this.#isOver ? this.#stream.consumer : this;
  }

  get unsentBytes(): number {
    return this.#stream.queuedBytes;
  }

  begin(status: number, contentType: string, headers?: HttpHeaders): void {
    if (this.#isOver || this.#hasBegun) return;
    this.#hasBegun = true;
    const block = httpResponseBlock(status, contentType, undefined, headers);
    this.#connection.sender.headers(this.#stream, block, false);
  }

  write(piece: Uint8Array): boolean {
    if (this.#isOver) return false;
    if (this.#head.method === "HEAD") return true;
    const { sender } = this.#connection;
    const { maxUnsentResponseBytes, maxUnsentTotalBytes } = this.#shared.limits;
    sender.data(this.#stream, piece);
    if (sender.unsentBytes > maxUnsentResponseBytes || this.#shared.unsentBytes > maxUnsentTotalBytes) {
      this.#shared.refusals.refused(this.#connection.remote, `HTTP/2: does not take the answer of ${this.#head.path}`);
      this.#cancel();
      return false;
    }
    this.#mustTellDrain = this.#stream.queuedBytes >= streamHighWaterBytes;
    return !this.#mustTellDrain;
  }

  end(): void {
    if (this.#isOver) return;
    this.#over();
    this.#connection.sender.end(this.#stream);
    discardRequest(this.#connection, this.#stream);
  }

  cut(): void {
    if (this.#isOver) return;
    this.#over();
    this.#stream.consumer = deafConsumer;
    this.#connection.reset(this.#stream, errorCodes.internalError);
  }

  keep(bytes: number): boolean {
    if (this.#isOver) return false;
    if (this.#kept.set(bytes)) return true;
    this.#refuse(503, "too many bytes of unfinished requests: send again later");
    return false;
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    this.#deliver();
  }

  data(bytes: Buffer, start: number, end: number, isLast: boolean): void {
    if (this.#isOver) return;
    if (end > start) this.#inbox.push(bytes.subarray(start, end));
    if (isLast) this.#requestEnded = true;
    this.#deliver();
  }

  ended(): void {
    this.#requestEnded = true;
    this.#deliver();
  }

  aborted(): void {
    if (this.#isOver) return;
    this.#over();
    this.#tellCancelled();
  }

  drained(): void {
    // Not otherwise: a handler that writes from inside would be called from inside what it does.
    if (this.#isOver || !this.#mustTellDrain) return;
    this.#mustTellDrain = false;
    this.#guarded(() => this.#handler?.onDrain?.());
  }

  sweep(now: number): void {
    if (!this.#isOver && !this.#isPaused && this.#kept.isOverdue(now)) {
      this.#refuse(408, "the request was not whole in time");
    }
  }

  #deliver(): void {
    // A handler that resumes from inside a piece must not get the next before it has returned.
    if (this.#isDelivering) return;
    this.#isDelivering = true;
    while (!this.#isOver && !this.#isPaused) {
      const piece = this.#inbox.shift();
      if (piece === undefined) break;
      this.#guarded(() => this.#handler?.onData(piece));
      this.#connection.consumed(this.#stream, piece.length);
    }
    this.#isDelivering = false;
    if (this.#isOver || this.#isPaused || !this.#requestEnded || this.#endTold) return;
    this.#endTold = true;
    this.#guarded(() => this.#handler?.onEnd());
  }

  /** Ends the exchange on the engine's behalf, with a status where that is still possible. */
  #refuse(status: number, text: string): void {
    if (this.#hasBegun) return this.#cancel();
    this.begin(status, "text/plain; charset=utf-8");
    this.write(Buffer.from(`${text}\n`));
    this.end();
    this.#tellCancelled();
  }

  #cancel(): void {
    this.cut();
    this.#tellCancelled();
  }

  #tellCancelled(): void {
    try {
      this.#handler?.onCancel();
    } catch (error) {
      logFailure(this.#shared, this.#head.path, error);
    }
  }

  #over(): void {
    this.#isOver = true;
    this.#inbox = [];
    this.#kept.set(0);
  }

  #guarded(run: () => void): void {
    try {
      run();
    } catch (error) {
      logFailure(this.#shared, this.#head.path, error);
      if (!this.#isOver) this.#refuse(500, "internal error");
    }
  }
}
