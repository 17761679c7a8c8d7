import { mix } from "./random-streams.ts";

/**
 * A running hash of everything that happened: two runs of one seed must end with the same, or something in the run
 * reads a real clock, real randomness, or the order of something unordered.
 */
export class HistoryHash {
  #low = 0x243f6a88;
  #high = 0x85a308d3;

  /** Takes in an integer up to 2^53 - 1; of anything larger or fractional, its integer part's low 64 bits count. */
  add(value: number): void {
    const low = value | 0;
    const high = (value / 0x1_0000_0000) | 0;
    this.#low = mix(this.#low ^ low);
    this.#high = (Math.imul(this.#high ^ high ^ this.#low, 0x9e3779b1) + this.#low) | 0;
  }

  addBytes(bytes: Uint8Array): void {
    let hash = bytes.length;
    for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
    this.add(hash);
  }

  /** Sixteen hexadecimal digits. */
  digest(): string {
    return hex(this.#high) + hex(this.#low);
  }
}

function hex(value: number): string {
  return (value >>> 0).toString(16).padStart(8, "0");
}
