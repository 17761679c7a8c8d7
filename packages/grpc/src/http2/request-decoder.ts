import { HeaderDecoder } from "../hpack/header-decoder.ts";
import { HeadCache } from "./head-cache.ts";
import { areTrailersMalformed, readRequestHead, type RequestHead } from "./request-head.ts";

/** Reads the header blocks of one connection, in their order. Throws `HpackError`. */
export class RequestDecoder {
  readonly #decoder: HeaderDecoder;
  readonly #heads = new HeadCache();

  constructor(maxHeaderBytes: number) {
    this.#decoder = new HeaderDecoder(maxHeaderBytes);
  }

  /** The head of a request, or why there is none. */
  head(bytes: Buffer, start: number, end: number): RequestHead | "malformed" | "too-large" {
    const decoder = this.#decoder;
    const { changes } = decoder;
    const known = this.#heads.find(bytes, start, end, changes);
    if (known !== undefined) return known;
    const fields = decoder.decode(bytes, start, end);
    if (decoder.wasTooLarge) return "too-large";
    const head = readRequestHead(fields);
    if (head === undefined) return "malformed";
    if (decoder.changes === changes) this.#heads.keep(bytes, start, end, changes, head);
    return head;
  }

  /** Trailers are read, because later blocks may refer to them, and not kept; false when they are malformed. */
  trailers(bytes: Buffer, start: number, end: number): boolean {
    const fields = this.#decoder.decode(bytes, start, end);
    return !areTrailersMalformed(fields) && !this.#decoder.wasTooLarge;
  }
}
