import type { ServerLimits } from "../limits.ts";
import type { AbuseGuard } from "./abuse-guard.ts";
import { streamWindowBytes } from "./data-frames.ts";
import { paddingOf, protocolError } from "./frame-rules.ts";
import { HeaderBlock } from "./header-block.ts";
import { ConnectionError, errorCodes, frameFlags } from "./protocol.ts";
import { RequestDecoder } from "./request-decoder.ts";
import type { RequestHead } from "./request-head.ts";
import type { StreamEnds } from "./stream-ends.ts";
import type { StreamTable } from "./stream-table.ts";
import { deafConsumer, Http2Stream, type StreamConsumer } from "./stream.ts";

export interface HeaderParts {
  readonly limits: ServerLimits;
  readonly streams: StreamTable;
  readonly guard: AbuseGuard;
  readonly ends: StreamEnds;
  /** See `ConnectionEnd.servedUpTo`. */
  readonly servedUpTo: () => number;
  /** Calls that count as open although their stream is not. */
  readonly abandoned: () => number;
  /** What the client allows us to send on a new stream. */
  readonly initialWindow: () => number;
  readonly begin: (stream: Http2Stream, head: RequestHead) => StreamConsumer;
  readonly tooLarge: (stream: Http2Stream) => void;
}

/** Takes HEADERS and CONTINUATION: they open a stream with a request, or end one with trailers (RFC 9113 §6.2, §6.10, §8.1). */
export class HeaderFrames {
  readonly #parts: HeaderParts;
  readonly #decoder: RequestDecoder;
  readonly #block: HeaderBlock;

  constructor(parts: HeaderParts) {
    this.#parts = parts;
    const { maxHeaderBytes } = parts.limits;
    this.#decoder = new RequestDecoder(maxHeaderBytes);
    this.#block = new HeaderBlock(4 * maxHeaderBytes);
  }

  /** The stream whose header block has begun and not ended: nothing else may come now. 0: none. */
  get unfinishedStreamId(): number {
    return this.#block.streamId;
  }

  take(flags: number, id: number, bytes: Buffer, start: number, end: number): void {
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
    if ((flags & frameFlags.endHeaders) !== 0) return this.#whole(id, endsStream, bytes, from, to);
    this.#block.begin(id, endsStream, bytes.subarray(from, to));
  }

  continue(flags: number, id: number, piece: Buffer): void {
    const block = this.#block;
    if (block.streamId === 0) throw protocolError("CONTINUATION without HEADERS");
    block.continue(piece);
    if ((flags & frameFlags.endHeaders) === 0) return;
    const { endsStream } = block;
    const whole = block.finish();
    this.#whole(id, endsStream, whole, 0, whole.length);
  }

  #whole(id: number, endsStream: boolean, bytes: Buffer, start: number, end: number): void {
    const { streams } = this.#parts;
    if (id > streams.lastId) return this.#request(id, endsStream, bytes, start, end);
    this.#trailers(id, endsStream, this.#decoder.trailers(bytes, start, end));
  }

  #request(id: number, endsStream: boolean, bytes: Buffer, start: number, end: number): void {
    const { limits, streams, guard, ends, servedUpTo, abandoned, initialWindow, begin, tooLarge } = this.#parts;
    const head = this.#decoder.head(bytes, start, end);
    if (id > servedUpTo()) return;
    streams.used(id);
    if (streams.size + abandoned() >= limits.maxConcurrentStreams) {
      guard.nuisance("calls beyond the limit");
      return ends.refuse(id, errorCodes.refusedStream);
    }
    guard.called();
    if (head === "malformed") return ends.refuse(id, errorCodes.protocolError);
    const stream = new Http2Stream(id, deafConsumer, initialWindow(), streamWindowBytes);
    streams.add(stream);
    stream.remoteEnded = endsStream;
    if (head === "too-large") return tooLarge(stream);
    stream.expectedBytes = head.contentLength;
    if (endsStream && head.contentLength > 0) return ends.broken(id, errorCodes.protocolError);
    stream.consumer = begin(stream, head);
    if (endsStream) stream.consumer.ended();
  }

  #trailers(id: number, endsStream: boolean, areWell: boolean): void {
    const { streams, guard, ends } = this.#parts;
    const stream = streams.get(id);
    if (stream === undefined) {
      if (!streams.isRecentlyReset(id)) throw streams.wrongHeaders(id);
      return guard.nuisance("late HEADERS");
    }
    if (stream.remoteEnded) return ends.broken(id, errorCodes.streamClosed);
    if (!areWell || !endsStream || stream.expectedBytes > 0) return ends.broken(id, errorCodes.protocolError);
    stream.remoteEnded = true;
    stream.consumer.ended();
    if (stream.localEnded) ends.close(stream);
  }
}
