import type { Socket } from "node:net";
import type { ServerLimits } from "../limits.ts";
import { HeaderDecoder, HpackError } from "../hpack/header-decoder.ts";
import type { HeaderField } from "../hpack/header-field.ts";
import { FrameReader, type FrameTaker } from "./frame-reader.ts";
import { HeaderBlock } from "./header-block.ts";
import { HeadCache } from "./head-cache.ts";
import { Output } from "./output.ts";
import { PingPolicy } from "./ping-policy.ts";
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
import { RecentIds } from "./recent-ids.ts";
import { areTrailersMalformed, readRequestHead, type RequestHead } from "./request-head.ts";
import { Sender, type QueuedTotal } from "./sender.ts";
import { SkippedIds } from "./skipped-ids.ts";
import { readSettings, settingBytes } from "./settings.ts";
import { deafConsumer, Http2Stream, type StreamConsumer } from "./stream.ts";
import { TokenBucket } from "./token-bucket.ts";

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

/** Begins to serve a request. `isWhole`: it has no body. */
export interface RequestTaker {
  request(connection: Http2Connection, stream: Http2Stream, head: RequestHead, isWhole: boolean): StreamConsumer;
  /** The header block is larger than allowed: answers that. */
  tooLarge(connection: Http2Connection, stream: Http2Stream): void;
}

