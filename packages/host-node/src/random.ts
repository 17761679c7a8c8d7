import { randomFillSync } from "node:crypto";
import type { Random } from "@quorate/host";

/** The system's randomness, fetched 256 numbers at a time: 53 bits each. */
export class NodeRandom implements Random {
  readonly #words = new Uint32Array(512);
  #next = this.#words.length;

  next(): number {
    if (this.#next === this.#words.length) {
      randomFillSync(this.#words);
      this.#next = 0;
    }
    const high = (this.#words[this.#next++] ?? 0) >>> 5;
    const low = (this.#words[this.#next++] ?? 0) >>> 6;
    return (high * 2 ** 26 + low) / 2 ** 53;
  }
}
