import type { AbuseGuard } from "./abuse-guard.ts";
import { writeWindowUpdate } from "./control-frames.ts";
import { paddingOf, protocolError } from "./frame-rules.ts";
import type { Output } from "./output.ts";
import { errorCodes, frameFlags } from "./protocol.ts";
import { ReceiveWindow } from "./receive-window.ts";
import type { StreamEnds } from "./stream-ends.ts";
import type { StreamTable } from "./stream-table.ts";
import type { Http2Stream } from "./stream.ts";

/** How much a client may send ahead: on one stream, and on all streams of a connection together, in bytes. */
export const streamWindowBytes = 1024 * 1024;
export const connectionWindowBytes = 8 * 1024 * 1024;

export interface DataParts {
  readonly output: Output;
  readonly streams: StreamTable;
  readonly guard: AbuseGuard;
  readonly ends: StreamEnds;
  /** See `ConnectionEnd.servedUpTo`. */
  readonly servedUpTo: () => number;
}

/** Takes DATA, within the windows that the client was given, and gives them back (RFC 9113 §5.2, §6.1, §6.9). */
export class DataFrames {
  readonly #parts: DataParts;
  readonly #window = new ReceiveWindow(connectionWindowBytes);

  constructor(parts: DataParts) {
    this.#parts = parts;
  }

  take(flags: number, id: number, bytes: Buffer, start: number, end: number): void {
    if (id === 0) throw protocolError("DATA on stream 0");
    const { output, streams, guard, ends } = this.#parts;
    // The whole frame counts, padding included (§6.9.1), and on whichever stream.
    const length = end - start;
    const returned = this.#window.take(length);
    if (returned > 0) writeWindowUpdate(output, 0, returned);
    const stream = streams.get(id);
    if (stream === undefined) return this.#late(id);
    if (stream.remoteEnded) return ends.broken(id, errorCodes.streamClosed);
    stream.receiveWindow -= length;
    if (stream.receiveWindow < 0) return ends.broken(id, errorCodes.flowControlError);
    const padding = paddingOf(flags, bytes, start, end);
    const from = (flags & frameFlags.padded) === 0 ? start : start + 1;
    const to = end - padding;
    if (to < from) throw protocolError("more padding than frame");
    if (to - from < length) this.consumed(stream, length - (to - from));
    const isLast = (flags & frameFlags.endStream) !== 0;
    if (to === from && !isLast) guard.nuisance("empty DATA");
    if (stream.expectedBytes >= 0) {
      stream.expectedBytes -= to - from;
      if (stream.expectedBytes < 0 || (isLast && stream.expectedBytes > 0)) {
        return ends.broken(id, errorCodes.protocolError);
      }
    }
    if (isLast) stream.remoteEnded = true;
    stream.consumer.data(bytes, from, to, isLast);
    if (isLast && stream.localEnded) ends.close(stream);
  }

  /** Gives bytes of a stream back to its window, once they are no burden any more. */
  consumed(stream: Http2Stream, bytes: number): void {
    if (stream.remoteEnded || stream.isClosed) return;
    stream.unreturned += bytes;
    if (stream.unreturned < streamWindowBytes / 2) return;
    stream.receiveWindow += stream.unreturned;
    writeWindowUpdate(this.#parts.output, stream.id, stream.unreturned);
    stream.unreturned = 0;
  }

  /** On a stream that is not open any more, or never was. */
  #late(id: number): void {
    const { streams, guard, ends, servedUpTo } = this.#parts;
    if (id > servedUpTo()) return;
    streams.checkNotIdle(id, "DATA");
    guard.nuisance("late DATA");
    if (!streams.isRecentlyReset(id)) ends.refuse(id, errorCodes.streamClosed);
  }
}
