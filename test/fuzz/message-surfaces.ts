import { HeaderDecoder } from "../../packages/grpc/src/hpack/header-decoder.ts";
import { encodeHeaders } from "../../packages/grpc/src/hpack/header-encoder.ts";
import { gatewayPaths } from "../../packages/etcd/src/gateway/paths.ts";
import { messageTypes, type MessageTypes } from "../../packages/etcd/src/gateway/message-types.ts";
import { frame } from "./http2-surface.ts";
import { anyBytes, anyJson } from "./messages.ts";
import { mutated, pieces, type Random } from "./random.ts";
import type { Target } from "./target.ts";

/**
 * What is never asked by chance: it may change who the members are and who may do what, so that all that follows is refused; or
 * it waits for others, as it should.
 */
const spared = /MemberAdd|MemberRemove|MemberUpdate|AuthEnable|MoveLeader|Alarm|Lock\/Lock|Campaign/;
const methods = [...messageTypes].filter(([path]) => !spared.test(path));
const streaming = /Watch\/Watch|LeaseKeepAlive|Snapshot|Observe|RangeStream/;
const conversing = /Watch\/Watch|LeaseKeepAlive/;
const preface = Buffer.concat([
  Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "latin1"),
  frame(4, 0, 0, Buffer.alloc(0)),
]);

/** Messages of protobuf over gRPC, right and spoiled. */
export async function fuzzProtobuf(random: Random, target: Target): Promise<void> {
  const [path, types] = random.pick(methods);
  const block = encodeHeaders([
    [":method", "POST"],
    [":scheme", "http"],
    [":path", path],
    [":authority", "x"],
    ["content-type", "application/grpc"],
  ]);
  const parts = [preface, frame(1, 4, 1, Buffer.from(block))];
  const isRight = random.chance(0.5);
  for (let count = conversing.test(path) ? 1 + random.below(3) : 1; count > 0; count--) {
    const bytes = isRight ? anyBytes(random, types.input) : mutated(random, anyBytes(random, types.input));
    const prefix = Buffer.alloc(5);
    prefix.writeUInt32BE(bytes.length, 1);
    const data = Buffer.concat([prefix, bytes]);
    for (let at = 0; at < data.length; at += 16_384) parts.push(frame(0, 0, 1, data.subarray(at, at + 16_384)));
  }
  parts.push(frame(0, 1, 1, Buffer.alloc(0)));
  const isStreaming = streaming.test(path);
  const answer = await target.send(pieces(random, Buffer.concat(parts)), hasEnded, isStreaming);
  // What is spoiled may be answered so; what is right is a defect of ours.
  if (isRight && statusOf(answer) === "13") throw new Error(`${path} answers INTERNAL to a message that is right`);
}

/** `grpc-status` of stream 1, once it has ended. */
function statusOf(answer: Buffer): string | undefined {
  let status: string | undefined;
  for (let at = 0; at + 9 <= answer.length; at += 9 + answer.readUIntBE(at, 3)) {
    if (answer[at + 3] !== 1 || answer.readUInt32BE(at + 5) !== 1) continue;
    // Our server uses no dynamic table, so a block can be read by itself.
    const fields = new HeaderDecoder(100_000).decode(answer, at + 9, at + 9 + answer.readUIntBE(at, 3));
    status = fields.find(({ name }) => name === "grpc-status")?.value ?? status;
  }
  return status;
}

/** Whether a frame on stream 1 has ended it. */
function hasEnded(answer: Buffer): boolean {
  for (let at = 0; at + 9 <= answer.length; ) {
    const [type, flags] = [answer[at + 3], answer[at + 4] as number];
    const id = answer.readUInt32BE(at + 5);
    if (id === 1 && (type === 3 || (type === 1 && (flags & 1) !== 0))) return true;
    at += 9 + answer.readUIntBE(at, 3);
  }
  return false;
}

/** JSON through the gateway, right and spoiled. */
export async function fuzzJson(random: Random, target: Target): Promise<void> {
  const [path, method] = random.pick([...gatewayPaths].filter(([, own]) => !spared.test(own)));
  const { input } = messageTypes.get(method) as MessageTypes;
  let body: Buffer = Buffer.from(JSON.stringify(anyJson(random, input)));
  if (random.chance(0.4)) body = mutated(random, body);
  if (random.chance(0.02)) body = Buffer.from("[".repeat(random.below(100_000)));
  if (random.chance(0.1)) body = Buffer.concat([body, body]);
  const head = `POST ${path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: ${body.length}\r\n\r\n`;
  const isStreaming = streaming.test(method);
  const answer = await target.send(
    pieces(random, Buffer.concat([Buffer.from(head), body])),
    (answer) => isStreaming && answer.includes("\r\n\r\n"),
    isStreaming,
  );
  if (answer.includes('"code":13')) throw new Error(`${path} answers INTERNAL: ${answer.toString().slice(-300)}`);
}
