import type {
  HttpHandler,
  HttpHeaders,
  HttpRequestHead,
  HttpStream,
  HttpStreamRoutes,
  OpenHttpStream,
} from "@quorate/grpc";

/** Answers at once, whatever is asked. */
export function textAnswer(status: number, text: string): OpenHttpStream {
  return (stream) => {
    stream.begin(status, "text/plain; charset=utf-8");
    stream.write(Buffer.from(`${text}\n`));
    stream.end();
    return { onData: () => {}, onEnd: () => {}, onCancel: () => {} };
  };
}

const preflight: OpenHttpStream = (stream) => {
  stream.begin(200, "text/plain; charset=utf-8", { "content-length": "0" });
  stream.end();
  return { onData: () => {}, onEnd: () => {}, onCancel: () => {} };
};

/** Which web pages may read what is served over HTTP: those of any origin ("*"), or of some (`--cors`). */
export class AccessControl {
  readonly #origins: ReadonlySet<string>;

  constructor(origins: readonly string[]) {
    this.#origins = new Set(origins);
  }

  /** Also answers what browsers ask before they ask. */
  streams(routes: HttpStreamRoutes): HttpStreamRoutes {
    return (head) => {
      const headers = this.#headersFor(head);
      const open = head.method === "OPTIONS" ? preflight : routes(head);
      if (open === undefined || headers === undefined) return open;
      return (stream) => open(withHeaders(stream, headers));
    };
  }

  /** For websockets, whose pages browsers do not hold to the headers. */
  admitsOrigin(origin: string): boolean {
    return this.#origins.has("*") || this.#origins.has(origin);
  }

  whole(handler: HttpHandler): HttpHandler {
    return (request, respond) => {
      const headers = this.#headersFor(request);
      if (headers === undefined) return handler(request, respond);
      handler(request, (response) => respond({ ...response, headers: { ...headers, ...response.headers } }));
    };
  }

  #headersFor(head: HttpRequestHead): HttpHeaders | undefined {
    if (this.#origins.has("*")) return allowing("*");
    const origin = head.header("origin");
    return origin !== undefined && this.#origins.has(origin) ? allowing(origin) : undefined;
  }
}

function allowing(origin: string): HttpHeaders {
  return {
    "access-control-allow-methods": "POST, GET, OPTIONS, PUT, DELETE",
    "access-control-allow-origin": origin,
    "access-control-allow-headers": "accept, content-type, authorization",
  };
}

/** The same exchange, whose answer has more headers. */
function withHeaders(stream: HttpStream, more: HttpHeaders): HttpStream {
  return {
    begin: (status, contentType, headers) => stream.begin(status, contentType, { ...more, ...headers }),
    write: (piece) => stream.write(piece),
    isFramed: stream.isFramed,
    get unsentBytes() {
      return stream.unsentBytes;
    },
    end: (ending) => stream.end(ending),
    cut: () => stream.cut(),
    keep: (bytes) => stream.keep(bytes),
    pause: () => stream.pause(),
    resume: () => stream.resume(),
  };
}
