import type { Output, QueuedTotal } from "./output.ts";
import {
  ConnectionError,
  defaultWindowBytes,
  errorCodes,
  frameFlags,
  frameTypes,
  largestWindowBytes,
  maxFrameBytes,
} from "./protocol.ts";
import { noPieces, type Http2Stream } from "./stream.ts";

/** While the system has so many bytes of a connection to send, no more DATA goes to it. */
const maxWaitingBytes = 1024 * 1024;
/** A gRPC message: its flag and length, in front of it. */
const prefixBytes = 5;
/** Up to here a response is written in one piece where the windows allow. */
const smallMessageBytes = 4096;
const dynamicTableOff = 0x20;

export interface SenderEvents {
  /** HEADERS or DATA go out. */
  onResponse(): void;
  /** The stream's END_STREAM has been written. */
  onLocalEnd(stream: Http2Stream): void;
}

/** What one connection sends on streams: within the windows that the client gives, one frame of each stream in turn. */
export class Sender {
  readonly #output: Output;
  readonly #events: SenderEvents;
  readonly #total: QueuedTotal;
  /** Streams with something queued and a window to send it. */
  readonly #ready = new Set<Http2Stream>();
  #window = defaultWindowBytes;
  #initialWindow = defaultWindowBytes;
  #mustResizeTable = false;
  #unsentBytes = 0;

  constructor(output: Output, events: SenderEvents, total: QueuedTotal) {
    this.#output = output;
    this.#events = events;
    this.#total = total;
  }

  get initialWindow(): number {
    return this.#initialWindow;
  }

  /** Bytes that wait for a window, or to be packed before they are queued. */
  get unsentBytes(): number {
    return this.#unsentBytes;
  }

  /** The client has a new limit for its table. We use none, and must say so (RFC 7541 §4.2). */
  tableResized(): void {
    this.#mustResizeTable = true;
  }

  /** A whole unary response. The bytes must not change before they are sent. */
  response(stream: Http2Stream, headers: Uint8Array, message: Uint8Array, trailers: Uint8Array): void {
    const length = prefixBytes + message.length;
    const fits =
      message.length <= smallMessageBytes &&
      length <= this.#window &&
      length <= stream.sendWindow &&
      this.#ready.size === 0 &&
      this.#output.waitingBytes <= maxWaitingBytes;
    this.headers(stream, headers, false);
    if (!fits) {
      this.message(stream, 0, message);
      return this.end(stream, trailers);
    }
    this.#window -= length;
    stream.sendWindow -= length;
    const output = this.#output;
    output.frame(length, frameTypes.data, 0, stream.id);
    output.uint8(0);
    output.uint32(message.length);
    output.bytes(message);
    this.headers(stream, trailers, true);
  }

  /** A header block, in as many frames as it needs. */
  headers(stream: Http2Stream, block: Uint8Array, endsStream: boolean): void {
    this.#events.onResponse();
    const output = this.#output;
    const end = endsStream ? frameFlags.endStream : 0;
    const extra = this.#mustResizeTable ? 1 : 0;
    this.#mustResizeTable = false;
    const first = Math.min(block.length, maxFrameBytes - extra);
    const isWhole = first === block.length;
    output.frame(first + extra, frameTypes.headers, end | (isWhole ? frameFlags.endHeaders : 0), stream.id);
    if (extra === 1) output.uint8(dynamicTableOff);
    output.bytes(isWhole ? block : block.subarray(0, first));
    for (let at = first; at < block.length; at += maxFrameBytes) {
      const piece = block.subarray(at, at + maxFrameBytes);
      const isLast = at + piece.length === block.length;
      output.frame(piece.length, frameTypes.continuation, isLast ? frameFlags.endHeaders : 0, stream.id);
      output.bytes(piece);
    }
    if (!endsStream) return;
    stream.localEnded = true;
    this.#events.onLocalEnd(stream);
  }

  /** A gRPC message. */
  message(stream: Http2Stream, flag: 0 | 1, message: Uint8Array): void {
    const prefix = Buffer.allocUnsafe(prefixBytes);
    prefix[0] = flag;
    prefix.writeUInt32BE(message.length, 1);
    this.#queue(stream, prefix);
    if (message.length > 0) this.#queue(stream, message);
    this.#flushStream(stream);
  }

  /** Bytes of a body. */
  data(stream: Http2Stream, bytes: Uint8Array): void {
    if (bytes.length > 0) this.#queue(stream, bytes);
    this.#flushStream(stream);
  }

  /** After what is queued, the stream ends: with a header block, or with the last bytes. */
  end(stream: Http2Stream, trailers?: Uint8Array): void {
    if (stream.queuedBytes > 0) {
      stream.trailers = trailers;
      stream.endsAfterQueue = true;
    } else if (trailers !== undefined) this.headers(stream, trailers, true);
    else {
      this.#output.frame(0, frameTypes.data, frameFlags.endStream, stream.id);
      stream.localEnded = true;
      this.#events.onLocalEnd(stream);
    }
  }

