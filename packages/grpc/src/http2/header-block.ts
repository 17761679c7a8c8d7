import { ConnectionError, errorCodes } from "./protocol.ts";

/** An honest client fills its frames: a block as large as we take needs a handful. */
const maxContinuations = 16;

/** A header block that comes in pieces (HEADERS without END_HEADERS, then CONTINUATION): gathered within bounds. */
export class HeaderBlock {
  readonly #maxBytes: number;
  #streamId = 0;
  #endsStream = false;
  #pieces: Buffer[] = [];
  #bytes = 0;
  #continuations = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** The stream whose block is under way; 0: none. */
  get streamId(): number {
    return this.#streamId;
  }

  get endsStream(): boolean {
    return this.#endsStream;
  }

  begin(streamId: number, endsStream: boolean, piece: Buffer): void {
    this.#streamId = streamId;
    this.#endsStream = endsStream;
    this.#continuations = 0;
    this.#add(piece);
  }

  /** Throws `ConnectionError` when it is too much. */
  continue(piece: Buffer): void {
    this.#continuations++;
    if (this.#continuations > maxContinuations) {
      throw new ConnectionError(errorCodes.enhanceYourCalm, "a header block in too many CONTINUATION frames");
    }
    this.#add(piece);
  }

  /** Everything that has come; nothing is under way after it. */
  finish(): Buffer {
    const block = Buffer.concat(this.#pieces);
    this.#streamId = 0;
    this.#pieces = [];
    this.#bytes = 0;
    return block;
  }

  #add(piece: Buffer): void {
    this.#bytes += piece.length;
    if (this.#bytes > this.#maxBytes) {
      throw new ConnectionError(errorCodes.enhanceYourCalm, `a header block of more than ${this.#maxBytes} bytes`);
    }
    // A small piece must not hold the whole chunk that it came in while it waits.
    this.#pieces.push(Buffer.from(piece));
  }
}
