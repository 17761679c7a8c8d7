import {
  create,
  ScalarType,
  toBinary,
  toJson,
  type DescField,
  type DescMessage,
  type JsonValue,
  type Message,
} from "@bufbuild/protobuf";
import { reflect } from "@bufbuild/protobuf/reflect";
import type { Random } from "./random.ts";

const numbers = [0n, 1n, 2n, 5n, 77n, -1n, 2n ** 31n, 2n ** 53n + 1n, 2n ** 63n - 1n, -(2n ** 63n)];
const texts = ["", "a", "b", "root", "\u0000", "\ud800", "\uffff", "x".repeat(300), "http://127.0.0.1:9"];
const keys = ["", "\0", "a", "b", "c", "\u00ff", "x".repeat(2000)].map((text) => Buffer.from(text, "latin1"));

/** A message whose fields hold whatever their types allow, nested as far as `depth`. */
export function anyMessage(random: Random, type: DescMessage, depth = 3): Message {
  const message = create(type);
  const access = reflect(type, message);
  for (const field of type.fields) {
    if (!random.chance(0.6)) continue;
    if (field.fieldKind === "list") {
      const list = access.get(field);
      for (let count = random.below(4); count > 0; count--) {
        const value = oneValue(random, field, depth);
        if (value !== undefined) list.add(value as never);
      }
    } else {
      const value = oneValue(random, field, depth);
      if (value !== undefined) access.set(field, value as never);
    }
  }
  return message;
}

function oneValue(random: Random, field: DescField, depth: number): unknown {
  if (field.fieldKind === "message" || (field.fieldKind === "list" && field.listKind === "message")) {
    if (depth === 0 || field.message === undefined) return undefined;
    return reflect(field.message, anyMessage(random, field.message, depth - 1));
  }
  if (field.fieldKind === "enum" || (field.fieldKind === "list" && field.listKind === "enum")) {
    return random.pick([0, 1, 2, 3, 99, -1, 2 ** 31 - 1]);
  }
  if (field.fieldKind === "scalar" || (field.fieldKind === "list" && field.listKind === "scalar")) {
    return scalar(random, field.scalar as ScalarType);
  }
  return undefined;
}

function scalar(random: Random, type: ScalarType): unknown {
  // oxlint-disable-next-line typescript/switch-exhaustiveness-check -- the others are numbers of 64 bits, or not used
  switch (type) {
    case ScalarType.BOOL:
      return random.chance(0.5);
    case ScalarType.STRING:
      return random.pick(texts).toWellFormed();
    case ScalarType.BYTES:
      return Uint8Array.from(random.pick(keys));
    case ScalarType.UINT64:
    case ScalarType.FIXED64:
      return BigInt.asUintN(64, random.pick(numbers));
    case ScalarType.INT32:
      return Number(BigInt.asIntN(32, random.pick(numbers)));
    case ScalarType.UINT32:
      return Number(BigInt.asUintN(32, random.pick(numbers)));
    default:
      return random.pick(numbers);
  }
}

export function anyBytes(random: Random, type: DescMessage): Buffer {
  return Buffer.from(toBinary(type, anyMessage(random, type)));
}

export function anyJson(random: Random, type: DescMessage): JsonValue {
  return spoiled(random, toJson(type, anyMessage(random, type), { useProtoFieldName: random.chance(0.7) }));
}

/** Now and then something of another type, or another name. */
function spoiled(random: Random, json: JsonValue): JsonValue {
  if (random.chance(0.03)) {
    return random.pick<JsonValue>([null, true, -1, 1e300, "", "\ud800", "!!!", [], {}, [[[]]], { a: 1 }, "NONSENSE"]);
  }
  if (Array.isArray(json)) return json.map((one) => spoiled(random, one));
  if (typeof json !== "object" || json === null) return json;
  return Object.fromEntries(
    Object.entries(json).map(([name, value]) => [random.chance(0.02) ? `${name}_` : name, spoiled(random, value)]),
  );
}
