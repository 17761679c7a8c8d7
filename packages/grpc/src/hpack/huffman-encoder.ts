import { huffmanCodes, huffmanLengths } from "./huffman-code.ts";

/** How many bytes `text` (one byte a character) takes in Huffman's code. */
export function huffmanLength(text: Uint8Array): number {
  let bits = 0;
  for (const byte of text) bits += huffmanLengths[byte] as number;
  return (bits + 7) >> 3;
}

/** Writes the code of `text` at `offset`, where `huffmanLength(text)` bytes must be free. */
export function huffmanEncode(text: Uint8Array, target: Uint8Array, offset: number): void {
  let at = offset;
  let pending = 0;
  let pendingBits = 0;
  for (const byte of text) {
    let left = huffmanLengths[byte] as number;
    const code = huffmanCodes[byte] as number;
    while (left > 0) {
      const taken = Math.min(left, 8 - pendingBits);
      pending = (pending << taken) | ((code >>> (left - taken)) & ((1 << taken) - 1));
      pendingBits += taken;
      left -= taken;
      if (pendingBits < 8) continue;
      target[at++] = pending;
      pending = 0;
      pendingBits = 0;
    }
  }
  if (pendingBits > 0) target[at] = (pending << (8 - pendingBits)) | (0xff >> pendingBits);
}
