import type { Socket } from "node:net";
import { writeGoaway, writePing } from "./control-frames.ts";
import type { Output } from "./output.ts";
import { errorCodes, largestStreamId, type ErrorCode } from "./protocol.ts";
import type { StreamTable } from "./stream-table.ts";

/** How long a client may take to close after we have said goodbye, in ms. */
const lingerMs = 500;
/** How long the first goodbye waits for calls that are on their way, at most, in ms. */
const farewellMs = 300;
const farewellPing = Buffer.from("farewell", "latin1");

export interface ConnectionEnding {
  readonly socket: Socket;
  readonly output: Output;
  readonly streams: StreamTable;
  /** The client broke the protocol or a bound. */
  readonly onRefused: (reason: string) => void;
  /** Nothing is sent or received any more: streams that are open are to be aborted. Once. */
  readonly onOver: () => void;
}

/** How one connection ends: in peace, after its calls (RFC 9113 §6.8), by the client's mistake (§5.4.1), or with its socket. */
export class ConnectionEnd {
  readonly #parts: ConnectionEnding;
  #state: "open" | "draining" | "goodbye" | "over" = "open";
  #servedUpTo = largestStreamId;
  #timer: NodeJS.Timeout | undefined;

  constructor(parts: ConnectionEnding) {
    this.#parts = parts;
  }

  get isOver(): boolean {
    return this.#state === "over";
  }

  /** Streams above it are not served any more. */
  get servedUpTo(): number {
    return this.#servedUpTo;
  }

  /** Takes no new calls: the client is told so, and the connection closes once those under way have ended. */
  drain(): void {
    if (this.#state !== "open") return;
    this.#state = "draining";
    const { output } = this.#parts;
    // Twice, because calls may be on their way: first without a last stream, later with it (§6.8).
    writeGoaway(output, largestStreamId, errorCodes.noError, "");
    writePing(output, false, farewellPing);
    this.#timer = setTimeout(() => this.#sayGoodbye(), farewellMs);
  }

  /** The client has answered a ping. With the one of our farewell, all that it sent before it knew has come. */
  pingAnswered(opaque: Buffer): void {
    if (this.#state === "draining" && opaque.equals(farewellPing)) this.#sayGoodbye();
  }

  /** A stream has closed. */
  streamClosed(): void {
    if (this.#state === "goodbye" && this.#parts.streams.size === 0) this.#finish();
  }

  /** The client cannot be served any more: it is told why. */
  fail(code: ErrorCode, reason: string): void {
    if (this.isOver) return;
    const { output, streams, onRefused } = this.#parts;
    onRefused(reason);
    writeGoaway(output, streams.lastId, code, reason);
    this.#finish();
  }

  /** The socket is gone, or shall be, at once. */
  lost(): void {
    clearTimeout(this.#timer);
    this.#over();
    this.#parts.socket.destroy();
  }

  #sayGoodbye(): void {
    if (this.#state !== "draining") return;
    clearTimeout(this.#timer);
    this.#state = "goodbye";
    const { output, streams } = this.#parts;
    this.#servedUpTo = streams.lastId;
    writeGoaway(output, streams.lastId, errorCodes.noError, "");
    if (streams.size === 0) this.#finish();
  }

  /** What is written goes out, and the connection closes. */
  #finish(): void {
    if (this.isOver) return;
    const { output, socket } = this.#parts;
    output.flush();
    this.#over();
    socket.end();
    // A socket that is closed while bytes come in is reset, and the client may never see our last words.
    socket.resume();
    this.#timer = setTimeout(() => socket.destroy(), lingerMs);
  }

  #over(): void {
    if (this.isOver) return;
    clearTimeout(this.#timer);
    this.#state = "over";
    this.#parts.output.close();
    this.#parts.onOver();
  }
}
