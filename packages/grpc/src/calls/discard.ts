import type { Http2Connection } from "../http2/connection.ts";
import { errorCodes } from "../http2/protocol.ts";
import { deafConsumer, type Http2Stream, type StreamConsumer } from "../http2/stream.ts";

/** How long a client that has its answer may go on with its request, in ms. */
const lingerMs = 1000;

/**
 * After an early answer: throws away what still comes of the request, and tells a client that goes on sending to stop
 * (RFC 9113 §8.1). Not at once: a reset may overtake the answer, which the client would then never see.
 */
export function discardRequest(connection: Http2Connection, stream: Http2Stream): void {
  if (stream.remoteEnded || stream.isClosed) stream.consumer = deafConsumer;
  else stream.consumer = new Discard(connection, stream);
}

class Discard implements StreamConsumer {
  readonly #connection: Http2Connection;
  readonly #stream: Http2Stream;
  #since = 0;

  constructor(connection: Http2Connection, stream: Http2Stream) {
    this.#connection = connection;
    this.#stream = stream;
  }

  data(): void {}
  ended(): void {}
  aborted(): void {}
  drained(): void {}

  sweep(now: number): void {
    if (this.#since === 0) this.#since = now;
    else if (now - this.#since >= lingerMs) this.#connection.reset(this.#stream, errorCodes.noError);
  }
}
