/** What a piece from the socket takes beside its bytes, and so a fragment, about. */
const eachBytes = 256;
/** The longest head: two bytes, a length of eight, a mask of four. */
const maxHeadBytes = 14;

/**
 * Follows the frames of a websocket's client (RFC 6455 §5.2) beside their reader, to know what that one keeps of a message that is not
 * whole: each fragment by itself, and with it all of the piece that it came in. Judging frames is the reader's part.
 */
export class UnfinishedFrames {
  #pieceBytes = 0;
  #count = 0;
  readonly #head: Buffer = Buffer.alloc(maxHeadBytes);
  #headLength = 0;
  #payloadLeft: number | undefined;
  #isInMessage = false;

  /** What is kept, in bytes: 0 when all that came was whole. */
  get heldBytes(): number {
    return this.#pieceBytes + eachBytes * this.#count;
  }

  /** Takes what came from the socket. */
  add(piece: Uint8Array): void {
    let isKept = false;
    for (let at = 0; at < piece.length; ) {
      if (this.#payloadLeft === undefined) {
        this.#head[this.#headLength++] = piece[at++] as number;
        this.#payloadLeft = this.#declaredLength();
      } else {
        const taken = Math.min(this.#payloadLeft, piece.length - at);
        this.#payloadLeft -= taken;
        at += taken;
      }
      if (this.#payloadLeft === 0) isKept = this.#frameEnds() || (isKept && this.#isInMessage);
    }
    const isInFrame = this.#headLength > 0;
    if (!isKept && !isInFrame) return;
    this.#pieceBytes += piece.length;
    this.#count++;
  }

  /** Undefined: the head is not whole. */
  #declaredLength(): number | undefined {
    const head = this.#head;
    if (this.#headLength < 2) return undefined;
    const second = head[1] as number;
    const short = second & 0x7f;
    const lengthBytes = short === 127 ? 8 : short === 126 ? 2 : 0;
    const maskBytes = second & 0x80 ? 4 : 0;
    if (this.#headLength < 2 + lengthBytes + maskBytes) return undefined;
    if (lengthBytes === 0) return short;
    return lengthBytes === 2 ? head.readUInt16BE(2) : Number(head.readBigUInt64BE(2));
  }

  /** Whether a fragment has come that waits for the rest of its message. */
  #frameEnds(): boolean {
    const first = this.#head[0] as number;
    const [isLast, isControl] = [(first & 0x80) !== 0, (first & 0x08) !== 0];
    this.#headLength = 0;
    this.#payloadLeft = undefined;
    if (!isControl) this.#isInMessage = !isLast;
    if (!this.#isInMessage) {
      this.#pieceBytes = 0;
      this.#count = 0;
    } else if (!isControl) this.#count++;
    return this.#isInMessage && !isControl;
  }
}
