import { streamHighWaterBytes } from "../calls/http-stream.ts";
import { KeptRequest } from "../calls/kept-request.ts";
import { logFailure } from "../calls/shared.ts";
import type { HttpHeaders, HttpStream, HttpStreamHandler, OpenHttpStream } from "../http-handler.ts";
import { Http1Answer } from "./http1-answer.ts";
import type { Http1Exchange, Http1Parts } from "./http1-exchange.ts";

/** One exchange over HTTP/1.1 that goes on in both directions: its answer is sent in chunks. */
export class Http1Stream implements Http1Exchange, HttpStream {
  readonly isFramed = false;
  readonly #parts: Http1Parts;
  readonly #open: OpenHttpStream;
  readonly #answer: Http1Answer;
  readonly #kept: KeptRequest;
  #handler: HttpStreamHandler | undefined;
  #hasBegun = false;
  #isOver = false;

  constructor(parts: Http1Parts, open: OpenHttpStream) {
    this.#parts = parts;
    this.#open = open;
    this.#answer = new Http1Answer(parts.shared, parts.outgoing);
    this.#kept = new KeptRequest(parts.shared);
  }

  start(): void {
    const { incoming, outgoing } = this.#parts;
    this.#guarded(() => {
      this.#handler = this.#open(this);
    });
    outgoing.on("drain", () => {
      if (!this.#isOver) this.#guarded(() => this.#handler?.onDrain?.());
    });
    incoming.on("end", () => {
      if (!this.#isOver) this.#guarded(() => this.#handler?.onEnd());
    });
    incoming.on("data", (piece: Uint8Array) => {
      if (!this.#isOver) this.#guarded(() => this.#handler?.onData(piece));
    });
  }

  get unsentBytes(): number {
    return this.#answer.unsentBytes;
  }

  begin(status: number, contentType: string, headers?: HttpHeaders): void {
    if (this.#isOver || this.#hasBegun) return;
    this.#hasBegun = true;
    this.#answer.begin(status, contentType, undefined, this.#parts.mustClose(), headers);
    this.#parts.outgoing.flushHeaders();
  }

  write(piece: Uint8Array): boolean {
    if (this.#isOver) return false;
    if (piece.length > 0) this.#parts.outgoing.write(piece);
    if (this.#answer.count()) return this.#answer.unsentBytes < streamHighWaterBytes;
    const { shared, head } = this.#parts;
    shared.refusals.refused(head.remote, `HTTP/1.1: does not take the answer of ${head.path}`);
    this.#cancel();
    return false;
  }

  end(): void {
    if (this.#isOver) return;
    this.#over();
    this.#parts.outgoing.end();
  }

  cut(): void {
    if (this.#isOver) return;
    this.#over();
    // Without the last chunk, the client sees that something is missing.
    this.#parts.outgoing.destroy();
  }

  keep(bytes: number): boolean {
    if (this.#isOver) return false;
    if (this.#kept.set(bytes)) return true;
    this.#refuse(503, "too many bytes of unfinished requests: send again later");
    return false;
  }

  pause(): void {
    this.#parts.incoming.pause();
  }

  resume(): void {
    if (!this.#isOver) this.#parts.incoming.resume();
  }

  closed(): void {
    this.#answer.closed();
    if (this.#isOver) return;
    this.#over();
    this.#tellCancelled();
  }

  sweep(now: number): void {
    const { shared, outgoing, head } = this.#parts;
    const isStalled = this.#answer.isStalled(now);
    // An answer that goes on may wait for its reader, unless others need the room.
    if (isStalled && (this.#isOver || shared.unsentBytes > shared.limits.maxUnsentTotalBytes / 2)) {
      shared.refusals.refused(head.remote, "HTTP/1.1: takes nothing of what it asked for");
      outgoing.destroy();
    } else if (!this.#isOver && this.#kept.isOverdue(now)) this.#refuse(408, "the request was not whole in time");
  }

  /** Ends the exchange on the engine's behalf, with a status where that is still possible. */
  #refuse(status: number, text: string): void {
    if (this.#hasBegun) return this.#cancel();
    this.begin(status, "text/plain; charset=utf-8");
    this.write(Buffer.from(`${text}\n`));
    this.end();
    this.#tellCancelled();
  }

  #cancel(): void {
    this.cut();
    this.#tellCancelled();
  }

  #tellCancelled(): void {
    try {
      this.#handler?.onCancel();
    } catch (error) {
      logFailure(this.#parts.shared, this.#parts.head.path, error);
    }
  }

  #over(): void {
    this.#isOver = true;
    this.#kept.set(0);
    // What still comes of the request is read, and dropped.
    this.#parts.incoming.resume();
  }

  #guarded(run: () => void): void {
    try {
      run();
    } catch (error) {
      logFailure(this.#parts.shared, this.#parts.head.path, error);
      if (!this.#isOver) this.#refuse(500, "internal error");
    }
  }
}
