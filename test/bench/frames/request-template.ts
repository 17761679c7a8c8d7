import type { KeyNumber } from "../operations.ts";
import { callHeaders, flags, frame, frameHeaderBytes, frameTypes } from "./frames.ts";

/** Where a request's frames have what differs from one request to the next. */
export class RequestTemplate {
  /** Of the DATA frame's payload: what flow control counts. */
  readonly dataBytes: number;
  readonly #first: Buffer;
  readonly #later: Buffer;
  readonly #number: KeyNumber | undefined;

  /** `body` is the gRPC message with its prefix; `number` says where in it each request has a number of its own. */
  constructor(path: string, authority: string, body: Uint8Array, number: KeyNumber | undefined) {
    if (body.length > 16_000) throw new Error(`a body of ${body.length} bytes needs more than one frame`);
    const headers = callHeaders(path, authority);
    const data = frame(frameTypes.data, flags.endStream, 0, body);
    this.dataBytes = body.length;
    this.#first = Buffer.concat([frame(frameTypes.headers, flags.endHeaders, 0, headers.first), data]);
    this.#later = Buffer.concat([frame(frameTypes.headers, flags.endHeaders, 0, headers.later), data]);
    this.#number = number;
  }

  /** Bytes of a request; the first of a connection is longer. */
  bytes(isFirst: boolean): number {
    return isFirst ? this.#first.length : this.#later.length;
  }

  /** Writes a request's frames into `target` at `offset` and gives the offset after them. */
  write(target: Buffer, offset: number, streamId: number, isFirst: boolean): number {
    const template = isFirst ? this.#first : this.#later;
    template.copy(target, offset);
    const end = offset + template.length;
    const data = end - this.dataBytes - frameHeaderBytes;
    target.writeUInt32BE(streamId, offset + 5);
    target.writeUInt32BE(streamId, data + 5);
    if (this.#number !== undefined) this.#writeNumber(target, data + frameHeaderBytes, this.#number);
    return end;
  }

  #writeNumber(target: Buffer, body: number, { offset, digits, keys }: KeyNumber): void {
    let rest = Math.floor(Math.random() * keys);
    for (let place = body + offset + digits - 1; place >= body + offset; place -= 1) {
      target[place] = 0x30 + (rest % 10);
      rest = Math.floor(rest / 10);
    }
  }
}
