import type { Socket } from "node:net";
import type { WebSocket } from "ws";
import { streamHighWaterBytes } from "../calls/http-stream.ts";
import { KeptRequest } from "../calls/kept-request.ts";
import { logFailure, type Shared } from "../calls/shared.ts";
import type { HttpRequestHead, HttpStream, HttpStreamHandler, OpenHttpStream, StreamEnding } from "../http-handler.ts";
import { UnfinishedFrames } from "./unfinished-frames.ts";
import { Unsent } from "./unsent.ts";

/** RFC 6455 §7.4.1. */
const closeCodes = { complete: 1000, unavailable: 1001, malformed: 1007, failed: 1011 } as const satisfies Record<
  StreamEnding,
  number
>;
/** An HTTP status as a close code: 4401, 4404. Codes from 4000 on are an application's own (RFC 6455 §7.4.2). */
const statusCodes = 4000;
/** The reason of a close, in bytes. */
const maxReasonBytes = 123;

const lineFeed = 10;
const endOfLine: Uint8Array = Uint8Array.of(lineFeed);
const nothing: Uint8Array = new Uint8Array(0);

/** One exchange over a websocket: messages are lines of the request, whatever their kind, and lines of the answer are text messages. */
export class WebSocketStream implements HttpStream {
  readonly isFramed = true;
  readonly #shared: Shared;
  readonly #socket: Socket;
  readonly #webSocket: WebSocket;
  readonly #head: HttpRequestHead;
  readonly #unsent: Unsent;
  /** What the handler keeps of a request that is not whole, and what has come of a message that is not. */
  readonly #kept: KeptRequest;
  readonly #incoming: KeptRequest;
  readonly #frames = new UnfinishedFrames();
  #handler: HttpStreamHandler | undefined;
  #status = 200;
  /** A part of a message was sent, and its end was not. */
  #isInMessage = false;
  #isPaused = false;
  #mustTellDrain = false;
  #isOver = false;
  #heardAt = performance.now();
  #pingedAt: number | undefined;

  constructor(shared: Shared, socket: Socket, webSocket: WebSocket, head: HttpRequestHead) {
    this.#shared = shared;
    this.#socket = socket;
    this.#webSocket = webSocket;
    this.#head = head;
    this.#unsent = new Unsent(shared, socket);
    this.#kept = new KeptRequest(shared);
    this.#incoming = new KeptRequest(shared);
  }

