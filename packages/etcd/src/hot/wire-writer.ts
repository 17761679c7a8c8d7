/**
 * Writes protobuf fields into a buffer whose size was computed before, so that a response is written once and never
 * copied. As proto3 wants it, zero and empty values are left out. Numbers are safe integers from 0.
 */

/** Bytes that a varint of `value` takes. */
export function varintSize(value: number): number {
  if (value < 0x80) return 1;
  if (value < 0x4000) return 2;
  if (value < 0x20_0000) return 3;
  if (value < 0x1000_0000) return 4;
  if (value < 0x8_0000_0000) return 5;
  if (value < 0x400_0000_0000) return 6;
  if (value < 0x2_0000_0000_0000) return 7;
  return 8;
}

/** Bytes of an integer field whose number is below 16; 0 for the value 0. */
export function numberFieldSize(value: number): number {
  return value === 0 ? 0 : 1 + varintSize(value);
}

/** Bytes of a signed 64-bit field whose number is below 16. */
export function bigIntFieldSize(value: bigint): number {
  if (value === 0n) return 0;
  let size = 2;
  for (let rest = BigInt.asUintN(64, value) >> 7n; rest > 0n; rest >>= 7n) size++;
  return size;
}

/** Bytes of a byte string or message of `length` with its tag, where the field number is below 16. */
export function lengthDelimitedSize(length: number): number {
  return 1 + varintSize(length) + length;
}

/** Bytes of a byte-string field; 0 for the empty one. */
export function bytesFieldSize(value: Uint8Array): number {
  return value.length === 0 ? 0 : lengthDelimitedSize(value.length);
}

export class WireWriter {
  readonly bytes: Uint8Array;
  #at = 0;

  /** Every one of the `size` bytes must be written: they come from a pool, and hold whatever was there before. */
  constructor(size: number) {
    this.bytes = Buffer.allocUnsafe(size);
  }

  numberField(field: number, value: number): void {
    if (value === 0) return;
    this.bytes[this.#at++] = field << 3;
    this.#varint(value);
  }

  boolField(field: number, value: boolean): void {
    this.numberField(field, value ? 1 : 0);
  }

  bigIntField(field: number, value: bigint): void {
    if (value === 0n) return;
    this.bytes[this.#at++] = field << 3;
    let rest = BigInt.asUintN(64, value);
    for (; rest >= 0x80n; rest >>= 7n) this.bytes[this.#at++] = Number(rest & 0x7fn) | 0x80;
    this.bytes[this.#at++] = Number(rest);
  }

  bytesField(field: number, value: Uint8Array): void {
    if (value.length === 0) return;
    this.lengthDelimited(field, value.length);
    this.bytes.set(value, this.#at);
    this.#at += value.length;
  }

  /** The beginning of a nested message of `length` bytes. */
  lengthDelimited(field: number, length: number): void {
    this.bytes[this.#at++] = (field << 3) | 2;
    this.#varint(length);
  }

  #varint(value: number): void {
    let rest = value;
    for (; rest >= 0x8000_0000; rest = Math.floor(rest / 0x80)) this.bytes[this.#at++] = (rest % 0x80) | 0x80;
    for (; rest >= 0x80; rest >>>= 7) this.bytes[this.#at++] = (rest & 0x7f) | 0x80;
    this.bytes[this.#at++] = rest;
  }
}
