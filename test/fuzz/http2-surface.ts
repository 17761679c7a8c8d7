import { encodeHeaders } from "../../packages/grpc/src/hpack/header-encoder.ts";
import { mutated, pieces, type Random } from "./random.ts";
import type { Target } from "./target.ts";

const preface = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "latin1");
const paths = [
  "/etcdserverpb.KV/Range",
  "/etcdserverpb.KV/Put",
  "/etcdserverpb.Watch/Watch",
  "/etcdserverpb.Lease/LeaseKeepAlive",
  "/etcdserverpb.Maintenance/Snapshot",
  "/etcdserverpb.Nothing/Such",
  "/v3/kv/range",
  "/v3/watch",
  "/metrics",
  "*",
];

export function frame(type: number, flags: number, id: number, payload: Buffer): Buffer {
  const header = Buffer.alloc(9);
  header.writeUIntBE(payload.length, 0, 3);
  header[3] = type;
  header[4] = flags;
  header.writeUInt32BE(id >>> 0, 5);
  return Buffer.concat([header, payload]);
}

function fields(random: Random): Buffer {
  const list: [string, string][] = [
    [":method", random.pick(["POST", "POST", "POST", "GET", "HEAD", "CONNECT", "OPTIONS", ""])],
    [":scheme", "http"],
    [":path", random.pick(paths)],
    [":authority", "localhost"],
    ["content-type", random.pick(["application/grpc", "application/grpc", "application/grpc+proto", "text/plain", ""])],
  ];
  if (random.chance(0.2)) list.push(["grpc-timeout", random.pick(["1n", "5m", "99999999H", "-1S", "x"])]);
  if (random.chance(0.2)) list.push(["grpc-encoding", random.pick(["gzip", "identity", "deflate", ""])]);
  if (random.chance(0.2)) list.push(["content-length", random.pick(["0", "5", "1073741824", "-1", "9".repeat(40)])]);
  if (random.chance(0.2))
    list.push([random.pick(["x", "X", "te", "connection", "token-bin", ""]), random.pick(["1", "\0", " "])]);
  if (random.chance(0.1)) list.splice(random.below(list.length), 1);
  if (random.chance(0.1)) list.reverse();
  return Buffer.from(encodeHeaders(list));
}

function message(random: Random): Buffer {
  const body = random.bytes(30);
  const prefix = Buffer.alloc(5);
  prefix[0] = random.pick([0, 0, 0, 1, 2]);
  prefix.writeUInt32BE(random.pick([body.length, body.length, body.length, 0, 1_073_741_824, 0xffffffff]), 1);
  return Buffer.concat([prefix, body]);
}

/** The streams that a client has opened so far. */
interface Conversation {
  readonly open: number[];
  next: number;
}

/** A payload with padding as it should be, or with another. */
function padded(random: Random, payload: Buffer): Buffer {
  const padding = random.below(20);
  const said = random.chance(0.8) ? padding : random.below(256);
  return Buffer.concat([Buffer.of(said), payload, Buffer.alloc(padding)]);
}

/** A frame that could follow what came before. */
function nextFrame(random: Random, conversation: Conversation): Buffer {
  const { open } = conversation;
  const id = open.length === 0 || random.chance(0.02) ? random.pick([1, 2, 3, 9]) : random.pick(open);
  const isPadded = random.chance(0.2);
  const flags = (isPadded ? 8 : 0) | (random.chance(0.3) ? 1 : 0);
  const dressed = (payload: Buffer): Buffer => (isPadded ? padded(random, payload) : payload);
  switch (random.below(10)) {
    case 0:
    case 1:
    case 2: {
      open.push(conversation.next);
      const opened = frame(1, flags | 4, conversation.next, dressed(fields(random)));
      conversation.next += random.pick([2, 2, 2, 4]);
      return opened;
    }
    case 3:
    case 4:
    case 5:
    case 6:
      return frame(0, flags, id, dressed(message(random)));
    case 7:
      return frame(1, flags | 5, id, dressed(Buffer.from(encodeHeaders([["x", "y"]]))));
    case 8: {
      const update = Buffer.alloc(4);
      update.writeUInt32BE(random.pick([1, 5000, 65_535]));
      return frame(8, 0, random.pick([0, id]), update);
    }
    default:
      return frame(3, 0, id, Buffer.alloc(4));
  }
}

