/** Gathers bytes; grows by doubling. */
export class BlobWriter {
  #bytes = Buffer.allocUnsafe(1 << 20);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  /** Adds what strace wrote as `\x00\x01...` in [from, to) of its output; gives where it begins. */
  addHexadecimal(output: Buffer, from: number, to: number): number {
    const start = this.#length;
    this.#reserve((to - from) >> 2);
    const bytes = this.#bytes;
    let at = start;
    for (let source = from; source < to; source += 4) {
      bytes[at++] = (digit(output[source + 2] as number) << 4) | digit(output[source + 3] as number);
    }
    this.#length = at;
    return start;
  }

  #reserve(count: number): void {
    if (this.#length + count <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#length + count));
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
  }
}

function digit(code: number): number {
  return code <= 0x39 ? code - 0x30 : code - 0x57;
}
