import type { Socket } from "node:net";
import { HpackError } from "../hpack/header-decoder.ts";
import { AbuseGuard } from "./abuse-guard.ts";
import type { ConnectionOptions } from "./connection-options.ts";
import {
  writeGoaway,
  writePing,
  writeReset,
  writeSettings,
  writeSettingsAck,
  writeWindowUpdate,
} from "./control-frames.ts";
import { FrameReader, type FrameTaker } from "./frame-reader.ts";
import { checkControlFrame, paddingOf, protocolError } from "./frame-rules.ts";
import { HeaderBlock } from "./header-block.ts";
import { Liveness, type Condition } from "./liveness.ts";
import { Output } from "./output.ts";
import {
  clientPreface,
  ConnectionError,
  defaultWindowBytes,
  errorCodes,
  frameFlags,
  frameTypes,
  largestStreamId,
  settingIds,
  type ErrorCode,
} from "./protocol.ts";
import { ReceiveWindow } from "./receive-window.ts";
import { RequestDecoder } from "./request-decoder.ts";
import { Sender } from "./sender.ts";
import { readSettings, settingBytes } from "./settings.ts";
import { StreamTable } from "./stream-table.ts";
import { deafConsumer, Http2Stream } from "./stream.ts";

/** How much a client may send ahead: on one stream, and on all streams of a connection together, in bytes. */
const streamWindowBytes = 1024 * 1024;
const connectionWindowBytes = 8 * 1024 * 1024;
/** Beyond it we read no more from a client that does not read. */
const maxWaitingBytes = 2 * 1024 * 1024;
/** Window updates below this are a way to make us work for nothing. */
const smallUpdateBytes = 256;
/** How long a client may take to close after we have said goodbye, in ms. */
const lingerMs = 500;
/** How long the first goodbye waits for calls that are on their way, at most, in ms. */
const farewellMs = 300;
const farewellPing = Buffer.from("farewell", "latin1");
const keepAlivePing = Buffer.from("alive?\0\0", "latin1");

