import type { Socket } from "node:net";
import { HpackError } from "../hpack/header-decoder.ts";
import { AbuseGuard } from "./abuse-guard.ts";
import { ConnectionEnd } from "./connection-end.ts";
import type { ConnectionOptions } from "./connection-options.ts";
import { writePing, writeSettings, writeWindowUpdate } from "./control-frames.ts";
import { ControlTaker } from "./control-taker.ts";
import { connectionWindowBytes, DataFrames, streamWindowBytes } from "./data-frames.ts";
import { FrameReader, type FrameTaker } from "./frame-reader.ts";
import { checkControlFrame, protocolError } from "./frame-rules.ts";
import { HeaderFrames } from "./header-frames.ts";
import { Liveness, type Condition } from "./liveness.ts";
import { Output } from "./output.ts";
import { PrefaceReader } from "./preface.ts";
import {
  ConnectionError,
  defaultWindowBytes,
  errorCodes,
  frameFlags,
  frameTypes,
  settingIds,
  type ErrorCode,
} from "./protocol.ts";
import { Sender } from "./sender.ts";
import { StreamEnds } from "./stream-ends.ts";
import { StreamTable } from "./stream-table.ts";
import type { Http2Stream } from "./stream.ts";

/** Beyond it we read no more from a client that does not read. */
const maxWaitingBytes = 2 * 1024 * 1024;
const keepAlivePing = Buffer.from("alive?\0\0", "latin1");

/**
 * One HTTP/2 connection, from the client's preface on: brings the socket's bytes as frames to who takes them, and looks after
 * what takes too long.
 */
export class Http2Connection implements FrameTaker {
  readonly remote: string;
  readonly clientName: string | undefined;
  readonly output: Output;
  readonly sender: Sender;
  /** Calls that their client has reset while their handlers still work: they count as streams that are open. */
  abandoned = 0;
  readonly #options: ConnectionOptions;
  readonly #socket: Socket;
  readonly #reader = new FrameReader(this);
  readonly #preface = new PrefaceReader();
  readonly #streams = new StreamTable();
  readonly #guard: AbuseGuard;
  readonly #liveness: Liveness;
  readonly #end: ConnectionEnd;
  readonly #ends: StreamEnds;
  readonly #data: DataFrames;
  readonly #headers: HeaderFrames;
  readonly #control: ControlTaker;
  #isPaused = false;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    const { socket, remote, limits, total } = options;
    this.remote = remote;
    this.clientName = options.clientName;
    this.#socket = socket;
    const streams = this.#streams;
    const guard = (this.#guard = new AbuseGuard(limits.keepAliveMinMs));
    this.#liveness = new Liveness(limits);
    const output = (this.output = new Output(socket, total));
    const onResponse = (): void => guard.responded();
    this.sender = new Sender(output, { onResponse, onLocalEnd: (stream) => this.#ends.localEnded(stream) }, total);
    const onRefused = (reason: string): void => options.onRefused(remote, `HTTP/2: ${reason}`);
    const end = (this.#end = new ConnectionEnd({ socket, output, streams, onRefused, onOver: () => this.#over() }));
    const ends = (this.#ends = new StreamEnds({
      output,
      streams,
      guard,
      forget: (stream) => this.sender.forget(stream),
      onClosed: () => end.streamClosed(),
      onTooManyResets: () => end.fail(errorCodes.enhanceYourCalm, "too many streams end by a reset"),
    }));
    const servedUpTo = (): number => end.servedUpTo;
    this.#data = new DataFrames({ output, streams, guard, ends, servedUpTo });
    this.#headers = new HeaderFrames({
      limits,
      streams,
      guard,
      ends,
      servedUpTo,
      abandoned: () => this.abandoned,
      initialWindow: () => this.sender.initialWindow,
      begin: (stream, head) => options.requests.request(this, stream, head),
      tooLarge: (stream) => options.requests.tooLarge(this, stream),
    });
    this.#control = new ControlTaker({ output, sender: this.sender, streams, guard, ends, end, servedUpTo });
    socket.on("data", (chunk: Buffer) => this.receive(chunk));
    socket.on("drain", () => this.#drained());
    socket.on("error", () => {});
    socket.on("end", () => end.lost());
    socket.on("close", () => end.lost());
    this.#greet();
  }

  get isOver(): boolean {
    return this.#end.isOver;
  }

  /** Takes bytes of the socket. */
  receive(chunk: Buffer): void {
    if (this.isOver) return;
    this.output.cork();
    try {
      const rest = this.#preface.isWhole ? chunk : this.#preface.take(chunk);
      if (rest.length > 0) this.#reader.add(rest);
    } catch (error) {
      if (error instanceof ConnectionError) this.#end.fail(error.code, error.message);
      else if (error instanceof HpackError) this.#end.fail(errorCodes.compressionError, error.message);
      else {
        // Ours, not the client's; it may cost this connection, and no other.
        this.#options.onBroken(error);
        this.#end.fail(errorCodes.internalError, "internal error");
      }
    } finally {
      this.output.uncork();
    }
    this.#liveness.received();
    if (this.output.waitingBytes > maxWaitingBytes) this.#pause();
  }

