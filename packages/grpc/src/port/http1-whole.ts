import { smallResponseBytes } from "../calls/call-base.ts";
import { GatheredBytes } from "../calls/gathered-bytes.ts";
import { KeptRequest } from "../calls/kept-request.ts";
import { logFailure } from "../calls/shared.ts";
import type { HttpResponse } from "../http-handler.ts";
import { Http1Answer } from "./http1-answer.ts";
import type { Http1Exchange, Http1Parts } from "./http1-exchange.ts";

/** A request whose body is taken whole before it is served, and whose answer is sent at once. */
export class Http1Whole implements Http1Exchange {
  readonly #parts: Http1Parts;
  readonly #answer: Http1Answer;
  readonly #kept: KeptRequest;
  readonly #body = new GatheredBytes();
  #receivingSince = 0;
  #isReceived = false;
  #isAnswered = false;

  constructor(parts: Http1Parts) {
    this.#parts = parts;
    this.#answer = new Http1Answer(parts.shared, parts.outgoing);
    this.#kept = new KeptRequest(parts.shared);
  }

  start(): void {
    const { incoming, shared } = this.#parts;
    const { maxRequestBytes, maxUnsentTotalBytes } = shared.limits;
    if (shared.unsentBytes > maxUnsentTotalBytes) {
      return this.#refuseUntaken();
    }
    if (Number(incoming.headers["content-length"] ?? 0) > maxRequestBytes) return this.#refuseLarge();
    incoming.on("data", (chunk: Uint8Array) => this.#received(chunk));
    incoming.on("end", () => this.#ended());
  }

  closed(): void {
    this.#isAnswered = true;
    this.#forget();
    this.#answer.closed();
  }

  sweep(now: number): void {
    const { outgoing, shared, head } = this.#parts;
    if (this.#answer.isStalled(now)) {
      shared.refusals.refused(head.remote, "HTTP/1.1: takes nothing of what it asked for");
      outgoing.destroy();
    }
    if (this.#isReceived || this.#isAnswered) return;
    if (this.#receivingSince === 0) this.#receivingSince = now;
    else if (now - this.#receivingSince > shared.limits.receiveTimeoutMs) {
      this.#refuse(408, "the request was not whole in time");
    }
  }

  #received(chunk: Uint8Array): void {
    if (this.#isAnswered) return;
    if (this.#body.length + chunk.length > this.#parts.shared.limits.maxRequestBytes) return this.#refuseLarge();
    this.#body.add(chunk);
    if (!this.#kept.set(this.#body.heldBytes)) {
      this.#refuse(503, "too many bytes of unfinished requests: send again later");
    }
  }

  #ended(): void {
    this.#isReceived = true;
    if (this.#isAnswered) return;
    const { shared, head } = this.#parts;
    const body = this.#body.take();
    this.#forget();
    try {
      shared.http({ ...head, body }, (response) => this.#respond(response, this.#parts.mustClose()));
    } catch (error) {
      logFailure(shared, head.path, error);
      this.#refuse(500, "internal error");
    }
  }

  /** One answer goes where nothing else waits, however large it is. */
  #hasRoomFor(bytes: number): boolean {
    const { unsentBytes, limits } = this.#parts.shared;
    return unsentBytes === 0 || unsentBytes + bytes <= limits.maxUnsentTotalBytes;
  }

  #refuseUntaken(): void {
    this.#refuse(503, "too many bytes of responses wait for their clients: ask again later");
  }

  #refuseLarge(): void {
    this.#refuse(413, `the body is larger than ${this.#parts.shared.limits.maxRequestBytes} bytes`);
  }

  /** What still comes of the request is not read: so the connection cannot go on. */
  #refuse(status: number, text: string): void {
    const mustClose = !this.#isReceived || this.#parts.mustClose();
    this.#respond({ status, contentType: "text/plain; charset=utf-8", body: `${text}\n` }, mustClose);
  }

  #respond({ status, contentType, body, headers }: HttpResponse, mustClose: boolean): void {
    const { outgoing } = this.#parts;
    if (this.#isAnswered || outgoing.destroyed) return;
    const bytes = typeof body === "string" ? Buffer.from(body, "utf8") : body;
    if (bytes.length > smallResponseBytes && !this.#hasRoomFor(bytes.length)) return this.#refuseUntaken();
    this.#isAnswered = true;
    this.#forget();
    this.#answer.begin(status, contentType, bytes.length, mustClose, headers);
    outgoing.end(bytes);
    this.#answer.count();
  }

  #forget(): void {
    this.#body.take();
    this.#kept.set(0);
  }
}
