import type { ByteReader } from "./byte-reader.ts";
import type { ByteWriter } from "./byte-writer.ts";
import { FormatError } from "./errors.ts";
import type { Compare } from "./operations.ts";

const kinds: readonly Compare["target"]["kind"][] = ["version", "create", "mod", "value", "lease"];
const relations: readonly Compare["relation"][] = ["equal", "greater", "less", "not-equal"];

const endFlag = 0x40;
const negativeFlag = 0x80;

/** One byte of kind (0-2), relation (3-4), end (6) and sign (7); then the key, the end and the operand. */
export function writeCompare(writer: ByteWriter, compare: Compare): void {
  const { range, relation, target } = compare;
  const isNumber = target.kind !== "value" && target.kind !== "lease";
  if (isNumber && !Number.isInteger(target.operand)) throw new RangeError(`${target.operand} is no integer`);
  writer.byte(
    kinds.indexOf(target.kind) |
      (relations.indexOf(relation) << 3) |
      (range.end === undefined ? 0 : endFlag) |
      (isNumber && target.operand < 0 ? negativeFlag : 0),
  );
  writer.sizedBytes(range.key);
  if (range.end !== undefined) writer.sizedBytes(range.end);
  if (target.kind === "value") writer.sizedBytes(target.operand);
  else if (target.kind === "lease") writer.bits64(target.operand);
  else writer.varint(Math.min(Math.abs(target.operand), Number.MAX_SAFE_INTEGER));
}

export function readCompare(reader: ByteReader): Compare {
  const head = reader.byte();
  const kind = kinds[head & 0x07];
  const relation = relations[(head >> 3) & 0x03];
  if (kind === undefined || relation === undefined || (head & 0x20) !== 0)
    throw new FormatError(`unknown compare ${head}`);
  const key = reader.sizedBytes();
  const range = { key, end: (head & endFlag) === 0 ? undefined : reader.sizedBytes() };
  if (kind === "value") return { range, relation, target: { kind, operand: reader.sizedBytes() } };
  if (kind === "lease") return { range, relation, target: { kind, operand: reader.bits64() } };
  const operand = reader.varint();
  return { range, relation, target: { kind, operand: (head & negativeFlag) === 0 ? operand : -operand } };
}
