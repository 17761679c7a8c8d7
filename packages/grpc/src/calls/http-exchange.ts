import type { HttpRequestHead, HttpResponse } from "../http-handler.ts";
import type { Http2Connection } from "../http2/connection.ts";
import type { Http2Stream, StreamConsumer } from "../http2/stream.ts";
import { smallResponseBytes, unsentRefusal } from "./call-base.ts";
import { discardRequest } from "./discard.ts";
import { GatheredBytes } from "./gathered-bytes.ts";
import { httpResponseBlock } from "./http-head.ts";
import { KeptRequest } from "./kept-request.ts";
import { logFailure, type Shared } from "./shared.ts";

/** One request over HTTP/2 that is no gRPC, taken whole and answered at once: served like one over HTTP/1.1. */
export class HttpExchange implements StreamConsumer {
  readonly #shared: Shared;
  readonly #connection: Http2Connection;
  readonly #stream: Http2Stream;
  readonly #head: HttpRequestHead;
  readonly #body = new GatheredBytes();
  readonly #kept: KeptRequest;
  #receivingSince = 0;
  #isHandled = false;
  #isAbandoned = false;
  #isAnswered = false;

  constructor(shared: Shared, connection: Http2Connection, stream: Http2Stream, head: HttpRequestHead) {
    this.#shared = shared;
    this.#connection = connection;
    this.#stream = stream;
    this.#head = head;
    this.#kept = new KeptRequest(shared);
  }

  data(bytes: Buffer, start: number, end: number, isLast: boolean): void {
    if (this.#isAnswered) return;
    const { maxRequestBytes } = this.#shared.limits;
    if (this.#body.length + end - start > maxRequestBytes) {
      return this.#refuse(413, `the body is larger than ${maxRequestBytes} bytes`);
    }
    this.#body.add(bytes.subarray(start, end));
    if (!this.#kept.set(this.#body.heldBytes)) {
      return this.#refuse(503, "too many bytes of unfinished requests: send again later");
    }
    this.#connection.consumed(this.#stream, end - start);
    if (isLast) this.ended();
  }

  ended(): void {
    if (this.#isAnswered) return;
    const body = this.#body.take();
    this.#forget();
    this.#isHandled = true;
    try {
      this.#shared.http({ ...this.#head, body }, (response) => this.#answer(response));
    } catch (error) {
      logFailure(this.#shared, this.#head.path, error);
      this.#refuse(500, "internal error");
    }
  }

  aborted(): void {
    if (this.#isAnswered) return;
    this.#isAnswered = true;
    this.#forget();
    if (!this.#isHandled) return;
    this.#isAbandoned = true;
    this.#connection.abandoned++;
  }

  drained(): void {}

  sweep(now: number): void {
    if (this.#isHandled || this.#isAnswered) return;
    if (this.#receivingSince === 0) this.#receivingSince = now;
    else if (now - this.#receivingSince > this.#shared.limits.receiveTimeoutMs) {
      this.#refuse(408, "the request was not whole in time");
    }
  }

  #refuse(status: number, text: string): void {
    this.#answer({ status, contentType: "text/plain; charset=utf-8", body: `${text}\n` });
  }

  #answer({ status, contentType, body, headers }: HttpResponse): void {
    if (this.#isAnswered) return this.#answeredLate();
    const bytes = typeof body === "string" ? Buffer.from(body, "utf8") : body;
    if (bytes.length > smallResponseBytes) {
      const untaken = unsentRefusal(this.#shared, this.#connection, bytes.length);
      if (untaken !== undefined) return this.#refuse(503, untaken.message);
    }
    const block = httpResponseBlock(status, contentType, bytes.length, headers);
    this.#isAnswered = true;
    this.#forget();
    const { sender } = this.#connection;
    const hasBody = bytes.length > 0 && this.#head.method !== "HEAD";
    sender.headers(this.#stream, block, !hasBody);
    if (hasBody) {
      sender.data(this.#stream, bytes);
      sender.end(this.#stream);
    }
    discardRequest(this.#connection, this.#stream);
  }

  #answeredLate(): void {
    if (!this.#isAbandoned) return;
    this.#isAbandoned = false;
    this.#connection.abandoned--;
  }

  #forget(): void {
    this.#body.take();
    this.#kept.set(0);
  }
}
