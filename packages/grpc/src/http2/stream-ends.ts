import type { AbuseGuard } from "./abuse-guard.ts";
import { writeReset } from "./control-frames.ts";
import type { Output } from "./output.ts";
import { errorCodes, type ErrorCode } from "./protocol.ts";
import type { StreamTable } from "./stream-table.ts";
import type { Http2Stream } from "./stream.ts";

export interface StreamEnding {
  readonly output: Output;
  readonly streams: StreamTable;
  readonly guard: AbuseGuard;
  /** Nothing more of it is sent. */
  readonly forget: (stream: Http2Stream) => void;
  /** One stream fewer is open. */
  readonly onClosed: () => void;
  /** More streams end by a reset than a client may cause. */
  readonly onTooManyResets: () => void;
}

/** How streams end: when both sides have, and by a reset of either. */
export class StreamEnds {
  readonly #parts: StreamEnding;

  constructor(parts: StreamEnding) {
    this.#parts = parts;
  }

  /** Ends a stream at once, by our own will. Its consumer is not told: it asked for it. */
  reset(stream: Http2Stream, code: ErrorCode): void {
    if (stream.isClosed) return;
    this.refuse(stream.id, code);
    this.close(stream);
  }

  /** The client has broken a rule that concerns one stream: RFC 9113 §5.4.2. */
  broken(id: number, code: ErrorCode): void {
    const { streams } = this.#parts;
    streams.checkNotIdle(id, "a frame");
    this.refuse(id, code);
    const stream = streams.get(id);
    if (stream !== undefined) this.abort(stream);
  }

  /** Says that a stream is not served; there need be none of this number. */
  refuse(id: number, code: ErrorCode): void {
    writeReset(this.#parts.output, id, code);
    this.#parts.streams.wasReset(id);
    if (code !== errorCodes.noError) this.#count();
  }

  /** RST_STREAM has come for it. */
  resetByClient(stream: Http2Stream): void {
    this.#count();
    this.abort(stream);
  }

  /** END_STREAM has been sent on it. */
  localEnded(stream: Http2Stream): void {
    if (stream.remoteEnded) this.close(stream);
  }

  close(stream: Http2Stream): void {
    if (stream.isClosed) return;
    stream.isClosed = true;
    if (stream.queuedBytes + stream.packingBytes > 0) this.#parts.forget(stream);
    this.#parts.streams.delete(stream.id);
    this.#parts.onClosed();
  }

  /** It is over, and its consumer is told so. */
  abort(stream: Http2Stream): void {
    const { consumer } = stream;
    this.close(stream);
    consumer.aborted();
  }

  #count(): void {
    if (!this.#parts.guard.reset()) this.#parts.onTooManyResets();
  }
}
