import { FormatError } from "./errors.ts";

/** Reads fields one after another; throws `FormatError` rather than read beyond the end. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #end: number;
  #at: number;

  constructor(bytes: Uint8Array, from = 0, to = bytes.length) {
    this.#bytes = bytes;
    this.#at = from;
    this.#end = to;
  }

  get remaining(): number {
    return this.#end - this.#at;
  }

  byte(): number {
    if (this.#at >= this.#end) throw this.#short(1);
    return this.#bytes[this.#at++] as number;
  }

  /** A safe integer from 0, in the one shortest form that `ByteWriter` writes. */
  varint(): number {
    let value = 0;
    let scale = 1;
    for (let count = 1; count <= 8; count++) {
      const byte = this.byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) {
        if (byte === 0 && count > 1) throw new FormatError(`an integer with a needless byte at byte ${this.#at - 1}`);
        if (!Number.isSafeInteger(value)) throw new FormatError(`an integer beyond 2^53 at byte ${this.#at - count}`);
        return value;
      }
      scale *= 0x80;
    }
    throw new FormatError(`an integer of more than 8 bytes at byte ${this.#at - 8}`);
  }

  uint32(): number {
    if (this.remaining < 4) throw this.#short(4);
    const bytes = this.#bytes;
    const at = this.#at;
    this.#at += 4;
    const low = ((bytes[at + 1] as number) << 16) | ((bytes[at + 2] as number) << 8) | (bytes[at + 3] as number);
    return (bytes[at] as number) * 0x1000000 + low;
  }

  uint64(): number {
    const value = this.uint32() * 0x100000000 + this.uint32();
    if (!Number.isSafeInteger(value)) throw new FormatError(`an integer beyond 2^53 at byte ${this.#at - 8}`);
    return value;
  }

  /** 64 bits as a signed integer. */
  bits64(): bigint {
    const high = BigInt(this.uint32());
    return BigInt.asIntN(64, (high << 32n) | BigInt(this.uint32()));
  }

  /** A view, not a copy. */
  bytes(length: number): Uint8Array {
    if (length > this.remaining) throw this.#short(length);
    const from = this.#at;
    this.#at += length;
    return this.#bytes.subarray(from, this.#at);
  }

  sizedBytes(): Uint8Array {
    return this.bytes(this.varint());
  }

  rest(): Uint8Array {
    return this.bytes(this.remaining);
  }

  /** Nothing may follow. */
  end(): void {
    if (this.remaining > 0) throw new FormatError(`${this.remaining} bytes too many at byte ${this.#at}`);
  }

  #short(wanted: number): FormatError {
    return new FormatError(`${wanted} bytes wanted at byte ${this.#at}, ${this.remaining} left`);
  }
}
