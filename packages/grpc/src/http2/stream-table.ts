import { ConnectionError, errorCodes } from "./protocol.ts";
import { protocolError } from "./frame-rules.ts";
import { RecentIds } from "./recent-ids.ts";
import { SkippedIds } from "./skipped-ids.ts";
import type { Http2Stream } from "./stream.ts";

/** The streams of one connection: those that are open, and what can be known of the others by their numbers. */
export class StreamTable {
  readonly #open = new Map<number, Http2Stream>();
  /** Reset by us: frames that were on their way are no violation. */
  readonly #reset = new RecentIds();
  readonly #skipped = new SkippedIds();
  #lastId = 0;

  /** The highest number that the client has used. */
  get lastId(): number {
    return this.#lastId;
  }

  get size(): number {
    return this.#open.size;
  }

  get(id: number): Http2Stream | undefined {
    return this.#open.get(id);
  }

  /** Those that are open; may be changed by what is done with them. */
  values(): Iterable<Http2Stream> {
    return this.#open.values();
  }

  /** The client uses a new number. */
  used(id: number): void {
    if ((id & 1) === 0) throw protocolError(`a client cannot open stream ${id}`);
    if (id > this.#lastId + 2) this.#skipped.add(this.#lastId, id);
    this.#lastId = id;
  }

  add(stream: Http2Stream): void {
    this.#open.set(stream.id, stream);
  }

  delete(id: number): void {
    this.#open.delete(id);
  }

  wasReset(id: number): void {
    this.#reset.add(id);
  }

  isRecentlyReset(id: number): boolean {
    return this.#reset.has(id);
  }

  /** Throws a `ConnectionError` when the stream has never been opened (RFC 9113 §5.1, "idle"). */
  checkNotIdle(id: number, what: string): void {
    if (id > this.#lastId) throw protocolError(`${what} on stream ${id}, which is idle`);
  }

  /** What HEADERS on a stream mean that is not open any more and was not reset by us. */
  wrongHeaders(id: number): ConnectionError {
    if (this.#skipped.has(id)) return protocolError(`stream ${id} comes after stream ${this.#lastId}`);
    return new ConnectionError(errorCodes.streamClosed, `HEADERS on stream ${id}, which is closed`);
  }
}
