/** A plain HTTP/1.1 request on the same port, with its whole body. */
export interface HttpRequest {
  /** Upper case. */
  readonly method: string;
  /** Decoded only where it needs no decoding: as it was sent, without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** At most `ServerLimits.maxRequestBytes`. */
  readonly body: Uint8Array;
  /** As `Call.clientName`. */
  readonly clientName: string | undefined;
  /** By lower-case name. */
  header(name: string): string | undefined;
}

export interface HttpResponse {
  readonly status: number;
  readonly contentType: string;
  readonly body: string | Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Serves one request; must call `respond` once, and may do so from inside. What it throws is answered with 500. */
export type HttpHandler = (request: HttpRequest, respond: (response: HttpResponse) => void) => void;