export interface ConnectionOptions {
  readonly socket: Socket;
  readonly remote: string;
  readonly limits: ServerLimits;
  readonly requests: RequestTaker;
  readonly total: QueuedTotal;
  /** The client broke the protocol or a bound. */
  readonly onRefused: (remote: string, reason: string) => void;
  /** Our own code failed. */
  readonly onBroken: (error: unknown) => void;
  readonly onClosed: (connection: Http2Connection) => void;
}

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
  readonly #decoder: HeaderDecoder;
  readonly #block: HeaderBlock;
  readonly #heads = new HeadCache();
  readonly #streams = new Map<number, Http2Stream>();
  readonly #resetIds = new RecentIds();
  readonly #skipped = new SkippedIds();
  readonly #pings: PingPolicy;
  /** Frames that make work and carry nothing: SETTINGS, PRIORITY, unknown, empty, late. */
  readonly #nuisances = new TokenBucket(2000, 100);
  /** Streams that end by a reset, whoever sends it. */
  readonly #resets = new TokenBucket(4096, 500);
  #prefaceSeen = 0;
  #hasSettings = false;
  #lastStreamId = 0;
  #receiveWindow = connectionWindowBytes;
  #unreturned = 0;
  #state: "open" | "draining" | "goodbye" | "over" = "open";
  /** Streams above it are not served any more. */
  #servedUpTo = largestStreamId;
  #isPaused = false;
  #openedAt = performance.now();
  /** Since when a frame or a header block is incomplete; 0: none is. */
  #waitingSince = 0;
  #lastReceivedAt = performance.now();
  #askedAt = 0;
  #writable = 0;
  #writableSince = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    const { socket, remote, limits, total } = options;
    this.remote = remote;
    this.#socket = socket;
    this.#decoder = new HeaderDecoder(limits.maxHeaderBytes);
    this.#block = new HeaderBlock(4 * limits.maxHeaderBytes);
    this.#pings = new PingPolicy(limits.keepAliveMinMs);
    this.output = new Output(socket);
    const onResponse = (): void => this.#pings.responded();
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
    this.#lastReceivedAt = 0;
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
    if (!this.#reader.isWaiting && this.#block.streamId === 0) this.#waitingSince = 0;
    if (this.output.waitingBytes > maxWaitingBytes) this.#pause();
  }

  takeFrame(type: number, flags: number, id: number, bytes: Buffer, start: number, end: number): void {
    if (this.#block.streamId !== 0 && (type !== frameTypes.continuation || id !== this.#block.streamId)) {
      throw protocolError("a frame comes between the pieces of a header block");
    }
    if (!this.#hasSettings && (type !== frameTypes.settings || (flags & frameFlags.ack) !== 0)) {
      throw protocolError("the first frame must be SETTINGS");
    }
    switch (type) {
      case frameTypes.data:
        return this.#data(flags, id, bytes, start, end);
      case frameTypes.headers:
        return this.#headers(flags, id, bytes, start, end);
      case frameTypes.priority:
        if (id === 0) throw protocolError("PRIORITY on stream 0");
        if (end - start !== 5) return this.#wrongPriority(id);
        return this.#nuisance(1, "PRIORITY");
      case frameTypes.rstStream:
        return this.#rstStream(id, start, end);
      case frameTypes.settings:
        return this.#settings(flags, id, bytes, start, end);
      case frameTypes.pushPromise:
        throw protocolError("a client cannot push");
      case frameTypes.ping:
        return this.#ping(flags, id, bytes, start, end);
      case frameTypes.goaway:
        if (id !== 0) throw protocolError("GOAWAY on a stream");
        if (end - start < 8) throw new ConnectionError(errorCodes.frameSizeError, "a GOAWAY of less than 8 bytes");
        // The client opens no more streams; it closes when those that are open have ended.
        return this.#nuisance(1, "GOAWAY");
      case frameTypes.windowUpdate:
        return this.#windowUpdate(id, bytes, start, end);
      case frameTypes.continuation:
        if (this.#block.streamId === 0) throw protocolError("CONTINUATION without HEADERS");
        this.#block.continue(bytes.subarray(start, end));
        if ((flags & frameFlags.endHeaders) !== 0) this.#blockEnded(id);
        return;
      default:
        // Extensions are ignored (RFC 9113 §5.5).
        return this.#nuisance(1, "unknown frames");
    }
  }

  /** Gives bytes of a stream back to its window, once they are no burden any more. */
  consumed(stream: Http2Stream, bytes: number): void {
    if (stream.remoteEnded || stream.isClosed) return;
    stream.unreturned += bytes;
    if (stream.unreturned < streamWindowBytes / 2) return;
    stream.receiveWindow += stream.unreturned;
    this.#sendWindowUpdate(stream.id, stream.unreturned);
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
    this.#sendGoaway(largestStreamId, errorCodes.noError, "");
    this.output.frame(8, frameTypes.ping, 0, 0);
    this.output.bytes(farewellPing);
    this.#timer = setTimeout(() => this.#sayGoodbye(), farewellMs);
  }

  destroy(): void {
    this.#lost();
  }

  /** Called about every second with `performance.now()`: ends what takes too long, and lets bounds recover. */
  sweep(now: number, sinceLastMs: number): void {
    if (this.isOver) return;
    const { receiveTimeoutMs, keepAliveIntervalMs, keepAliveTimeoutMs, sendStallTimeoutMs } = this.#options.limits;
    this.#nuisances.passed(sinceLastMs);
    this.#resets.passed(sinceLastMs);
    if (!this.#hasSettings) {
      if (now - this.#openedAt > receiveTimeoutMs) this.#fail(errorCodes.settingsTimeout, "no SETTINGS in time");
      return;
    }
    if (this.#reader.isWaiting || this.#block.streamId !== 0) {
      if (this.#waitingSince === 0) this.#waitingSince = now;
      if (now - this.#waitingSince > receiveTimeoutMs) {
        return this.#fail(errorCodes.enhanceYourCalm, "a frame was not whole in time");
      }
    }
    if (this.#isStalled(now, sendStallTimeoutMs)) {
      this.#options.onRefused(this.remote, "HTTP/2: takes nothing of what it asked for");
      return this.#lost();
    }
    if (this.#lastReceivedAt === 0) {
      this.#lastReceivedAt = now;
      this.#askedAt = 0;
    } else if (this.#askedAt !== 0) {
      if (now - this.#askedAt > keepAliveTimeoutMs) return this.#lost();
    } else if (now - this.#lastReceivedAt > keepAliveIntervalMs) {
      this.#askedAt = now;
      this.output.frame(8, frameTypes.ping, 0, 0);
      this.output.bytes(keepAlivePing);
    }
    for (const stream of this.#streams.values()) {
      stream.consumer.sweep(now);
      this.#sweepStalled(stream, now, sendStallTimeoutMs);
    }
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
    const settings = [
      [settingIds.maxConcurrentStreams, maxConcurrentStreams],
      [settingIds.initialWindowSize, streamWindowBytes],
      [settingIds.maxHeaderListSize, maxHeaderBytes],
    ] as const;
    this.output.frame(settings.length * settingBytes, frameTypes.settings, 0, 0);
    for (const [id, value] of settings) {
      this.output.uint8(0);
      this.output.uint8(id);
      this.output.uint32(value);
    }
    this.#sendWindowUpdate(0, connectionWindowBytes - defaultWindowBytes);
  }

  #data(flags: number, id: number, bytes: Buffer, start: number, end: number): void {
    if (id === 0) throw protocolError("DATA on stream 0");
    // The whole frame counts, padding included (RFC 9113 §6.9.1), and on whichever stream.
    const length = end - start;
    this.#receiveWindow -= length;
    if (this.#receiveWindow < 0) {
      throw new ConnectionError(errorCodes.flowControlError, "more DATA than the connection's window allows");
    }
    this.#unreturned += length;
    if (this.#unreturned >= connectionWindowBytes / 2) {
      this.#sendWindowUpdate(0, this.#unreturned);
      this.#receiveWindow += this.#unreturned;
      this.#unreturned = 0;
    }
    const stream = this.#streams.get(id);
    if (stream === undefined) return this.#late(id, "DATA");
    if (stream.remoteEnded) return this.#streamError(id, errorCodes.streamClosed);
    stream.receiveWindow -= length;
    if (stream.receiveWindow < 0) return this.#streamError(id, errorCodes.flowControlError);
    let from = start;
    let to = end;
    if ((flags & frameFlags.padded) !== 0) {
      from++;
      if (from > end) throw new ConnectionError(errorCodes.frameSizeError, "a padded frame without a pad length");
      to = end - (bytes[start] as number);
      if (to < from) throw protocolError("more padding than frame");
      this.consumed(stream, length - (to - from));
    }
    const isLast = (flags & frameFlags.endStream) !== 0;
    if (to === from && !isLast) this.#nuisance(1, "empty DATA");
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
    let from = start;
    let to = end;
    if ((flags & frameFlags.padded) !== 0) {
      if (from === end) throw new ConnectionError(errorCodes.frameSizeError, "a padded frame without a pad length");
      to = end - (bytes[from++] as number);
    }
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
    if (id > this.#lastStreamId) return this.#newStream(id, endsStream, bytes, start, end);
    // Whatever becomes of them, later blocks may refer to these fields.
    const fields = this.#decoder.decode(bytes, start, end);
    const stream = this.#streams.get(id);
    if (stream === undefined) {
      if (this.#resetIds.has(id)) return this.#nuisance(1, "late HEADERS");
      if (this.#skipped.has(id)) throw protocolError(`stream ${id} comes after stream ${this.#lastStreamId}`);
      throw new ConnectionError(errorCodes.streamClosed, `HEADERS on stream ${id}, which is closed`);
    }
    if (stream.remoteEnded) return this.#streamError(id, errorCodes.streamClosed);
    if (!endsStream || stream.expectedBytes > 0 || areTrailersMalformed(fields) || this.#decoder.wasTooLarge) {
      return this.#streamError(id, errorCodes.protocolError);
    }
    stream.remoteEnded = true;
    stream.consumer.ended();
    if (stream.localEnded) this.#close(stream);
  }

  #newStream(id: number, endsStream: boolean, bytes: Buffer, start: number, end: number): void {
    if ((id & 1) === 0) throw protocolError(`a client cannot open stream ${id}`);
    const decoder = this.#decoder;
    let head = this.#heads.find(bytes, start, end, decoder.changes);
    let isTooLarge = false;
    if (head === undefined) {
      const changes = decoder.changes;
      const fields: HeaderField[] = decoder.decode(bytes, start, end);
      isTooLarge = decoder.wasTooLarge;
      head = isTooLarge ? undefined : readRequestHead(fields);
      if (head !== undefined && decoder.changes === changes) this.#heads.keep(bytes, start, end, changes, head);
    }
    if (id > this.#servedUpTo) return;
    if (id > this.#lastStreamId + 2) this.#skipped.add(this.#lastStreamId, id);
    this.#lastStreamId = id;
    if (this.#streams.size + this.abandoned >= this.#options.limits.maxConcurrentStreams) {
      this.#nuisance(1, "calls beyond the limit");
      return this.#sendReset(id, errorCodes.refusedStream);
    }
    this.#nuisances.give(2);
    if (head === undefined && !isTooLarge) return this.#sendReset(id, errorCodes.protocolError);
    const stream = new Http2Stream(id, deafConsumer, this.sender.initialWindow, streamWindowBytes);
    this.#streams.set(id, stream);
    stream.remoteEnded = endsStream;
    if (head === undefined) return this.#options.requests.tooLarge(this, stream);
    stream.expectedBytes = head.contentLength;
    if (endsStream && head.contentLength > 0) return this.#streamError(id, errorCodes.protocolError);
    stream.consumer = this.#options.requests.request(this, stream, head, endsStream);
    if (endsStream) stream.consumer.ended();
  }

  #rstStream(id: number, start: number, end: number): void {
    if (id === 0) throw protocolError("RST_STREAM on stream 0");
    if (end - start !== 4) throw new ConnectionError(errorCodes.frameSizeError, "a RST_STREAM must have 4 bytes");
    if (id > this.#lastStreamId) throw protocolError(`RST_STREAM on stream ${id}, which is idle`);
    const stream = this.#streams.get(id);
    if (stream === undefined) return this.#nuisance(1, "late RST_STREAM");
    this.#countReset();
    this.#abort(stream);
  }

  #settings(flags: number, id: number, bytes: Buffer, start: number, end: number): void {
    if (id !== 0) throw protocolError("SETTINGS on a stream");
    if ((flags & frameFlags.ack) !== 0) {
      if (end > start)
        throw new ConnectionError(errorCodes.frameSizeError, "a SETTINGS acknowledgement has no payload");
      return this.#nuisance(1, "SETTINGS acknowledgements");
    }
    if ((end - start) % settingBytes !== 0) {
      throw new ConnectionError(errorCodes.frameSizeError, "a SETTINGS payload must be a multiple of 6 bytes");
    }
    this.#nuisance(10, "SETTINGS");
    this.#hasSettings = true;
    const { headerTableBytes, initialWindowBytes } = readSettings(bytes, start, end);
    if (headerTableBytes !== undefined) this.sender.tableResized();
    if (initialWindowBytes !== undefined) this.sender.setInitialWindow(initialWindowBytes, this.#streams.values());
    this.output.frame(0, frameTypes.settings, frameFlags.ack, 0);
  }

  #ping(flags: number, id: number, bytes: Buffer, start: number, end: number): void {
    if (id !== 0) throw protocolError("PING on a stream");
    if (end - start !== 8) throw new ConnectionError(errorCodes.frameSizeError, "a PING must have 8 bytes");
    if ((flags & frameFlags.ack) !== 0) {
      if (this.#state === "draining" && bytes.compare(farewellPing, 0, 8, start, end) === 0) this.#sayGoodbye();
      return this.#nuisance(1, "PING acknowledgements");
    }
    this.#nuisance(1, "PING");
    if (!this.#pings.pinged(performance.now())) {
      throw new ConnectionError(errorCodes.enhanceYourCalm, "too_many_pings");
    }
    this.output.frame(8, frameTypes.ping, frameFlags.ack, 0);
    this.output.bytes(bytes.subarray(start, end));
  }

  #windowUpdate(id: number, bytes: Buffer, start: number, end: number): void {
    if (end - start !== 4) throw new ConnectionError(errorCodes.frameSizeError, "a WINDOW_UPDATE must have 4 bytes");
    if (id > this.#lastStreamId) throw protocolError(`WINDOW_UPDATE on stream ${id}, which is idle`);
    const increment = bytes.readUInt32BE(start) & 0x7fffffff;
    if (id === 0) {
      if (increment === 0) throw protocolError("a WINDOW_UPDATE of 0");
      if (increment < smallUpdateBytes) this.#nuisance(1, "small WINDOW_UPDATEs");
      return this.sender.widen(increment);
    }
    if (increment < smallUpdateBytes) this.#nuisance(1, "small WINDOW_UPDATEs");
    if (increment === 0) return this.#streamError(id, errorCodes.protocolError);
    const stream = this.#streams.get(id);
    if (stream !== undefined && !this.sender.widenStream(stream, increment)) {
      this.#streamError(id, errorCodes.flowControlError);
    }
  }

  /** An error of the stream; one that is idle cannot be reset. */
  #wrongPriority(id: number): void {
    if (id <= this.#lastStreamId) return this.#streamError(id, errorCodes.frameSizeError);
    throw new ConnectionError(errorCodes.frameSizeError, "a PRIORITY must have 5 bytes");
  }

  /** A frame on a stream that is not open any more, or never was. */
  #late(id: number, what: string): void {
    if (id > this.#lastStreamId) {
      if (id > this.#servedUpTo) return;
      throw protocolError(`${what} on stream ${id}, which is idle`);
    }
    this.#nuisance(1, `late ${what}`);
    if (!this.#resetIds.has(id)) this.#sendReset(id, errorCodes.streamClosed);
  }

  /** The client has broken a rule that concerns one stream: §5.4.2. */
  #streamError(id: number, code: ErrorCode): void {
    if (id > this.#lastStreamId) throw protocolError(`a frame on stream ${id}, which is idle`);
    this.#sendReset(id, code);
    const stream = this.#streams.get(id);
    if (stream !== undefined) this.#abort(stream);
  }

  #sendReset(id: number, code: ErrorCode): void {
    this.output.frame(4, frameTypes.rstStream, 0, id);
    this.output.uint32(code);
    this.#resetIds.add(id);
    if (code !== errorCodes.noError) this.#countReset();
  }

  #countReset(): void {
    if (!this.#resets.take(1)) this.#fail(errorCodes.enhanceYourCalm, "too many streams end by a reset");
  }

  #nuisance(cost: number, what: string): void {
    if (!this.#nuisances.take(cost)) throw new ConnectionError(errorCodes.enhanceYourCalm, `too many ${what}`);
  }

  #sendWindowUpdate(id: number, increment: number): void {
    this.output.frame(4, frameTypes.windowUpdate, 0, id);
    this.output.uint32(increment);
  }

  #sendGoaway(lastStreamId: number, code: ErrorCode, reason: string): void {
    const debug = Buffer.from(reason, "utf8");
    this.output.frame(8 + debug.length, frameTypes.goaway, 0, 0);
    this.output.uint32(lastStreamId);
    this.output.uint32(code);
    this.output.bytes(debug);
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
    this.#servedUpTo = this.#lastStreamId;
    this.#sendGoaway(this.#lastStreamId, errorCodes.noError, "");
    if (this.#streams.size === 0) this.#finish();
  }

  #fail(code: ErrorCode, reason: string): void {
    if (this.isOver) return;
    this.#options.onRefused(this.remote, `HTTP/2: ${reason}`);
    this.#sendGoaway(this.#lastStreamId, code, reason);
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

  /** The system has taken nothing of what it should send for too long: the client does not read. */
  #isStalled(now: number, timeoutMs: number): boolean {
    const { writableLength } = this.#socket;
    if (writableLength !== 0 && writableLength === this.#writable) return now - this.#writableSince > timeoutMs;
    this.#writable = writableLength;
    this.#writableSince = now;
    return false;
  }

  /** A response that is complete on our side and cannot leave for want of a window is given up. */
  #sweepStalled(stream: Http2Stream, now: number, timeoutMs: number): void {
    if (!stream.endsAfterQueue || stream.queuedBytes === 0) return;
    if (stream.stalledSince === 0) stream.stalledSince = now;
    else if (now - stream.stalledSince > timeoutMs) this.#streamError(stream.id, errorCodes.enhanceYourCalm);
  }
}

function protocolError(message: string): ConnectionError {
  return new ConnectionError(errorCodes.protocolError, message);
}
