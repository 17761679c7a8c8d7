/** What is set aside at first. */
const firstBytes = 1024;

const nothing = new Uint8Array(0);

/**
 * Bytes that come in pieces, put one behind the other in memory of their own: a piece costs what it has, however small it is,
 * and holds nothing of the chunk that it came in.
 */
export class GatheredBytes {
  #room: Uint8Array = nothing;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** What is set aside: at most twice what has come. */
  get heldBytes(): number {
    return this.#room.length;
  }

  add(piece: Uint8Array): void {
    const length = this.#length + piece.length;
    if (length > this.#room.length) {
      const room = new Uint8Array(Math.max(length, firstBytes, 2 * this.#length));
      room.set(this.#room.subarray(0, this.#length));
      this.#room = room;
    }
    this.#room.set(piece, this.#length);
    this.#length = length;
  }

  /** All of it; it begins anew. */
  take(): Uint8Array {
    const bytes = this.#room.subarray(0, this.#length);
    this.#room = nothing;
    this.#length = 0;
    return bytes;
  }
}