  /** Bytes of responses wait to be packed, more or fewer than before. `forget` ends their counting too. */
  packing(stream: Http2Stream, change: number): void {
    if (stream.isClosed) return;
    stream.packingBytes += change;
    this.#count(change);
  }

  /** Nothing more of this stream is sent. */
  forget(stream: Http2Stream): void {
    this.#ready.delete(stream);
    this.#count(-stream.queuedBytes - stream.packingBytes);
    stream.packingBytes = 0;
    stream.queue = noPieces;
    stream.queuedBytes = 0;
  }

  /** The client gives a window to the whole connection. */
  widen(bytes: number): void {
    this.#window += bytes;
    if (this.#window > largestWindowBytes) {
      throw new ConnectionError(errorCodes.flowControlError, "the connection's window is larger than 2^31-1");
    }
    this.pump();
  }

  /** The client gives a window to one stream; false: more than there can be. */
  widenStream(stream: Http2Stream, bytes: number): boolean {
    stream.sendWindow += bytes;
    if (stream.sendWindow > largestWindowBytes) return false;
    if (stream.queuedBytes > 0) this.#flushStream(stream);
    return true;
  }

  /** The client has another window for all streams, those that are open included (RFC 9113 §6.9.2). */
  setInitialWindow(bytes: number, streams: Iterable<Http2Stream>): void {
    const difference = bytes - this.#initialWindow;
    this.#initialWindow = bytes;
    for (const stream of streams) {
      stream.sendWindow += difference;
      if (stream.sendWindow > largestWindowBytes) {
        throw new ConnectionError(errorCodes.flowControlError, "a stream's window is larger than 2^31-1");
      }
      if (stream.queuedBytes > 0 && stream.sendWindow > 0) this.#ready.add(stream);
      else this.#ready.delete(stream);
    }
    this.pump();
  }

  /** Sends what can be sent. */
  pump(): void {
    // What is added while this goes on is visited too: each stream has its turn again and again.
    for (const stream of this.#ready) {
      if (this.#window <= 0 || this.#output.waitingBytes > maxWaitingBytes) return;
      this.#ready.delete(stream);
      this.#sendFrame(stream);
      if (stream.queuedBytes > 0 && stream.sendWindow > 0) this.#ready.add(stream);
    }
  }

  #queue(stream: Http2Stream, piece: Uint8Array): void {
    if (stream.queue === noPieces) stream.queue = [];
    stream.queue.push(piece);
    stream.queuedBytes += piece.length;
    this.#count(piece.length);
  }

  #flushStream(stream: Http2Stream): void {
    if (stream.queuedBytes === 0 || stream.sendWindow <= 0) return;
    this.#ready.add(stream);
    this.pump();
  }

  #sendFrame(stream: Http2Stream): void {
    const length = Math.min(stream.queuedBytes, maxFrameBytes, this.#window, stream.sendWindow);
    const isLast = length === stream.queuedBytes && stream.endsAfterQueue;
    const endsHere = isLast && stream.trailers === undefined;
    this.#events.onResponse();
    this.#output.frame(length, frameTypes.data, endsHere ? frameFlags.endStream : 0, stream.id);
    this.#takePieces(stream, length);
    this.#window -= length;
    stream.sendWindow -= length;
    stream.stalledSince = 0;
    this.#count(-length);
    if (endsHere) {
      stream.localEnded = true;
      this.#events.onLocalEnd(stream);
    } else if (isLast && stream.trailers !== undefined) this.headers(stream, stream.trailers, true);
    else if (stream.queuedBytes === 0) stream.consumer.drained();
  }

  #takePieces(stream: Http2Stream, length: number): void {
    let left = length;
    stream.queuedBytes -= length;
    while (left > 0) {
      const piece = stream.queue[stream.queueHead] as Uint8Array;
      const from = stream.queueOffset;
      const taken = Math.min(left, piece.length - from);
      this.#output.bytes(taken === piece.length ? piece : piece.subarray(from, from + taken));
      left -= taken;
      if (from + taken < piece.length) {
        stream.queueOffset = from + taken;
        continue;
      }
      stream.queueOffset = 0;
      stream.queueHead++;
    }
    if (stream.queuedBytes === 0) {
      stream.queue = noPieces;
      stream.queueHead = 0;
    } else if (stream.queueHead > 64) {
      stream.queue.splice(0, stream.queueHead);
      stream.queueHead = 0;
    }
  }

  #count(bytes: number): void {
    this.#unsentBytes += bytes;
    this.#total.unsentBytes += bytes;
  }
}
