import { huffmanEncode, huffmanLength } from "./huffman-encoder.ts";
import { staticTable } from "./static-table.ts";

/** Values that pass through hands that must not keep them are marked as never to be indexed (RFC 7541 §7.1.3). */
const secretNames: ReadonlySet<string> = new Set(["authorization", "set-cookie"]);

const indexOfField = new Map<string, number>();
const indexOfName = new Map<string, number>();
for (let index = staticTable.length - 1; index >= 1; index--) {
  const field = staticTable[index];
  if (field === undefined) continue;
  indexOfField.set(`${field.name}\n${field.value}`, index);
  indexOfName.set(field.name, index);
}

/**
 * Encodes fields without a dynamic table: what is encoded once may be sent again on any connection, which is what makes the
 * few header blocks of a gRPC server cheap. Values are one byte per character.
 */
export function encodeHeaders(fields: Iterable<readonly [name: string, value: string]>): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const [name, value] of fields) {
    const whole = indexOfField.get(`${name}\n${value}`);
    if (whole !== undefined) {
      parts.push(integer(0x80, 0x7f, whole));
      continue;
    }
    parts.push(integer(secretNames.has(name) ? 0x10 : 0, 0x0f, indexOfName.get(name) ?? 0));
    if (!indexOfName.has(name)) parts.push(...string(name));
    parts.push(...string(value));
  }
  return Buffer.concat(parts);
}

function integer(pattern: number, mask: number, value: number): Uint8Array {
  if (value < mask) return Uint8Array.of(pattern | value);
  const bytes = [pattern | mask];
  let rest = value - mask;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest & 0x7f) | 0x80);
  bytes.push(rest);
  return Uint8Array.from(bytes);
}

function string(text: string): [Uint8Array, Uint8Array] {
  const plain = Buffer.from(text, "latin1");
  const length = huffmanLength(plain);
  if (length >= plain.length) return [integer(0, 0x7f, plain.length), plain];
  const encoded = new Uint8Array(length);
  huffmanEncode(plain, encoded, 0);
  return [integer(0x80, 0x7f, length), encoded];
}
