import { DynamicTable } from "./dynamic-table.ts";
import { headerField, type HeaderField } from "./header-field.ts";
import { huffmanDecode, maxDecodedLength } from "./huffman-decoder.ts";
import { firstDynamicIndex, staticTable } from "./static-table.ts";

/** A header block that is none: nothing that follows on its connection can be understood (RFC 9113 §4.3). */
export class HpackError extends Error {
  override readonly name = "HpackError";
}

/** What we allow, and never tell otherwise: HTTP/2's own default, in bytes. */
export const decoderTableBytes = 4096;

/** A number in a block that is larger than any that can make sense. */
const largestInteger = 2 ** 28;

const nothing: Buffer = Buffer.alloc(0);

/** For one string at a time, of whichever connection. */
let scratch: Buffer = Buffer.allocUnsafe(16 * 1024);

/** Decodes the header blocks of one connection, in their order. */
export class HeaderDecoder {
  readonly #table = new DynamicTable(decoderTableBytes);
  readonly #maxListBytes: number;
  #block: Buffer = nothing;
  #at = 0;
  #end = 0;
  #listBytes = 0;
  #changes = 0;

  constructor(maxListBytes: number) {
    this.#maxListBytes = maxListBytes;
  }

  /** Grows with each change of the dynamic table: equal blocks mean the same while it stays. */
  get changes(): number {
    return this.#changes;
  }

  /** Bytes that the dynamic table holds, as HPACK counts. */
  get tableBytes(): number {
    return this.#table.bytes;
  }

  /** The last block was larger than allowed: its fields are incomplete, the decoder is in order. */
  get wasTooLarge(): boolean {
    return this.#listBytes > this.#maxListBytes;
  }

  /** Throws `HpackError`. Fields beyond the limit are decoded, because later blocks may refer to them, and dropped. */
  decode(block: Buffer, start: number, end: number): HeaderField[] {
    const fields: HeaderField[] = [];
    this.#block = block;
    this.#at = start;
    this.#end = end;
    this.#listBytes = 0;
    let mayResize = true;
    while (this.#at < end) {
      const first = block[this.#at] as number;
      if ((first & 0xe0) === 0x20) {
        if (!mayResize) throw new HpackError("a table size update comes after a field");
        this.#resize();
        continue;
      }
      mayResize = false;
      const field = (first & 0x80) !== 0 ? this.#field(this.#integer(0x7f)) : this.#literal(first);
      this.#listBytes += field.size;
      if (this.#listBytes <= this.#maxListBytes) fields.push(field);
    }
    // An idle connection must not hold the memory of its last request.
    this.#block = nothing;
    return fields;
  }

  #resize(): void {
    const bytes = this.#integer(0x1f);
    if (bytes > decoderTableBytes) throw new HpackError(`a table of ${bytes} bytes is more than was offered`);
    this.#table.resize(bytes);
    this.#changes++;
  }

  #literal(first: number): HeaderField {
    const entersTable = (first & 0x40) !== 0;
    const index = this.#integer(entersTable ? 0x3f : 0x0f);
    const name = index === 0 ? this.#string() : this.#field(index).name;
    const field = headerField(name, this.#string());
    if (entersTable) {
      this.#table.add(field);
      this.#changes++;
    }
    return field;
  }

  #field(index: number): HeaderField {
    const field = index < firstDynamicIndex ? staticTable[index] : this.#table.at(index - firstDynamicIndex);
    if (field === undefined) throw new HpackError(`no field has the index ${index}`);
    return field;
  }

  /** RFC 7541 §5.1; `mask` is what the prefix can hold at most. */
  #integer(mask: number): number {
    let value = (this.#block[this.#at++] as number) & mask;
    if (value < mask) return value;
    for (let shift = 0; shift < 28; shift += 7) {
      if (this.#at >= this.#end) throw new HpackError("a number is cut off");
      const byte = this.#block[this.#at++] as number;
      value += (byte & 0x7f) * 2 ** shift;
      if (value > largestInteger) break;
      if (byte < 0x80) return value;
    }
    throw new HpackError("a number is too large");
  }

  #string(): string {
    if (this.#at >= this.#end) throw new HpackError("a string is missing");
    const isHuffman = ((this.#block[this.#at] as number) & 0x80) !== 0;
    const length = this.#integer(0x7f);
    const start = this.#at;
    const end = start + length;
    if (end > this.#end) throw new HpackError("a string is cut off");
    this.#at = end;
    if (!isHuffman) return this.#block.toString("latin1", start, end);
    const room = maxDecodedLength(length);
    if (scratch.length < room) scratch = Buffer.allocUnsafe(room);
    const decoded = huffmanDecode(this.#block, start, end, scratch);
    if (decoded < 0) throw new HpackError("a string is not in Huffman's code");
    return scratch.toString("latin1", 0, decoded);
  }
}
