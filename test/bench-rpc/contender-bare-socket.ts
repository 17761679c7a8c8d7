import { createServer, type AddressInfo, type Socket } from "node:net";
import { framed, responseMessage } from "./message.ts";

const frameHeaderBytes = 9;
const headersFrame = 0x1;
const settingsFrame = 0x4;
const windowUpdateFrame = 0x8;
const endStream = 0x1;
const ack = 0x1;
const endHeaders = 0x4;
const prefaceBytes = 24;

/**
 * Not a server but the floor under all of them: `node:net`, and the same answer to whatever ends a stream, without looking at
 * the request. What it cannot do, no HTTP/2 server on Node.js's sockets can.
 */
export function serveBareSocket(): Promise<number> {
  const server = createServer({ noDelay: true }, answerEverything);
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port));
  });
}

function answerEverything(socket: Socket): void {
  let rest: Buffer = Buffer.alloc(0);
  let at = prefaceBytes;
  socket.on("error", () => socket.destroy());
  socket.write(Buffer.concat([frame(settingsFrame, 0, 0), frame(settingsFrame, ack, 0), wideWindow()]));
  socket.on("data", (chunk: Buffer) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    const answers: Buffer[] = [];
    for (;;) {
      const length = rest.length < at + frameHeaderBytes ? Number.POSITIVE_INFINITY : rest.readUIntBE(at, 3);
      if (rest.length < at + frameHeaderBytes + length) break;
      const [type, flags, stream] = [rest[at + 3] as number, rest[at + 4] as number, rest.readUInt32BE(at + 5)];
      if (type <= headersFrame && (flags & endStream) !== 0) answers.push(answer(stream));
      at += frameHeaderBytes + length;
    }
    const kept = Math.min(at, rest.length);
    rest = rest.subarray(kept);
    at -= kept;
    if (answers.length > 0) socket.write(answers.length === 1 ? (answers[0] as Buffer) : Buffer.concat(answers));
  });
}

/** `:status` 200 from HPACK's static table, and literals that are not indexed (RFC 7541 §6). */
const head = Buffer.concat([Buffer.from([0x88, 0x0f, 0x10, 16]), Buffer.from("application/grpc")]);
const trailer = Buffer.concat([Buffer.from([0, 11]), Buffer.from("grpc-status"), Buffer.from([1]), Buffer.from("0")]);
const answerTemplate = Buffer.concat([
  frame(headersFrame, endHeaders, 0, head),
  frame(0, 0, 0, framed(responseMessage)),
  frame(headersFrame, endHeaders | endStream, 0, trailer),
]);
const dataAt = frameHeaderBytes + head.length;
const trailerAt = dataAt + frameHeaderBytes + framed(responseMessage).length;

function answer(stream: number): Buffer {
  const bytes = Buffer.from(answerTemplate);
  for (const start of [0, dataAt, trailerAt]) bytes.writeUInt32BE(stream, start + 5);
  return bytes;
}

function frame(type: number, flags: number, stream: number, payload: Uint8Array = new Uint8Array()): Buffer {
  const bytes = Buffer.alloc(frameHeaderBytes + payload.length);
  bytes.writeUIntBE(payload.length, 0, 3);
  bytes[3] = type;
  bytes[4] = flags;
  bytes.writeUInt32BE(stream, 5);
  bytes.set(payload, frameHeaderBytes);
  return bytes;
}

/** For two gigabytes of requests: more than a run sends. */
function wideWindow(): Buffer {
  const increment = Buffer.alloc(4);
  increment.writeUInt32BE(2 ** 31 - 1 - 65_535);
  return frame(windowUpdateFrame, 0, 0, increment);
}