  start(open: OpenHttpStream): void {
    const [socket, webSocket] = [this.#socket, this.#webSocket];
    // Never in pieces: `binaryType` is as it was. `ws` answers pings, and cuts off who leaves more than 60 of the answers waiting.
    webSocket.on("message", (message) => this.#take(message as Buffer));
    // Behind the reader's own listener, which has found by then whatever is whole.
    socket.on("data", (piece: Buffer) => this.#received(piece));
    socket.on("drain", () => this.#drained());
    webSocket.on("error", (error) => this.#shared.refusals.refused(this.#head.remote, `WebSocket: ${error.message}`));
    webSocket.on("close", () => this.#closed());
    this.#guarded(() => {
      this.#handler = open(this);
    });
  }

  get unsentBytes(): number {
    return this.#unsent.bytes;
  }

  begin(status: number): void {
    this.#status = status;
  }

  write(piece: Uint8Array): boolean {
    if (this.#isOver) return false;
    let start = 0;
    for (let end = piece.indexOf(lineFeed); end >= 0; end = piece.indexOf(lineFeed, start)) {
      this.#send(piece.subarray(start, end), true);
      start = end + 1;
    }
    if (start < piece.length) this.#send(piece.subarray(start), false);
    if (!this.#count()) return false;
    this.#mustTellDrain = this.#unsent.bytes >= streamHighWaterBytes;
    return !this.#mustTellDrain;
  }

  end(ending: StreamEnding = "complete"): void {
    if (this.#isOver) return;
    if (this.#isInMessage) this.#send(nothing, true);
    const isRefused = this.#status >= 400 && ending !== "malformed";
    this.#close(isRefused ? statusCodes + this.#status : closeCodes[ending]);
  }

  cut(): void {
    if (!this.#isOver) this.#close(closeCodes.failed);
  }

  keep(bytes: number): boolean {
    if (this.#isOver) return false;
    if (this.#kept.set(bytes)) return true;
    this.#refuse(503, "too many bytes of unfinished requests: send again later");
    return false;
  }

  pause(): void {
    this.#isPaused = true;
    this.#webSocket.pause();
  }

  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#heardAt = performance.now();
    this.#webSocket.resume();
  }

  /** The server stops. */
  goAway(): void {
    if (this.#isOver) return;
    this.#close(closeCodes.unavailable, "the member stops");
    this.#tellCancelled();
  }

  /** Called about every second with `performance.now()`. */
  sweep(now: number): void {
    const { unsentBytes, limits } = this.#shared;
    const isStalled = this.#unsent.isStalled(now);
    // An answer that goes on may wait for its reader, unless others need the room.
    if (isStalled && (this.#isOver || unsentBytes > limits.maxUnsentTotalBytes / 2)) {
      this.#terminate("takes nothing of what it asked for");
    } else if (!this.#isOver && (this.#kept.isOverdue(now) || this.#incoming.isOverdue(now))) {
      this.#refuse(408, "the request was not whole in time");
    } else if (!this.#isOver && !this.#isPaused) this.#askWhetherItLives(now);
  }

  #askWhetherItLives(now: number): void {
    const { webSocketPingMs, keepAliveTimeoutMs } = this.#shared.limits;
    if (this.#pingedAt !== undefined) {
      if (now - this.#pingedAt > keepAliveTimeoutMs) this.#terminate("does not answer a ping");
    } else if (now - this.#heardAt > webSocketPingMs) {
      this.#pingedAt = now;
      this.#webSocket.ping();
    }
  }

  #received(piece: Uint8Array): void {
    this.#frames.add(piece);
    this.#heardAt = performance.now();
    this.#pingedAt = undefined;
    if (this.#isOver) return;
    if (this.#incoming.set(this.#frames.heldBytes)) return;
    this.#refuse(503, "too many bytes of unfinished requests: send again later");
  }

  #take(message: Uint8Array): void {
    // What has begun behind it has its own time to become whole.
    this.#incoming.set(0);
    for (const piece of [message, endOfLine]) {
      if (!this.#isOver) this.#guarded(() => this.#handler?.onData(piece));
    }
  }

  #send(part: Uint8Array, isLast: boolean): void {
    if (part.length === 0 && !this.#isInMessage) return;
    this.#isInMessage = !isLast;
    this.#webSocket.send(part, { binary: false, fin: isLast });
  }

  /** False: the client leaves too much waiting, and has been cut off. */
  #count(): boolean {
    if (this.#unsent.count()) return true;
    if (!this.#isOver) this.#terminate(`does not take the answer of ${this.#head.path}`);
    return false;
  }

  #drained(): void {
    this.#unsent.count();
    if (!this.#mustTellDrain || this.#isOver) return;
    this.#mustTellDrain = false;
    this.#guarded(() => this.#handler?.onDrain?.());
  }

  /** Ends the exchange on the engine's behalf, with a word for people. */
  #refuse(status: number, text: string): void {
    if (this.#isInMessage) this.#send(nothing, true);
    this.#close(statusCodes + status, text);
    this.#tellCancelled();
  }

  #terminate(why: string): void {
    this.#shared.refusals.refused(this.#head.remote, `WebSocket: ${why}`);
    const wasOver = this.#isOver;
    this.#over();
    this.#webSocket.terminate();
    if (!wasOver) this.#tellCancelled();
  }

  #close(code: number, reason = ""): void {
    this.#over();
    this.#webSocket.close(code, Buffer.from(reason).subarray(0, maxReasonBytes));
    // The other side's close has to be read.
    this.#webSocket.resume();
  }

  #closed(): void {
    this.#unsent.closed();
    if (this.#isOver) return;
    this.#over();
    this.#tellCancelled();
  }

  #over(): void {
    this.#isOver = true;
    this.#kept.set(0);
    this.#incoming.set(0);
  }

  #tellCancelled(): void {
    try {
      this.#handler?.onCancel();
    } catch (error) {
      logFailure(this.#shared, this.#head.path, error);
    }
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
