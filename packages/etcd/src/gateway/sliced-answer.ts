import type { DescMessage } from "@bufbuild/protobuf";
import type { HttpStream } from "@quorate/grpc";
import { slicedJson } from "./sliced-json.ts";

/** Larger responses are written bit by bit. */
export const slicedFromBytes: number = 64 * 1024;

/** How long a piece of the work may hold up everything else, in ms. */
const sliceMs = 2;
/** What goes out at once, in characters. */
const pieceLength = 32 * 1024;

/**
 * Writes a large response as JSON, a slice of it in each turn of the event loop, at its reader's pace: making the JSON of a
 * hundred thousand keys takes longer than heartbeats may wait.
 */
export class SlicedAnswer {
  readonly #stream: HttpStream;
  readonly #pieces: Generator<string>;
  #next: NodeJS.Immediate | undefined;
  #isOver = false;

  constructor(stream: HttpStream, type: DescMessage, response: Uint8Array) {
    this.#stream = stream;
    this.#pieces = slicedJson(type, response);
  }

  begin(): void {
    this.#stream.begin(200, "application/json");
    this.#slice();
  }

  /** The reader has caught up. */
  drained(): void {
    if (this.#next === undefined) this.#slice();
  }

  /** Nobody reads any more. */
  stop(): void {
    this.#isOver = true;
    clearImmediate(this.#next);
  }

  #slice(): void {
    this.#next = undefined;
    const until = performance.now() + sliceMs;
    let text = "";
    while (!this.#isOver) {
      const { value, done } = this.#pieces.next();
      if (done === true) return this.#end(text);
      text += value;
      if (text.length >= pieceLength) {
        if (!this.#stream.write(Buffer.from(text))) return;
        text = "";
      }
      if (performance.now() < until) continue;
      if (text !== "" && !this.#stream.write(Buffer.from(text))) return;
      this.#next = setImmediate(() => this.#slice());
      return;
    }
  }

  #end(text: string): void {
    this.#isOver = true;
    this.#stream.write(Buffer.from(text));
    this.#stream.end();
  }
}