/** One HTTP/2 connection, from the client's preface on: frames, streams, windows, and what a client may not do. */
export class Http2Connection implements FrameTaker {
  readonly remote: string;
  readonly output: Output;
  readonly sender: Sender;
  /** Calls that their client has reset while their handlers still work: they count as streams that are open. */
  abandoned = 0;
  readonly #options: ConnectionOptions;
  readonly #socket: Socket;
  readonly #reader = new FrameReader(this);
  readonly #decoder: RequestDecoder;
  readonly #block: HeaderBlock;
  readonly #streams = new StreamTable();
  readonly #guard: AbuseGuard;
  readonly #liveness: Liveness;
  readonly #window = new ReceiveWindow(connectionWindowBytes);
  #prefaceSeen = 0;
  #hasSettings = false;
  #state: "open" | "draining" | "goodbye" | "over" = "open";
  /** Streams above it are not served any more. */
  #servedUpTo = largestStreamId;
  #isPaused = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    const { socket, remote, limits, total } = options;
    this.remote = remote;
    this.#socket = socket;
    this.#decoder = new RequestDecoder(limits.maxHeaderBytes);
    this.#block = new HeaderBlock(4 * limits.maxHeaderBytes);
    this.#guard = new AbuseGuard(limits.keepAliveMinMs);
    this.#liveness = new Liveness(limits);
    this.output = new Output(socket);
    const onResponse = (): void => this.#guard.responded();
    this.sender = new Sender(this.output, { onResponse, onLocalEnd: (stream) => this.#ended(stream) }, total);
    socket.on("data", (chunk: Buffer) => this.receive(chunk));
    socket.on("drain", () => this.#drained());
    socket.on("error", () => {});
    socket.on("end", () => this.#lost());
    socket.on("close", () => this.#lost());
    this.#greet();
  }

  get isOver(): boolean {
    return this.#state === "over";
  }

  /** Takes bytes of the socket. */
  receive(chunk: Buffer): void {
    if (this.isOver) return;
    this.output.cork();
    try {
      const rest = this.#hasPreface ? chunk : this.#takePreface(chunk);
      if (rest.length > 0) this.#reader.add(rest);
    } catch (error) {
      if (error instanceof ConnectionError) this.#fail(error.code, error.message);
      else if (error instanceof HpackError) this.#fail(errorCodes.compressionError, error.message);
      else {
        // Ours, not the client's; it may cost this connection, and no other.
        this.#options.onBroken(error);
        this.#fail(errorCodes.internalError, "internal error");
      }
    } finally {
      this.output.uncork();
    }
    this.#liveness.received(this.#isIncomplete);
    if (this.output.waitingBytes > maxWaitingBytes) this.#pause();
  }

  takeFrame(type: number, flags: number, id: number, bytes: Buffer, start: number, end: number): void {
    if (this.#block.streamId !== 0 && (type !== frameTypes.continuation || id !== this.#block.streamId)) {
      throw protocolError("a frame comes between the pieces of a header block");
    }
    if (!this.#hasSettings && (type !== frameTypes.settings || (flags & frameFlags.ack) !== 0)) {
      throw protocolError("the first frame must be SETTINGS");
    }
    // The usual ones first.
    if (type === frameTypes.data) return this.#data(flags, id, bytes, start, end);
    if (type === frameTypes.headers) return this.#headers(flags, id, bytes, start, end);
    checkControlFrame(type, id, end - start);
    switch (type) {
      case frameTypes.priority:
        if (end - start !== 5) return this.#wrongPriority(id);
        return this.#guard.nuisance("PRIORITY");
      case frameTypes.rstStream:
        return this.#rstStream(id);
      case frameTypes.settings:
        return this.#settings(flags, bytes, start, end);
      case frameTypes.pushPromise:
        throw protocolError("a client cannot push");
      case frameTypes.ping:
        return this.#ping(flags, bytes.subarray(start, end));
      case frameTypes.goaway:
        // The client opens no more streams; it closes when those that are open have ended.
        return this.#guard.nuisance("GOAWAY");
      case frameTypes.windowUpdate:
        return this.#windowUpdate(id, bytes.readUInt32BE(start) & 0x7fffffff);
      case frameTypes.continuation:
        if (this.#block.streamId === 0) throw protocolError("CONTINUATION without HEADERS");
        this.#block.continue(bytes.subarray(start, end));
        if ((flags & frameFlags.endHeaders) !== 0) this.#blockEnded(id);
        return;
      default:
        // Extensions are ignored (RFC 9113 §5.5).
        return this.#guard.nuisance("unknown frames");
    }
  }

  /** Gives bytes of a stream back to its window, once they are no burden any more. */
  consumed(stream: Http2Stream, bytes: number): void {
    if (stream.remoteEnded || stream.isClosed) return;
    stream.unreturned += bytes;
    if (stream.unreturned < streamWindowBytes / 2) return;
    stream.receiveWindow += stream.unreturned;
    writeWindowUpdate(this.output, stream.id, stream.unreturned);
    stream.unreturned = 0;
  }

  /** Ends a stream at once. Its consumer is not told: it asked for it. */
  reset(stream: Http2Stream, code: ErrorCode): void {
    if (stream.isClosed) return;
    this.#sendReset(stream.id, code);
    this.#close(stream);
  }

  /** Takes no new calls: the client is told so, and the connection closes once those under way have ended. */
  drain(): void {
    if (this.#state !== "open") return;
    this.#state = "draining";
    // Twice, because calls may be on their way: first without a last stream, later with it (RFC 9113 §6.8).
    writeGoaway(this.output, largestStreamId, errorCodes.noError, "");
    writePing(this.output, false, farewellPing);
    this.#timer = setTimeout(() => this.#sayGoodbye(), farewellMs);
  }

  destroy(): void {
    this.#lost();
  }

  /** Called about every second with `performance.now()`: ends what takes too long, and lets bounds recover. */
  sweep(now: number, sinceLastMs: number): void {
    if (this.isOver) return;
    this.#guard.passed(sinceLastMs);
    switch (this.#liveness.look(now, this.#condition)) {
      case "no-settings":
        return this.#fail(errorCodes.settingsTimeout, "no SETTINGS in time");
      case "incomplete":
        return this.#fail(errorCodes.enhanceYourCalm, "a frame was not whole in time");
      case "stalled":
        this.#options.onRefused(this.remote, "HTTP/2: takes nothing of what it asked for");
        return this.#lost();
      case "silent":
        return this.#lost();
      case "ask":
        writePing(this.output, false, keepAlivePing);
        break;
      case "well":
        break;
    }
    const { sendStallTimeoutMs } = this.#options.limits;
    for (const stream of this.#streams.values()) {
      stream.consumer.sweep(now);
      this.#sweepStalled(stream, now, sendStallTimeoutMs);
    }
  }

  get #isIncomplete(): boolean {
    return this.#reader.isWaiting || this.#block.streamId !== 0;
  }

  get #condition(): Condition {
    const { writableLength: writableBytes } = this.#socket;
    return { hasSettings: this.#hasSettings, isIncomplete: this.#isIncomplete, writableBytes };
  }

  get #hasPreface(): boolean {
    return this.#prefaceSeen === clientPreface.length;
  }

  #takePreface(chunk: Buffer): Buffer {
    const length = Math.min(chunk.length, clientPreface.length - this.#prefaceSeen);
    const expected = clientPreface.subarray(this.#prefaceSeen, this.#prefaceSeen + length);
    if (chunk.compare(expected, 0, length, 0, length) !== 0) throw protocolError("this is no HTTP/2 preface");
    this.#prefaceSeen += length;
    return chunk.subarray(length);
  }

  #greet(): void {
    const { maxConcurrentStreams, maxHeaderBytes } = this.#options.limits;
    writeSettings(this.output, [
      [settingIds.maxConcurrentStreams, maxConcurrentStreams],
      [settingIds.initialWindowSize, streamWindowBytes],
      [settingIds.maxHeaderListSize, maxHeaderBytes],
    ]);
    writeWindowUpdate(this.output, 0, connectionWindowBytes - defaultWindowBytes);
  }

  #data(flags: number, id: number, bytes: Buffer, start: number, end: number): void {
    if (id === 0) throw protocolError("DATA on stream 0");
    // The whole frame counts, padding included (RFC 9113 §6.9.1), and on whichever stream.
    const length = end - start;
    const returned = this.#window.take(length);
    if (returned > 0) writeWindowUpdate(this.output, 0, returned);
    const stream = this.#streams.get(id);
    if (stream === undefined) return this.#late(id, "DATA");
    if (stream.remoteEnded) return this.#streamError(id, errorCodes.streamClosed);
    stream.receiveWindow -= length;
    if (stream.receiveWindow < 0) return this.#streamError(id, errorCodes.flowControlError);
    const padding = paddingOf(flags, bytes, start, end);
    const from = (flags & frameFlags.padded) === 0 ? start : start + 1;
    const to = end - padding;
    if (to < from) throw protocolError("more padding than frame");
    if (to - from < length) this.consumed(stream, length - (to - from));
    const isLast = (flags & frameFlags.endStream) !== 0;
    if (to === from && !isLast) this.#guard.nuisance("empty DATA");
    if (stream.expectedBytes >= 0) {
      stream.expectedBytes -= to - from;
      if (stream.expectedBytes < 0 || (isLast && stream.expectedBytes > 0)) {
        return this.#streamError(id, errorCodes.protocolError);
      }
    }
    if (isLast) stream.remoteEnded = true;
    stream.consumer.data(bytes, from, to, isLast);
    if (isLast && stream.localEnded) this.#close(stream);
  }

  #headers(flags: number, id: number, bytes: Buffer, start: number, end: number): void {
    if (id === 0) throw protocolError("HEADERS on stream 0");
    const to = end - paddingOf(flags, bytes, start, end);
    let from = (flags & frameFlags.padded) === 0 ? start : start + 1;
    // A priority is skipped: RFC 9113 §5.3.2.
    if ((flags & frameFlags.priority) !== 0) {
      from += 5;
      if (from > end) throw new ConnectionError(errorCodes.frameSizeError, "a frame too short for its priority");
    }
    if (to < from) throw protocolError("more padding than frame");
    const endsStream = (flags & frameFlags.endStream) !== 0;
    if ((flags & frameFlags.endHeaders) !== 0) return this.#headerBlock(id, endsStream, bytes, from, to);
    this.#block.begin(id, endsStream, bytes.subarray(from, to));
  }

  #blockEnded(id: number): void {
    const { endsStream } = this.#block;
    const block = this.#block.finish();
    this.#headerBlock(id, endsStream, block, 0, block.length);
  }

  #headerBlock(id: number, endsStream: boolean, bytes: Buffer, start: number, end: number): void {
    if (id > this.#streams.lastId) return this.#newStream(id, endsStream, bytes, start, end);
    const areWell = this.#decoder.trailers(bytes, start, end);
    const stream = this.#streams.get(id);
    if (stream === undefined) {
      if (!this.#streams.isRecentlyReset(id)) throw this.#streams.wrongHeaders(id);
      return this.#guard.nuisance("late HEADERS");
    }
    if (stream.remoteEnded) return this.#streamError(id, errorCodes.streamClosed);
    if (!areWell || !endsStream || stream.expectedBytes > 0) return this.#streamError(id, errorCodes.protocolError);
    stream.remoteEnded = true;
    stream.consumer.ended();
    if (stream.localEnded) this.#close(stream);
  }

  #newStream(id: number, endsStream: boolean, bytes: Buffer, start: number, end: number): void {
    const head = this.#decoder.head(bytes, start, end);
    if (id > this.#servedUpTo) return;
    this.#streams.used(id);
    if (this.#streams.size + this.abandoned >= this.#options.limits.maxConcurrentStreams) {
      this.#guard.nuisance("calls beyond the limit");
      return this.#sendReset(id, errorCodes.refusedStream);
    }
    this.#guard.called();
    if (head === "malformed") return this.#sendReset(id, errorCodes.protocolError);
    const stream = new Http2Stream(id, deafConsumer, this.sender.initialWindow, streamWindowBytes);
    this.#streams.add(stream);
    stream.remoteEnded = endsStream;
    if (head === "too-large") return this.#options.requests.tooLarge(this, stream);
    stream.expectedBytes = head.contentLength;
    if (endsStream && head.contentLength > 0) return this.#streamError(id, errorCodes.protocolError);
    stream.consumer = this.#options.requests.request(this, stream, head);
    if (endsStream) stream.consumer.ended();
  }

  #rstStream(id: number): void {
    this.#streams.checkNotIdle(id, "RST_STREAM");
    const stream = this.#streams.get(id);
    if (stream === undefined) return this.#guard.nuisance("late RST_STREAM");
    this.#countReset();
    this.#abort(stream);
  }

  #settings(flags: number, bytes: Buffer, start: number, end: number): void {
    if ((flags & frameFlags.ack) !== 0) {
      if (end > start)
        throw new ConnectionError(errorCodes.frameSizeError, "a SETTINGS acknowledgement has no payload");
      return this.#guard.nuisance("SETTINGS acknowledgements");
    }
    if ((end - start) % settingBytes !== 0) {
      throw new ConnectionError(errorCodes.frameSizeError, "a SETTINGS payload must be a multiple of 6 bytes");
    }
    // Each may concern every stream.
    this.#guard.nuisance("SETTINGS", 10);
    this.#hasSettings = true;
    const { headerTableBytes, initialWindowBytes } = readSettings(bytes, start, end);
    if (headerTableBytes !== undefined) this.sender.tableResized();
    if (initialWindowBytes !== undefined) this.sender.setInitialWindow(initialWindowBytes, this.#streams.values());
    writeSettingsAck(this.output);
  }

  #ping(flags: number, opaque: Buffer): void {
    if ((flags & frameFlags.ack) === 0) {
      this.#guard.pinged();
      return writePing(this.output, true, opaque);
    }
    if (this.#state === "draining" && opaque.equals(farewellPing)) this.#sayGoodbye();
    this.#guard.nuisance("PING acknowledgements");
  }

  #windowUpdate(id: number, increment: number): void {
    this.#streams.checkNotIdle(id, "WINDOW_UPDATE");
    if (increment < smallUpdateBytes) this.#guard.nuisance("small WINDOW_UPDATEs");
    if (id === 0) {
      if (increment === 0) throw protocolError("a WINDOW_UPDATE of 0");
      return this.sender.widen(increment);
    }
    if (increment === 0) return this.#streamError(id, errorCodes.protocolError);
    const stream = this.#streams.get(id);
    if (stream !== undefined && !this.sender.widenStream(stream, increment)) {
      this.#streamError(id, errorCodes.flowControlError);
    }
  }

