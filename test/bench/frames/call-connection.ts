import { connect } from "node:net";
import type { Socket } from "node:net";
import { defaultWindowBytes, flags, frame, frameHeaderBytes, frameTypes } from "./frames.ts";
import { greeting, settingIds, windowUpdate } from "./frames.ts";
import type { RequestTemplate } from "./request-template.ts";

/** Told of each call that has ended. `sentMs` is on the clock of `performance`. */
export type Ended = (sentMs: number, endedMs: number, bodyBytes: number, succeeded: boolean) => void;

interface Call {
  readonly sentMs: number;
  bodyBytes: number;
}

/** When so much was received, the peer may send as much again. */
const refillBytes = 2 ** 28;

/**
 * One HTTP/2 connection that keeps a number of gRPC calls in flight: when one ends, the next is sent. It understands just
 * what an answer needs; header blocks are skipped. An answer without a body is a gRPC error and counts as a failure.
 */
export class CallConnection {
  readonly #socket: Socket;
  readonly #template: RequestTemplate;
  readonly #streams: number;
  readonly #onEnded: Ended;
  readonly #calls = new Map<number, Call>();
  #rest: Buffer = Buffer.alloc(0);
  #nextStream = 1;
  #sendWindow = defaultWindowBytes;
  #received = 0;
  #greeted = false;
  #stopping = false;
  #finish: (() => void) | undefined;
  #fail: (error: Error) => void = () => {};
  /** Rejects when the connection breaks; resolves when it has stopped. */
  readonly finished: Promise<void>;
  started = 0;

  constructor(endpoint: string, template: RequestTemplate, streams: number, onEnded: Ended) {
    this.#template = template;
    this.#streams = streams;
    this.#onEnded = onEnded;
    const [host = "", port = ""] = endpoint.split(":");
    this.#socket = connect({ host, port: Number(port), noDelay: true });
    this.finished = new Promise((resolve, reject) => {
      this.#finish = resolve;
      this.#fail = (error) => {
        this.#socket.destroy();
        reject(error);
      };
    });
    this.#socket.on("connect", () => this.#socket.write(greeting()));
    this.#socket.on("data", (chunk: Buffer) => this.#receive(chunk));
    this.#socket.on("error", (error) => this.#fail(error));
    this.#socket.on("close", () => this.#fail(new Error("the server closed a connection")));
  }

  /** Sends nothing new; `finished` resolves when the last call has ended. */
  stop(): void {
    this.#stopping = true;
    this.#endWhenDone();
  }

  #endWhenDone(): void {
    if (!this.#stopping || this.#calls.size > 0) return;
    this.#finish?.();
    this.#socket.destroy();
  }

  #receive(chunk: Buffer): void {
    const now = performance.now();
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    let offset = 0;
    while (bytes.length - offset >= frameHeaderBytes) {
      const end = offset + frameHeaderBytes + bytes.readUIntBE(offset, 3);
      if (end > bytes.length) break;
      this.#frame(bytes, offset, end, now);
      offset = end;
    }
    this.#rest = bytes.subarray(offset);
    if (this.#greeted) this.#sendMore();
    this.#endWhenDone();
  }

  #frame(bytes: Buffer, start: number, end: number, now: number): void {
    const type = bytes[start + 3];
    const flagBits = bytes[start + 4] ?? 0;
    const stream = bytes.readUInt32BE(start + 5);
    const payload = start + frameHeaderBytes;
    switch (type) {
      case frameTypes.data:
        this.#data(stream, end - payload);
        if ((flagBits & flags.endStream) !== 0) this.#ended(stream, now, true);
        return;
      case frameTypes.headers:
        if ((flagBits & flags.endStream) !== 0) this.#ended(stream, now, true);
        return;
      case frameTypes.rstStream:
        this.#ended(stream, now, false);
        return;
      case frameTypes.settings:
        if ((flagBits & flags.acknowledgement) === 0) this.#settings(bytes.subarray(payload, end));
        return;
      case frameTypes.ping:
        if ((flagBits & flags.acknowledgement) !== 0) return;
        this.#socket.write(frame(frameTypes.ping, flags.acknowledgement, 0, bytes.subarray(payload, end)));
        return;
      case frameTypes.windowUpdate:
        if (stream === 0) this.#sendWindow += bytes.readUInt32BE(payload);
        return;
      case frameTypes.goAway:
        this.#fail(new Error("the server sent GOAWAY"));
        return;
      default:
    }
  }

  #data(stream: number, length: number): void {
    const call = this.#calls.get(stream);
    if (call !== undefined) call.bodyBytes += length;
    this.#received += length;
    if (this.#received < refillBytes) return;
    this.#socket.write(windowUpdate(this.#received));
    this.#received = 0;
  }

  #ended(stream: number, now: number, complete: boolean): void {
    const call = this.#calls.get(stream);
    if (call === undefined) return;
    this.#calls.delete(stream);
    this.#onEnded(call.sentMs, now, call.bodyBytes, complete && call.bodyBytes > 5);
  }

  /** Settings that would need more than is built here are refused. */
  #settings(payload: Buffer): void {
    for (let offset = 0; offset + 6 <= payload.length; offset += 6) {
      const id = payload.readUInt16BE(offset);
      const value = payload.readUInt32BE(offset + 2);
      const refused =
        (id === settingIds.headerTableSize && value < 4096) ||
        (id === settingIds.maxConcurrentStreams && value < this.#streams) ||
        (id === settingIds.initialWindowSize && value < this.#template.dataBytes);
      if (refused) this.#fail(new Error(`the server's setting ${id} is ${value}, too little for this load`));
    }
    this.#socket.write(frame(frameTypes.settings, flags.acknowledgement, 0, Buffer.alloc(0)));
    this.#greeted = true;
  }

  /** As many requests as streams and the connection's window allow, in one write. */
  #sendMore(): void {
    const { dataBytes } = this.#template;
    const wanted = this.#stopping ? 0 : this.#streams - this.#calls.size;
    const count = Math.min(wanted, Math.floor(this.#sendWindow / dataBytes));
    if (count <= 0) return;
    const isFirst = this.#nextStream === 1;
    const bytes = Buffer.allocUnsafe(this.#template.bytes(isFirst) + (count - 1) * this.#template.bytes(false));
    const sentMs = performance.now();
    let offset = 0;
    for (let index = 0; index < count; index += 1) {
      offset = this.#template.write(bytes, offset, this.#nextStream, isFirst && index === 0);
      this.#calls.set(this.#nextStream, { sentMs, bodyBytes: 0 });
      this.#nextStream += 2;
    }
    this.#sendWindow -= count * dataBytes;
    this.started += count;
    this.#socket.write(bytes);
  }
}
