import { connect, type Socket } from "node:net";
import type { TestContext } from "node:test";
import { HeaderDecoder } from "../src/hpack/header-decoder.ts";
import { encodeHeaders } from "../src/hpack/header-encoder.ts";
import type { GrpcServer } from "../src/index.ts";

export const preface: Buffer = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "latin1");

export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly id: number;
  readonly payload: Buffer;
}

/** Any frame, right or wrong. */
export function frame(type: number, flags: number, id: number, payload: Uint8Array | string = ""): Buffer {
  const bytes = typeof payload === "string" ? Buffer.from(payload, "hex") : payload;
  const header = Buffer.alloc(9);
  header.writeUIntBE(bytes.length, 0, 3);
  header[3] = type;
  header[4] = flags;
  header.writeUInt32BE(id, 5);
  return Buffer.concat([header, bytes]);
}

export const settings = (...pairs: readonly (readonly [number, number])[]): Buffer => {
  const payload = Buffer.alloc(pairs.length * 6);
  for (const [index, [id, value]] of pairs.entries()) {
    payload.writeUInt16BE(id, index * 6);
    payload.writeUInt32BE(value, index * 6 + 2);
  }
  return frame(4, 0, 0, payload);
};

export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

export const usualFields: readonly (readonly [string, string])[] = [
  [":method", "POST"],
  [":scheme", "http"],
  [":path", "/test.Echo/Say"],
  [":authority", "localhost"],
  ["content-type", "application/grpc"],
  ["te", "trailers"],
];

/** HEADERS of a request, in one frame. */
export function headers(id: number, endsStream = false, fields = usualFields): Buffer {
  return frame(1, 0x4 | (endsStream ? 1 : 0), id, encodeHeaders(fields));
}

/** DATA with one gRPC message. */
export function message(id: number, bytes: readonly number[], endsStream = true): Buffer {
  return frame(0, endsStream ? 1 : 0, id, Uint8Array.of(0, 0, 0, 0, bytes.length, ...bytes));
}

/** Speaks HTTP/2 frame by frame, and does nothing by itself. */
export class FrameClient {
  readonly socket: Socket;
  readonly frames: Frame[] = [];
  readonly #decoder = new HeaderDecoder(100_000);
  #rest: Buffer = Buffer.alloc(0);
  #isClosed = false;
  #wake: () => void = () => {};

  constructor(context: TestContext, server: GrpcServer, greeting: Uint8Array = Buffer.concat([preface, settings()])) {
    this.socket = connect({ port: server.address.port, host: "127.0.0.1", noDelay: true });
    this.socket.on("data", (chunk: Buffer) => this.#received(chunk));
    this.socket.on("error", () => {});
    this.socket.on("close", () => {
      this.#isClosed = true;
      this.#wake();
    });
    context.after(() => this.socket.destroy());
    if (greeting.length > 0) this.send(greeting);
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  send(...parts: readonly Uint8Array[]): void {
    if (!this.#isClosed && this.socket.writable) this.socket.write(Buffer.concat(parts));
  }

  /** The first frame that matches, once it has come; undefined when the server closes before, or after 5 s. */
  async find(matches: (frame: Frame) => boolean): Promise<Frame | undefined> {
    const until = performance.now() + 5000;
    for (;;) {
      const found = this.frames.find(matches);
      if (found !== undefined || this.#isClosed || performance.now() > until) return found;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 500);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  /** The code that the server says goodbye with. */
  async goaway(): Promise<number | undefined> {
    return (await this.find(({ type }) => type === 7))?.payload.readUInt32BE(4);
  }

  /** The code that a stream is reset with. */
  async reset(id: number): Promise<number | undefined> {
    return (await this.find((one) => one.type === 3 && one.id === id))?.payload.readUInt32BE(0);
  }

  /** The last header block of a stream that has ended. */
  async trailers(id: number): Promise<ReadonlyMap<string, string> | undefined> {
    const found = await this.find((one) => one.type === 1 && one.id === id && (one.flags & 1) !== 0);
    if (found === undefined) return undefined;
    const { payload } = found;
    // Our server uses no dynamic table, so a block can be read by itself.
    return new Map(this.#decoder.decode(payload, 0, payload.length).map(({ name, value }) => [name, value]));
  }

  /** Bytes of DATA that have come on a stream. */
  dataBytes(id: number): number {
    return this.frames.reduce((sum, one) => (one.type === 0 && one.id === id ? sum + one.payload.length : sum), 0);
  }

  /** One whole call, to see that the connection is in order. */
  async call(id: number): Promise<string | undefined> {
    this.send(headers(id), message(id, [1, 2, 3]));
    return (await this.trailers(id))?.get("grpc-status");
  }

  async closed(): Promise<boolean> {
    await this.find(() => false);
    return this.#isClosed;
  }

  #received(chunk: Buffer): void {
    let bytes = Buffer.concat([this.#rest, chunk]);
    while (bytes.length >= 9 && bytes.length >= 9 + bytes.readUIntBE(0, 3)) {
      const end = 9 + bytes.readUIntBE(0, 3);
      const id = bytes.readUInt32BE(5) & 0x7fffffff;
      this.frames.push({ type: bytes[3] as number, flags: bytes[4] as number, id, payload: bytes.subarray(9, end) });
      bytes = bytes.subarray(end);
    }
    this.#rest = bytes;
    this.#wake();
  }
}