  /** An error of the stream; one that is idle cannot be reset. */
  #wrongPriority(id: number): void {
    if (id <= this.#streams.lastId) return this.#streamError(id, errorCodes.frameSizeError);
    throw new ConnectionError(errorCodes.frameSizeError, "a PRIORITY must have 5 bytes");
  }

  /** A frame on a stream that is not open any more, or never was. */
  #late(id: number, what: string): void {
    if (id > this.#servedUpTo) return;
    this.#streams.checkNotIdle(id, what);
    this.#guard.nuisance(`late ${what}`);
    if (!this.#streams.isRecentlyReset(id)) this.#sendReset(id, errorCodes.streamClosed);
  }

  /** The client has broken a rule that concerns one stream: §5.4.2. */
  #streamError(id: number, code: ErrorCode): void {
    this.#streams.checkNotIdle(id, "a frame");
    this.#sendReset(id, code);
    const stream = this.#streams.get(id);
    if (stream !== undefined) this.#abort(stream);
  }

  #sendReset(id: number, code: ErrorCode): void {
    writeReset(this.output, id, code);
    this.#streams.wasReset(id);
    if (code !== errorCodes.noError) this.#countReset();
  }

  #countReset(): void {
    if (!this.#guard.reset()) this.#fail(errorCodes.enhanceYourCalm, "too many streams end by a reset");
  }

  /** END_STREAM has been sent on it. */
  #ended(stream: Http2Stream): void {
    if (stream.remoteEnded) this.#close(stream);
  }

  #close(stream: Http2Stream): void {
    if (stream.isClosed) return;
    stream.isClosed = true;
    if (stream.queuedBytes > 0) this.sender.forget(stream);
    this.#streams.delete(stream.id);
    if (this.#state === "goodbye" && this.#streams.size === 0) this.#finish();
  }

  #abort(stream: Http2Stream): void {
    const { consumer } = stream;
    this.#close(stream);
    consumer.aborted();
  }

  #sayGoodbye(): void {
    if (this.#state !== "draining") return;
    clearTimeout(this.#timer);
    this.#state = "goodbye";
    this.#servedUpTo = this.#streams.lastId;
    writeGoaway(this.output, this.#streams.lastId, errorCodes.noError, "");
    if (this.#streams.size === 0) this.#finish();
  }

  #fail(code: ErrorCode, reason: string): void {
    if (this.isOver) return;
    this.#options.onRefused(this.remote, `HTTP/2: ${reason}`);
    writeGoaway(this.output, this.#streams.lastId, code, reason);
    this.#finish();
  }

  /** What is written goes out, and the connection closes. */
  #finish(): void {
    if (this.isOver) return;
    this.output.flush();
    this.#over();
    this.#socket.end();
    // A socket that is closed while bytes come in is reset, and the client may never see our last words.
    this.#socket.resume();
    this.#timer = setTimeout(() => this.#socket.destroy(), lingerMs);
  }

  #lost(): void {
    clearTimeout(this.#timer);
    this.#over();
    this.#socket.destroy();
  }

  #over(): void {
    if (this.isOver) return;
    clearTimeout(this.#timer);
    this.#state = "over";
    this.output.close();
    const streams = [...this.#streams.values()];
    for (const stream of streams) this.#abort(stream);
    this.#options.onClosed(this);
  }

  #pause(): void {
    if (this.#isPaused) return;
    this.#isPaused = true;
    this.#socket.pause();
  }

  #drained(): void {
    this.output.drained();
    if (this.isOver) return;
    this.output.cork();
    this.sender.pump();
    this.output.uncork();
    if (!this.#isPaused || this.output.waitingBytes > maxWaitingBytes) return;
    this.#isPaused = false;
    this.#socket.resume();
  }

  /** A response that is complete on our side and cannot leave for want of a window is given up. */
  #sweepStalled(stream: Http2Stream, now: number, timeoutMs: number): void {
    if (!stream.endsAfterQueue || stream.queuedBytes === 0) return;
    if (stream.stalledSince === 0) stream.stalledSince = now;
    else if (now - stream.stalledSince > timeoutMs) this.#streamError(stream.id, errorCodes.enhanceYourCalm);
  }
}
