/** Bytes that are no protobuf message of the kind expected. The message says what and at which offset. */
export class MalformedMessageError extends Error {
  override readonly name = "MalformedMessageError";
}

export const wireTypes = { varint: 0, fixed64: 1, bytes: 2, startGroup: 3, endGroup: 4, fixed32: 5 } as const;

const maxGroupDepth = 32;

/**
 * Reads the fields of one protobuf message in place. 64-bit integers become numbers, those beyond ±(2^53 - 1) cut to that
 * (no revision gets there); byte strings are views. Throws `MalformedMessageError`.
 */
export class WireReader {
  readonly #bytes: Uint8Array;
  #at = 0;
  /** The last varint, as two unsigned halves. */
  #low = 0;
  #high = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** The next tag (field number times 8, plus wire type); 0 at the end. */
  tag(): number {
    if (this.#at === this.#bytes.length) return 0;
    this.#varint();
    if (this.#high !== 0 || this.#low < 8) throw this.#malformed("a field number that cannot be");
    return this.#low;
  }

  /** A signed 64-bit integer. */
  int64(): number {
    this.#varint();
    const value = (this.#high | 0) * 0x100000000 + this.#low;
    if (value > Number.MAX_SAFE_INTEGER) return Number.MAX_SAFE_INTEGER;
    return value < -Number.MAX_SAFE_INTEGER ? -Number.MAX_SAFE_INTEGER : value;
  }

  /** A signed 64-bit integer, exact. */
  bigInt64(): bigint {
    this.#varint();
    if (this.#high === 0) return BigInt(this.#low);
    return BigInt.asIntN(64, (BigInt(this.#high) << 32n) | BigInt(this.#low));
  }

  /** A signed 32-bit integer, of which enums are made. */
  int32(): number {
    this.#varint();
    return this.#low | 0;
  }

  bool(): boolean {
    this.#varint();
    return this.#low !== 0 || this.#high !== 0;
  }

  /** A view of the message, not a copy. */
  bytes(): Uint8Array {
    const from = this.#skipBytes();
    return this.#bytes.subarray(from, this.#at);
  }

  /** Passes over a field that is not known. */
  skip(tag: number): void {
    this.#skip(tag, 0);
  }

  #skip(tag: number, depth: number): void {
    switch (tag & 7) {
      case wireTypes.varint:
        this.#varint();
        return;
      case wireTypes.fixed64:
        return this.#advance(8);
      case wireTypes.bytes:
        this.#skipBytes();
        return;
      case wireTypes.fixed32:
        return this.#advance(4);
      case wireTypes.startGroup:
        return this.#skipGroup(tag, depth);
      default:
        throw this.#malformed(`wire type ${tag & 7}`);
    }
  }

  #skipGroup(start: number, depth: number): void {
    if (depth === maxGroupDepth) throw this.#malformed("groups nested too deep");
    const end = start + wireTypes.endGroup - wireTypes.startGroup;
    for (;;) {
      const tag = this.tag();
      if (tag === end) return;
      if (tag === 0) throw this.#malformed("a group without its end");
      this.#skip(tag, depth + 1);
    }
  }

  #skipBytes(): number {
    this.#varint();
    if (this.#high !== 0) throw this.#malformed("a length beyond the message");
    const length = this.#low;
    const from = this.#at;
    this.#advance(length);
    return from;
  }

  #advance(count: number): void {
    if (count > this.#bytes.length - this.#at) throw this.#malformed("a field beyond the message");
    this.#at += count;
  }

  #varint(): void {
    const bytes = this.#bytes;
    const first = bytes[this.#at];
    if (first !== undefined && first < 0x80) {
      this.#at++;
      this.#low = first;
      this.#high = 0;
      return;
    }
    this.#longVarint();
  }

  #longVarint(): void {
    let low = 0;
    let high = 0;
    for (let count = 0; count < 10; count++) {
      const byte = this.#bytes[this.#at + count];
      if (byte === undefined) throw this.#malformed("an integer beyond the message");
      const bits = byte & 0x7f;
      const shift = count * 7;
      if (shift < 28) low |= bits << shift;
      else if (shift === 28) {
        low |= bits << 28;
        high = bits >>> 4;
      } else high |= bits << (shift - 32);
      if (byte < 0x80) {
        this.#at += count + 1;
        this.#low = low >>> 0;
        this.#high = high >>> 0;
        return;
      }
    }
    throw this.#malformed("an integer of more than 10 bytes");
  }

  #malformed(what: string): MalformedMessageError {
    return new MalformedMessageError(`${what} at byte ${this.#at}`);
  }
}