/** Any frame, likely a wrong one. */
function anyFrame(random: Random): Buffer {
  const id = random.pick([0, 1, 1, 1, 3, 3, 5, 7, 2, 2 ** 31 - 1, 2 ** 32 - 1]);
  const flags = random.pick([0, 1, 4, 4, 5, 5, 8, 0x0d, 0x20, 0x25, 0xff]);
  switch (random.below(12)) {
    case 0:
    case 1:
    case 2:
    case 3:
      return frame(1, random.pick([4, 4, 5, flags]), id, fields(random));
    case 4:
    case 5:
    case 6:
      return frame(0, random.pick([0, 1, flags]), id, message(random));
    case 7: {
      const update = Buffer.alloc(4);
      update.writeUInt32BE(random.pick([0, 1, 65_535, 2 ** 31 - 1, 2 ** 32 - 1]));
      return frame(8, 0, id, update);
    }
    case 8: {
      const settings = Buffer.alloc(6 * random.below(4));
      for (let at = 0; at < settings.length; at += 6) {
        settings.writeUInt16BE(random.below(8), at);
        settings.writeUInt32BE(random.pick([0, 1, 100, 65_535, 16_384, 2 ** 31 - 1, 2 ** 32 - 1]), at + 2);
      }
      return frame(4, random.pick([0, 0, 1]), random.pick([0, 0, id]), settings);
    }
    case 9:
      return frame(3, 0, id, Buffer.alloc(4));
    case 10:
      return frame(9, random.pick([0, 4]), id, fields(random).subarray(0, random.below(40)));
    default:
      return frame(random.below(12), flags, id, random.bytes(40));
  }
}

/** Frames of HTTP/2, right and wrong, and requests of HTTP/1.1 likewise. */
export async function fuzzHttp(random: Random, target: Target): Promise<void> {
  if (random.chance(0.25)) return void (await target.send(http1(random), () => false, true));
  const conversation: Conversation = { open: [], next: 1 };
  const wildness = random.pick([0, 0.02, 0.1, 0.6]);
  const frames = Array.from({ length: random.below(30) }, () =>
    random.chance(wildness) ? anyFrame(random) : nextFrame(random, conversation),
  );
  const start = Buffer.concat([preface, frame(4, 0, 0, Buffer.alloc(0))]);
  let bytes: Buffer = Buffer.concat([start, ...frames]);
  if (random.chance(0.2)) bytes = mutated(random, bytes);
  await target.send(pieces(random, bytes), () => false, true);
}

function http1(random: Random): Buffer[] {
  const body = random.chance(0.5) ? '{"key":"YQ=="}' : random.bytes(40).toString("latin1");
  const length = random.pick([body.length, body.length, body.length, 0, 1_073_741_824, -1]);
  const lines = [
    `${random.pick(["POST", "GET", "HEAD", "OPTIONS", "PUT", "BREW"])} ${random.pick(paths)} HTTP/1.${random.pick([1, 1, 1, 0, 2])}`,
    "host: x",
    random.chance(0.2) ? "transfer-encoding: chunked" : `content-length: ${length}`,
    random.pick([
      "accept: */*",
      "expect: 100-continue",
      "upgrade: h2c",
      "x: \u0001",
      `x: ${"y".repeat(random.below(30_000))}`,
    ]),
    "connection: close",
  ];
  const bytes = Buffer.from(`${lines.join("\r\n")}\r\n\r\n${body}`, "latin1");
  return pieces(random, random.chance(0.5) ? mutated(random, bytes) : bytes);
}
