import { ByteReader } from "../byte-reader.ts";
import { ByteWriter } from "../byte-writer.ts";
import { crc32c } from "../crc32c.ts";
import { FormatError } from "../errors.ts";
import { writeUint32 } from "../key-space.ts";
import { maxItemBytes, readItem, writeItem, type TransferItem } from "./items.ts";
import { invalidTransfer, readable } from "./transfer-codec.ts";

/**
 * A chunk: a checksum over what follows it, the chunk's number from 0 on (4 bytes each, big-endian), and the next bytes of the
 * items, each of which has its length as a varint before it. An item may go on in the next chunk.
 */
const headBytes = 8;
export const maxChunkBytes = 256 * 1024;
const maxPayloadBytes = maxChunkBytes - headBytes;

/** Puts items into chunks. */
export class ChunkPacker {
  readonly #writer = new ByteWriter();
  readonly #length = new ByteWriter();
  #pieces: Uint8Array[] = [];
  #bytes = 0;
  #number = 0;

  /** Whether a chunk can be taken without leaving room in it. */
  get isFull(): boolean {
    return this.#bytes >= maxPayloadBytes;
  }

  add(item: TransferItem): void {
    const contents = writeItem(this.#writer, item);
    const head = this.#writer.takeView();
    this.#length.varint(head.length + (contents?.length ?? 0));
    this.#push(this.#length.takeView());
    this.#push(head);
    if (contents !== undefined) this.#push(contents);
  }

  /** The next chunk; undefined when nothing is left to be put into one. */
  take(): Uint8Array | undefined {
    if (this.#bytes === 0) return undefined;
    const length = Math.min(this.#bytes, maxPayloadBytes);
    const chunk = new Uint8Array(headBytes + length);
    writeUint32(chunk, 4, this.#number++);
    let at = headBytes;
    let used = 0;
    while (at < chunk.length) {
      const piece = this.#pieces[used] as Uint8Array;
      const room = chunk.length - at;
      if (piece.length > room) {
        chunk.set(piece.subarray(0, room), at);
        this.#pieces[used] = piece.subarray(room);
        break;
      }
      chunk.set(piece, at);
      at += piece.length;
      used++;
    }
    this.#pieces = this.#pieces.slice(used);
    this.#bytes -= length;
    writeUint32(chunk, 0, crc32c(chunk, 0, 4));
    return chunk;
  }

  #push(piece: Uint8Array): void {
    this.#pieces.push(piece);
    this.#bytes += piece.length;
  }
}

/** Checks chunks and takes the items out of them again. */
export class ChunkReader {
  #expected = 0;
  #unfinished: Uint8Array[] = [];
  #unfinishedBytes = 0;
  /** How many of them are needed before there can be an item. */
  #neededBytes = 0;

  /** Whether the last chunk ended with an item. */
  get isBetweenItems(): boolean {
    return this.#unfinishedBytes === 0;
  }

  /** The items that end in this chunk: views of it, or of a copy. Throws `HostError` `invalid`. */
  take(chunk: Uint8Array): TransferItem[] {
    if (chunk.length <= headBytes || chunk.length > maxChunkBytes) {
      throw invalidTransfer(`a chunk has ${chunk.length} bytes`);
    }
    const head = new ByteReader(chunk, 0, headBytes);
    const checksum = head.uint32();
    if (crc32c(chunk, 0, 4) !== checksum) throw invalidTransfer("the checksum of a chunk is wrong");
    const number = head.uint32();
    if (number !== this.#expected) throw invalidTransfer(`chunk ${number} came in place of chunk ${this.#expected}`);
    this.#expected++;
    return this.#itemsIn(chunk.subarray(headBytes));
  }

  #itemsIn(payload: Uint8Array): TransferItem[] {
    if (this.#unfinishedBytes + payload.length < this.#neededBytes) {
      this.#keep(payload);
      return [];
    }
    const bytes = this.#unfinishedBytes === 0 ? payload : concatenated([...this.#unfinished, payload]);
    this.#unfinished = [];
    this.#unfinishedBytes = 0;
    return readable("chunk", () => this.#parse(bytes));
  }

  #parse(bytes: Uint8Array): TransferItem[] {
    const items: TransferItem[] = [];
    let at = 0;
    while (at < bytes.length) {
      const place = lengthAt(bytes, at);
      if (place !== undefined && place.length > maxItemBytes) throw new FormatError(`an item of ${place.length} bytes`);
      const end = place === undefined ? undefined : place.from + place.length;
      if (place === undefined || end === undefined || end > bytes.length) {
        this.#neededBytes = end === undefined ? 0 : end - at;
        this.#keep(bytes.subarray(at));
        break;
      }
      items.push(readItem(bytes.subarray(place.from, end)));
      at = end;
    }
    return items;
  }

  #keep(bytes: Uint8Array): void {
    this.#unfinished.push(bytes);
    this.#unfinishedBytes += bytes.length;
  }
}

/** The length of the item that begins at `at`; undefined while not all of its bytes are there. */
function lengthAt(bytes: Uint8Array, at: number): { readonly from: number; readonly length: number } | undefined {
  let end = at;
  while (end < bytes.length && end - at < 8 && (bytes[end] as number) >= 0x80) end++;
  if (end === bytes.length && end - at < 8) return undefined;
  const length = new ByteReader(bytes, at).varint();
  return { from: end + 1, length };
}

function concatenated(pieces: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}
