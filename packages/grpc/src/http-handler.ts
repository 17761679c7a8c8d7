/** What a plain HTTP request says before its body, over HTTP/1.1 or HTTP/2. */
export interface HttpRequestHead {
  /** Upper case. */
  readonly method: string;
  /** As it was sent, without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** Who asks, for people: "127.0.0.1:40312". */
  readonly remote: string;
  /** As `Call.clientName`. */
  readonly clientName: string | undefined;
  /** By lower-case name; the first value where there are several. */
  header(name: string): string | undefined;
}

/** A request with its whole body. */
export interface HttpRequest extends HttpRequestHead {
  /** At most `ServerLimits.maxRequestBytes`. */
  readonly body: Uint8Array;
}

export type HttpHeaders = Readonly<Record<string, string>>;

export interface HttpResponse {
  readonly status: number;
  readonly contentType: string;
  readonly body: string | Uint8Array;
  readonly headers?: HttpHeaders;
}

/** Serves one request; must call `respond` once, and may do so from inside. What it throws is answered with 500. */
export type HttpHandler = (request: HttpRequest, respond: (response: HttpResponse) => void) => void;

/**
 * Finds who serves a request whose body is taken as it comes, and whose answer may begin before its end and go on and on.
 * Undefined: the request is served by the `HttpHandler`, with its whole body.
 */
export type HttpStreamRoutes = (head: HttpRequestHead) => OpenHttpStream | undefined;

/** Begins to serve. What it or its handler throws is logged, and the exchange ends. */
export type OpenHttpStream = (stream: HttpStream) => HttpStreamHandler;

/**
 * How an answer ends: as it should; because this server cannot go on with it, where another might; because it failed; because what was asked
 * is not understood. Over a websocket it is told apart by the code of the close.
 */
export type StreamEnding = "complete" | "unavailable" | "failed" | "malformed";

/** The server's side of one exchange. After its end, whoever ended it, nothing that is written goes anywhere. */
export interface HttpStream {
  /** Sends the answer's head, once, before anything of its body. */
  begin(status: number, contentType: string, headers?: HttpHeaders): void;
  /**
   * Sends a piece of the body, which must not change afterwards. False: more than 256 KiB wait for the client, so wait for
   * `onDrain` before the next. Beyond `ServerLimits.maxUnsentResponseBytes` the exchange is cut.
   */
  write(piece: Uint8Array): boolean;
  /** Bytes that wait for the client. */
  readonly unsentBytes: number;
  /** The answer is complete, as far as it goes. */
  end(ending?: StreamEnding): void;
  /** Over a websocket: the request comes as messages, and has no end; who needs no more of it goes ahead. */
  readonly isFramed: boolean;
  /** Ends the exchange so that the client sees that its answer is not complete. */
  cut(): void;
  /**
   * Says how many bytes of an unfinished request the handler keeps: they count against `maxPartialRequestBytes`, and what has
   * begun must be whole, 0 again, within `receiveTimeoutMs`. False: it is too much, and the exchange has been ended.
   */
  keep(bytes: number): boolean;
  /** No more of the request is delivered until `resume`; the client is stopped by its window, or by TCP. */
  pause(): void;
  resume(): void;
}

export interface HttpStreamHandler {
  /** A piece of the request's body. It may be a view of a larger buffer: copy what is kept. */
  onData(piece: Uint8Array): void;
  /** The request is complete. The exchange goes on until `HttpStream.end`. */
  onEnd(): void;
  /** After `write` returned false: everything that was written is on its way. */
  onDrain?(): void;
  /** The exchange is over without `end` or `cut`: the client has gone, or broke a bound. Once. */
  onCancel(): void;
}
