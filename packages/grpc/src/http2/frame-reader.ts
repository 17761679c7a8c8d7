import { ConnectionError, errorCodes, frameHeaderBytes, maxFrameBytes } from "./protocol.ts";

/** Takes one frame: its payload is `bytes[start, end)`, in memory that is not used again. */
export interface FrameTaker {
  readonly isOver: boolean;
  takeFrame(type: number, flags: number, streamId: number, bytes: Buffer, start: number, end: number): void;
}

/**
 * Cuts a byte stream into frames. A frame that lies whole in one chunk is not copied. One that does not is gathered in memory
 * of its own, at most one frame's worth.
 */
export class FrameReader {
  readonly #taker: FrameTaker;
  /** Of a frame that is not whole: its header, later all of it. */
  #partial: Buffer | undefined;
  #held = 0;
  #taken = 0;

  constructor(taker: FrameTaker) {
    this.#taker = taker;
  }

  /** Part of a frame has come, the rest has not. */
  get isWaiting(): boolean {
    return this.#partial !== undefined;
  }

  /** Grows with each frame that is whole. */
  get framesTaken(): number {
    return this.#taken;
  }

  /** Throws `ConnectionError` for a frame beyond the size that we take, before anything is kept of it. */
  add(chunk: Buffer): void {
    let at = this.#partial === undefined ? 0 : this.#complete(chunk, this.#partial);
    const taker = this.#taker;
    while (at + frameHeaderBytes <= chunk.length && !taker.isOver) {
      const start = at + frameHeaderBytes;
      const end = start + lengthAt(chunk, at);
      if (end > chunk.length) break;
      this.#take(chunk, at, end);
      at = end;
    }
    if (at < chunk.length && !taker.isOver) this.#keep(chunk, at);
  }

  /** Fills up the frame that is held; returns where the chunk goes on. */
  #complete(chunk: Buffer, partial: Buffer): number {
    let at = Math.min(partial.length - this.#held, chunk.length);
    chunk.copy(partial, this.#held, 0, at);
    this.#held += at;
    if (this.#held < partial.length) return at;
    let frame = partial;
    if (frame.length === frameHeaderBytes) {
      frame = Buffer.allocUnsafe(frameHeaderBytes + lengthAt(partial, 0));
      partial.copy(frame);
      const taken = Math.min(frame.length - this.#held, chunk.length - at);
      chunk.copy(frame, this.#held, at, at + taken);
      this.#held += taken;
      at += taken;
      this.#partial = frame;
      if (this.#held < frame.length) return at;
    }
    this.#partial = undefined;
    this.#take(frame, 0, frame.length);
    return at;
  }

  #keep(chunk: Buffer, at: number): void {
    const isHeaderWhole = chunk.length - at >= frameHeaderBytes;
    const partial = Buffer.allocUnsafe(frameHeaderBytes + (isHeaderWhole ? lengthAt(chunk, at) : 0));
    this.#held = chunk.copy(partial, 0, at);
    this.#partial = partial;
  }

  #take(bytes: Buffer, at: number, end: number): void {
    const streamId =
      ((((bytes[at + 5] as number) & 0x7f) << 24) |
        ((bytes[at + 6] as number) << 16) |
        ((bytes[at + 7] as number) << 8) |
        (bytes[at + 8] as number)) >>>
      0;
    const start = at + frameHeaderBytes;
    this.#taken++;
    this.#taker.takeFrame(bytes[at + 3] as number, bytes[at + 4] as number, streamId, bytes, start, end);
  }
}

function lengthAt(bytes: Buffer, at: number): number {
  const length = ((bytes[at] as number) << 16) | ((bytes[at + 1] as number) << 8) | (bytes[at + 2] as number);
  if (length > maxFrameBytes) {
    throw new ConnectionError(errorCodes.frameSizeError, `a frame of ${length} bytes: ${maxFrameBytes} are allowed`);
  }
  return length;
}
