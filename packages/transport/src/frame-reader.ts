import { frameHeaderBytes, readFrameHeader, verifiesFrame, type FrameHeader, type FrameType } from "./frame.ts";

/**
 * Cuts a stream of bytes into frames. A frame that lies whole in one chunk is a view of it; one that does not gets a
 * buffer of exactly its payload, filled once: copying is linear, and what a receiver keeps pins nothing that is much
 * larger than itself.
 */
export class FrameReader {
  readonly #maxMessageBytes: number;
  readonly #frame: (type: FrameType, payload: Uint8Array) => void;
  /** A header that arrives in pieces, or that of the frame which is being filled. */
  readonly #header = new Uint8Array(frameHeaderBytes);
  #headerFilled = 0;
  #filling: { readonly header: FrameHeader; readonly payload: Uint8Array } | undefined;
  #payloadFilled = 0;
  #stopped = false;

  constructor(maxMessageBytes: number, frame: (type: FrameType, payload: Uint8Array) => void) {
    this.#maxMessageBytes = maxMessageBytes;
    this.#frame = frame;
  }

  /** No frame is delivered any more, not even one that has arrived. */
  stop(): void {
    this.#stopped = true;
    this.#filling = undefined;
  }

  /** Takes the next bytes and delivers the frames that they complete. Returns a sentence when they cannot be frames. */
  push(bytes: Uint8Array): string | undefined {
    let at = 0;
    while (at < bytes.length && !this.#stopped) {
      if (this.#filling !== undefined) {
        at += this.#fillPayload(bytes, at);
        const { header, payload } = this.#filling;
        if (this.#payloadFilled < payload.length) return undefined;
        this.#filling = undefined;
        this.#headerFilled = 0;
        if (!verifiesFrame(header, this.#header, 0, payload)) return damaged;
        this.#frame(header.type, payload);
        continue;
      }
      let held = bytes;
      let headerAt = at;
      if (this.#headerFilled > 0 || bytes.length - at < frameHeaderBytes) {
        at += this.#fillHeader(bytes, at);
        if (this.#headerFilled < frameHeaderBytes) return undefined;
        held = this.#header;
        headerAt = 0;
      } else {
        at += frameHeaderBytes;
      }
      const header = readFrameHeader(held, headerAt, this.#maxMessageBytes);
      if (typeof header === "string") return header;
      if (bytes.length - at < header.length) {
        if (held !== this.#header) this.#header.set(held.subarray(headerAt, headerAt + frameHeaderBytes));
        this.#headerFilled = frameHeaderBytes;
        this.#filling = { header, payload: new Uint8Array(header.length) };
        this.#payloadFilled = 0;
        continue;
      }
      const payload = bytes.subarray(at, at + header.length);
      at += header.length;
      this.#headerFilled = 0;
      if (!verifiesFrame(header, held, headerAt, payload)) return damaged;
      this.#frame(header.type, payload);
    }
    return undefined;
  }

  #fillHeader(bytes: Uint8Array, at: number): number {
    const taken = Math.min(frameHeaderBytes - this.#headerFilled, bytes.length - at);
    this.#header.set(bytes.subarray(at, at + taken), this.#headerFilled);
    this.#headerFilled += taken;
    return taken;
  }

  #fillPayload(bytes: Uint8Array, at: number): number {
    const { payload } = this.#filling as { payload: Uint8Array };
    const taken = Math.min(payload.length - this.#payloadFilled, bytes.length - at);
    payload.set(bytes.subarray(at, at + taken), this.#payloadFilled);
    this.#payloadFilled += taken;
    return taken;
  }
}

const damaged = "a frame whose checksum does not match its contents";