  takeFrame(type: number, flags: number, id: number, bytes: Buffer, start: number, end: number): void {
    const unfinished = this.#headers.unfinishedStreamId;
    if (unfinished !== 0 && (type !== frameTypes.continuation || id !== unfinished)) {
      throw protocolError("a frame comes between the pieces of a header block");
    }
    if (!this.#control.hasSettings && (type !== frameTypes.settings || (flags & frameFlags.ack) !== 0)) {
      throw protocolError("the first frame must be SETTINGS");
    }
    // The usual ones first.
    if (type === frameTypes.data) return this.#data.take(flags, id, bytes, start, end);
    if (type === frameTypes.headers) return this.#headers.take(flags, id, bytes, start, end);
    checkControlFrame(type, id, end - start);
    switch (type) {
      case frameTypes.priority:
        return this.#control.priority(id, end - start);
      case frameTypes.rstStream:
        return this.#control.rstStream(id);
      case frameTypes.settings:
        return this.#control.settings(flags, bytes, start, end);
      case frameTypes.pushPromise:
        throw protocolError("a client cannot push");
      case frameTypes.ping:
        return this.#control.ping(flags, bytes.subarray(start, end));
      case frameTypes.goaway:
        return this.#control.goaway();
      case frameTypes.windowUpdate:
        return this.#control.windowUpdate(id, bytes.readUInt32BE(start) & 0x7fffffff);
      case frameTypes.continuation:
        return this.#headers.continue(flags, id, bytes.subarray(start, end));
      default:
        return this.#control.unknown();
    }
  }

  /** Gives bytes of a stream back to its window, once they are no burden any more. */
  consumed(stream: Http2Stream, bytes: number): void {
    this.#data.consumed(stream, bytes);
  }

  /** Ends a stream at once. Its consumer is not told: it asked for it. */
  reset(stream: Http2Stream, code: ErrorCode): void {
    this.#ends.reset(stream, code);
  }

  /** Takes no new calls: the client is told so, and the connection closes once those under way have ended. */
  drain(): void {
    this.#end.drain();
  }

  /** Called about every second with `performance.now()`: ends what takes too long, and lets bounds recover. */
  sweep(now: number, sinceLastMs: number): void {
    if (this.isOver) return;
    this.#guard.passed(sinceLastMs);
    switch (this.#liveness.look(now, this.#condition)) {
      case "no-settings":
        return this.#end.fail(errorCodes.settingsTimeout, "no SETTINGS in time");
      case "incomplete":
        return this.#end.fail(errorCodes.enhanceYourCalm, "a frame was not whole in time");
      case "stalled":
        this.#options.onRefused(this.remote, "HTTP/2: takes nothing of what it asked for");
        return this.#end.lost();
      case "silent":
        return this.#end.lost();
      case "ask":
        writePing(this.output, false, keepAlivePing);
        break;
      case "well":
        break;
    }
    const { limits, total } = this.#options;
    const isRoomScarce = total.unsentBytes > limits.maxUnsentTotalBytes / 2;
    for (const stream of this.#streams.values()) {
      stream.consumer.sweep(now);
      this.#sweepStalled(stream, now, isRoomScarce);
    }
  }

  /** A block's stream is named by a number below 0, so that it is none of a frame. */
  get #incomplete(): number | undefined {
    const { unfinishedStreamId } = this.#headers;
    if (unfinishedStreamId !== 0) return -unfinishedStreamId;
    return this.#reader.isWaiting ? this.#reader.framesTaken : undefined;
  }

  get #condition(): Condition {
    const { writableLength: writableBytes } = this.#socket;
    return { hasSettings: this.#control.hasSettings, incomplete: this.#incomplete, writableBytes };
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

  #over(): void {
    const streams = [...this.#streams.values()];
    for (const stream of streams) this.#ends.abort(stream);
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

  /**
   * A response that cannot leave for want of a window is given up: at any time if it is complete on our side, and one that goes
   * on, whose reader may have its reasons, when others need the room.
   */
  #sweepStalled(stream: Http2Stream, now: number, isRoomScarce: boolean): void {
    if (stream.queuedBytes === 0 || !(stream.endsAfterQueue || isRoomScarce)) {
      stream.stalledSince = 0;
      return;
    }
    if (stream.stalledSince === 0) stream.stalledSince = now;
    else if (now - stream.stalledSince > this.#options.limits.sendStallTimeoutMs) {
      this.#ends.broken(stream.id, errorCodes.enhanceYourCalm);
    }
  }
}
