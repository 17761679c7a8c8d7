import { connect, type Socket } from "node:net";
import {
  callHeaders,
  defaultWindowBytes,
  flags,
  frame,
  frameHeaderBytes,
  frameTypes,
  greeting,
  settingIds,
  windowUpdate,
} from "../../bench/frames/frames.ts";

/** When so much was received, the peer may send as much again. */
const refillBytes = 2 ** 24;
const largestFrameBytes = 16_384;

/** One HTTP/2 connection for one gRPC method, by hand: of a thousand clients in one process each must cost next to nothing. */
export abstract class FrameConnection {
  readonly #socket: Socket;
  readonly #headers: ReturnType<typeof callHeaders>;
  #rest: Buffer = Buffer.alloc(0);
  #nextStream = 1;
  #received = 0;
  #sendWindow = defaultWindowBytes;
  #streamWindow = defaultWindowBytes;
  #waiting: (() => void)[] = [];
  #isClosed = false;

  constructor(endpoint: string, path: string) {
    const [host = "", port = ""] = endpoint.split(":");
    this.#headers = callHeaders(path, endpoint);
    this.#socket = connect({ host, port: Number(port), noDelay: true });
    this.#socket.on("data", (chunk: Buffer) => this.#receive(chunk));
    this.#socket.on("error", (error) => this.broken(error));
    this.#socket.on("close", () => {
      if (!this.#isClosed) this.broken(new Error("the connection was closed"));
    });
    this.#socket.write(greeting());
  }

  protected abstract broken(error: Error): void;
  protected abstract data(stream: number, payload: Buffer): void;
  protected abstract ended(stream: number): void;

  close(): void {
    this.#isClosed = true;
    this.#socket.destroy();
  }

  /** Begins a call; gives its stream. */
  protected begin(): number {
    const stream = this.#nextStream;
    this.#nextStream += 2;
    const block = stream === 1 ? this.#headers.first : this.#headers.later;
    this.#socket.write(frame(frameTypes.headers, flags.endHeaders, stream, block));
    return stream;
  }

  /** Sends a message, its five bytes before it included, as soon as the windows allow. */
  protected send(stream: number, message: Uint8Array, isLast: boolean): void {
    if (message.length > largestFrameBytes) throw new RangeError("a message of more than one frame");
    const go = (): void => {
      this.#sendWindow -= message.length;
      this.#socket.write(frame(frameTypes.data, isLast ? flags.endStream : 0, stream, message));
    };
    if (this.#waiting.length === 0 && this.#sendWindow >= largestFrameBytes) go();
    else this.#waiting.push(go);
  }

  #receive(chunk: Buffer): void {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    let offset = 0;
    while (bytes.length - offset >= frameHeaderBytes) {
      const end = offset + frameHeaderBytes + bytes.readUIntBE(offset, 3);
      if (end > bytes.length) break;
      this.#frame(bytes, offset, end);
      offset = end;
    }
    this.#rest = bytes.subarray(offset);
  }

  #frame(bytes: Buffer, start: number, end: number): void {
    const flagBits = bytes[start + 4] ?? 0;
    const stream = bytes.readUInt32BE(start + 5);
    const payload = bytes.subarray(start + frameHeaderBytes, end);
    switch (bytes[start + 3]) {
      case frameTypes.data:
        this.#count(payload.length);
        this.data(stream, payload);
        break;
      case frameTypes.headers:
        break;
      case frameTypes.rstStream:
        return this.ended(stream);
      case frameTypes.settings:
        if ((flagBits & flags.acknowledgement) === 0) this.#settings(payload);
        return;
      case frameTypes.ping:
        if ((flagBits & flags.acknowledgement) === 0) {
          this.#socket.write(frame(frameTypes.ping, flags.acknowledgement, 0, payload));
        }
        return;
      case frameTypes.windowUpdate:
        if (stream === 0) this.#sendWindow += payload.readUInt32BE(0);
        while (this.#sendWindow >= largestFrameBytes && this.#waiting.length > 0) this.#waiting.shift()?.();
        return;
      case frameTypes.goAway:
        return this.broken(new Error("the server sent GOAWAY"));
      default:
        return;
    }
    if ((flagBits & flags.endStream) !== 0) this.ended(stream);
  }

  #count(length: number): void {
    this.#received += length;
    if (this.#received < refillBytes) return;
    this.#socket.write(windowUpdate(this.#received));
    this.#received = 0;
  }

  #settings(payload: Buffer): void {
    for (let offset = 0; offset + 6 <= payload.length; offset += 6) {
      if (payload.readUInt16BE(offset) === settingIds.initialWindowSize) {
        this.#streamWindow = payload.readUInt32BE(offset + 2);
      }
    }
    if (this.#streamWindow < largestFrameBytes) this.broken(new Error(`a stream's window is ${this.#streamWindow}`));
    this.#socket.write(frame(frameTypes.settings, flags.acknowledgement, 0, Buffer.alloc(0)));
  }
}
