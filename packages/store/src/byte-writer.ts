import { writeText, type KeyText } from "./key-text.ts";

/** A fresh buffer is at least this long: what is taken as views shares it. */
const bufferBytes = 16 * 1024;

/** Writes fields one after another into a buffer that grows. Integers are big-endian or LEB128 varints. */
export class ByteWriter {
  #bytes = new Uint8Array(bufferBytes);
  /** What was taken as views lies before this. */
  #start = 0;
  #length = 0;

  /** A copy of what was written; the writer is empty again, ready for the next. */
  take(): Uint8Array<ArrayBuffer> {
    const taken = this.#bytes.slice(this.#start, this.#length);
    this.#length = this.#start;
    return taken;
  }

  /**
   * What was written, as a view of a buffer that it shares with what is taken before and after it: much cheaper than a
   * copy, for bytes that are let go together.
   */
  takeView(): Uint8Array<ArrayBuffer> {
    const taken = this.#bytes.subarray(this.#start, this.#length);
    this.#start = this.#length;
    return taken;
  }

  /** Forgets what was written. */
  clear(): void {
    this.#length = this.#start;
  }

  get length(): number {
    return this.#length - this.#start;
  }

  byte(value: number): void {
    this.#reserve(1);
    this.#bytes[this.#length++] = value;
  }

  /** A safe integer from 0, in seven bits a byte, the lowest first. */
  varint(value: number): void {
    this.#reserve(8);
    let rest = value;
    while (rest >= 0x80) {
      this.#bytes[this.#length++] = (rest % 0x80) | 0x80;
      rest = rest < 0x80000000 ? rest >>> 7 : Math.floor(rest / 0x80);
    }
    this.#bytes[this.#length++] = rest;
  }

  uint32(value: number): void {
    this.#reserve(4);
    this.#bytes[this.#length++] = value >>> 24;
    this.#bytes[this.#length++] = value >>> 16;
    this.#bytes[this.#length++] = value >>> 8;
    this.#bytes[this.#length++] = value;
  }

  /** A safe integer from 0, in eight bytes, so that the order of the bytes is the order of the numbers. */
  uint64(value: number): void {
    this.uint32(Math.floor(value / 0x100000000));
    this.uint32(value >>> 0);
  }

  /** Any 64 bits. */
  bits64(value: bigint): void {
    const bits = BigInt.asUintN(64, value);
    this.uint32(Number(bits >> 32n));
    this.uint32(Number(bits & 0xffffffffn));
  }

  bytes(value: Uint8Array): void {
    this.#reserve(value.length);
    this.#bytes.set(value, this.#length);
    this.#length += value.length;
  }

  /** The length as a varint, then the bytes. */
  sizedBytes(value: Uint8Array): void {
    this.varint(value.length);
    this.bytes(value);
  }

  text(value: KeyText): void {
    this.#reserve(value.length);
    this.#length = writeText(value, this.#bytes, this.#length);
  }

  #reserve(count: number): void {
    if (this.#length + count <= this.#bytes.length) return;
    const written = this.#bytes.subarray(this.#start, this.#length);
    this.#bytes = new Uint8Array(Math.max(bufferBytes, 2 * (written.length + count)));
    this.#bytes.set(written);
    this.#start = 0;
    this.#length = written.length;
  }
}
