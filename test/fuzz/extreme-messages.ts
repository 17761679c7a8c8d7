import { create, ScalarType, toBinary, type DescField, type DescMessage, type Message } from "@bufbuild/protobuf";
import { reflect } from "@bufbuild/protobuf/reflect";
import { RequestOpSchema, TxnRequestSchema, type RequestOp, type TxnRequest } from "@quorate/etcd/api";
import type { Random } from "./random.ts";

/** As the member has it: bytes of a request, and what travels around them. */
export const maxRequestBytes: number = 1.5 * 1024 * 1024;
const slackBytes = 512 * 1024;
const maxTxnOps = 128;

const numbers = [
  -1n,
  2n,
  2n ** 31n - 1n,
  2n ** 31n,
  2n ** 32n,
  2n ** 53n - 1n,
  2n ** 53n + 1n,
  2n ** 63n - 1n,
  -(2n ** 63n),
];
const counts = [0, 2, 127, 128, 129, 1000, 5000];

/** What a message may still take, in bytes and in elements of lists: one extreme of each is enough for one request. */
interface Room {
  bytes: number;
  elements: number;
}

/** A request as clients send it, but that some of its fields are as long, as large or as many as they may be, or a little more. */
export function extremeMessage(random: Random, type: DescMessage): Message {
  if (type === TxnRequestSchema && random.chance(0.25)) return nestedTxn(random);
  return drawn(random, type, { bytes: maxRequestBytes + slackBytes + 100, elements: 6000 }, 4);
}

function drawn(random: Random, type: DescMessage, room: Room, depth: number): Message {
  const message = create(type);
  const access = reflect(type, message);
  for (const field of type.fields) {
    if (random.chance(leftOut(field))) continue;
    if (field.fieldKind === "list") {
      const list = access.get(field);
      const most = Math.min(room.elements, random.chance(0.3) ? random.pick(counts) : 1 + random.below(2));
      room.elements -= most;
      for (let count = 0; count < most; count++) {
        const value = oneValue(random, field, room, depth);
        if (value !== undefined) list.add(value as never);
      }
    } else {
      const value = oneValue(random, field, room, depth);
      if (value !== undefined) access.set(field, value as never);
    }
  }
  return message;
}

/** Most requests name something, and leave what changes their course as it is. */
function leftOut(field: DescField): number {
  if (field.fieldKind === "message") return 0.2;
  if (field.fieldKind !== "scalar") return 0.5;
  return field.scalar === ScalarType.BYTES || field.scalar === ScalarType.STRING ? 0.1 : 0.75;
}

function oneValue(random: Random, field: DescField, room: Room, depth: number): unknown {
  if (field.message !== undefined && field.fieldKind !== "map") {
    return depth === 0 ? undefined : reflect(field.message, drawn(random, field.message, room, depth - 1));
  }
  if (field.enum !== undefined) return random.pick(field.enum.values).number;
  const type = field.fieldKind === "map" ? undefined : field.scalar;
  // oxlint-disable-next-line typescript/switch-exhaustiveness-check -- the others are numbers of 64 bits, or not used
  switch (type) {
    case undefined:
      return undefined;
    case ScalarType.BOOL:
      return random.chance(0.3);
    case ScalarType.STRING:
      return textOf(random, room);
    case ScalarType.BYTES:
      return bytesOf(random, room);
    case ScalarType.UINT64:
      return BigInt.asUintN(64, numberOf(random));
    case ScalarType.INT32:
      return Number(BigInt.asIntN(32, numberOf(random)));
    case ScalarType.UINT32:
      return Number(BigInt.asUintN(32, numberOf(random)));
    default:
      return numberOf(random);
  }
}

function numberOf(random: Random): bigint {
  return random.chance(0.7) ? BigInt(random.below(3)) : random.pick(numbers);
}

/** Near a bound by a few bytes: nobody counts on the same ones for what is around a field. */
const near = (random: Random, bound: number): number => bound - 80 + random.below(160);

function lengthOf(random: Random, room: Room): number {
  if (random.chance(0.75)) return 1 + random.below(4);
  const length = random.pick([
    0,
    1,
    127,
    128,
    65_535,
    65_536,
    200_000,
    // What does not fit twice, once in a key and once in a range.
    near(random, maxRequestBytes / 4),
    near(random, maxRequestBytes / 2),
    2 ** 20,
    2 ** 20 + 1,
    near(random, maxRequestBytes),
    near(random, maxRequestBytes + slackBytes),
  ]);
  const taken = Math.min(length, room.bytes);
  room.bytes -= taken;
  return taken;
}

function bytesOf(random: Random, room: Room): Uint8Array {
  const bytes = new Uint8Array(lengthOf(random, room));
  if (bytes.length < 10) return Uint8Array.from(Buffer.from(random.pick(["a", "b", "ba", "\0", "c/"]), "latin1"));
  return bytes.fill(random.pick([0xff, 0xff, 0x00, 0x61, 0x2f]));
}

function textOf(random: Random, room: Room): string {
  const length = lengthOf(random, room);
  // "root" is nobody: with it, auth could be enabled, and all that follows would be refused.
  if (length < 10) return random.pick(["a", "b", "c", "http://127.0.0.1:1", "3.5.0"]);
  return random.pick(["x", "/", "\0"]).repeat(length);
}

/** A transaction in a transaction, and so on, each with as many operations as are left, or one more. */
function nestedTxn(random: Random): TxnRequest {
  const depth = random.pick([1, 2, 10, 49, 50, 62, 63, 64, 126, 127, 128, 129]);
  const key = (at: number): Uint8Array => Buffer.from(`nested/${at}`);
  let inner = create(TxnRequestSchema, {});
  for (let level = depth; level > 0; level--) {
    const own = random.chance(0.02) ? random.pick([1, maxTxnOps / 2, maxTxnOps - level]) : 0;
    const puts = Array.from({ length: Math.max(0, own) }, (_, at): RequestOp => {
      const value = { key: key(1000 * level + at), value: key(at) };
      return create(RequestOpSchema, { request: { case: "requestPut", value } });
    });
    const nested = create(RequestOpSchema, { request: { case: "requestTxn", value: inner } });
    inner = create(
      TxnRequestSchema,
      random.chance(0.5) ? { success: [nested, ...puts] } : { failure: [nested, ...puts] },
    );
  }
  return inner;
}

export function encoded(type: DescMessage, message: Message): Buffer {
  return Buffer.from(toBinary(type, message));
}
