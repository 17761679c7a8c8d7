import { protocolError } from "./frame-rules.ts";
import { clientPreface } from "./protocol.ts";

/** What a client says before its first frame (RFC 9113 §3.4), in however many pieces it comes. */
export class PrefaceReader {
  #seen = 0;

  get isWhole(): boolean {
    return this.#seen === clientPreface.length;
  }

  /** Returns what follows the preface in this chunk. Throws `ConnectionError` as soon as it is another. */
  take(chunk: Buffer): Buffer {
    const length = Math.min(chunk.length, clientPreface.length - this.#seen);
    const expected = clientPreface.subarray(this.#seen, this.#seen + length);
    if (chunk.compare(expected, 0, length, 0, length) !== 0) throw protocolError("this is no HTTP/2 preface");
    this.#seen += length;
    return chunk.subarray(length);
  }
}
