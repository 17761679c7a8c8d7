import type { HeaderField } from "./header-field.ts";

/** The fields that a peer has sent last, newest first, within a size (RFC 7541 §2.3.2, §4). A ring. */
export class DynamicTable {
  #ring: (HeaderField | undefined)[] = Array.from({ length: 16 });
  /** Where the next field goes. */
  #head = 0;
  #count = 0;
  #bytes = 0;
  #maxBytes: number;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get count(): number {
    return this.#count;
  }

  /** Sum of `HeaderField.size`. */
  get bytes(): number {
    return this.#bytes;
  }

  /** 0 is the newest. */
  at(index: number): HeaderField | undefined {
    if (index < 0 || index >= this.#count) return undefined;
    return this.#ring[(this.#head - 1 - index) & (this.#ring.length - 1)];
  }

  /** A field that is larger than the whole table empties it (§4.4). */
  add(field: HeaderField): void {
    this.#evictTo(this.#maxBytes - field.size);
    if (field.size > this.#maxBytes) return;
    if (this.#count === this.#ring.length) this.#grow();
    this.#ring[this.#head] = field;
    this.#head = (this.#head + 1) & (this.#ring.length - 1);
    this.#count++;
    this.#bytes += field.size;
  }

  resize(maxBytes: number): void {
    this.#maxBytes = maxBytes;
    this.#evictTo(maxBytes);
  }

  #evictTo(bytes: number): void {
    const mask = this.#ring.length - 1;
    while (this.#count > 0 && this.#bytes > bytes) {
      const oldest = (this.#head - this.#count) & mask;
      this.#bytes -= (this.#ring[oldest] as HeaderField).size;
      this.#ring[oldest] = undefined;
      this.#count--;
    }
  }

  #grow(): void {
    const ring: (HeaderField | undefined)[] = Array.from({ length: this.#ring.length * 2 });
    for (let index = 0; index < this.#count; index++) ring[this.#count - 1 - index] = this.at(index);
    this.#ring = ring;
    this.#head = this.#count;
  }
}
