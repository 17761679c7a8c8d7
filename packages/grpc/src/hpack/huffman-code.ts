/**
 * The Huffman code of HPACK (RFC 7541, Appendix B). It is canonical: among codes of one length, they ascend with the symbol,
 * and shorter codes come first. So the lengths say it all.
 */
const lengths: readonly number[] = [
  // 0x00 to 0x1f: control characters
  13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28,
  28, 28, 28,
  // 0x20 to 0x7f: ASCII
  6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6, 5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10, 13, 6, 7,
  7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6, 15, 5, 6, 5, 6, 5, 6, 6, 6,
  5, 7, 7, 6, 6, 6, 5, 6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28,
  // 0x80 to 0xff
  20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23, 24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22,
  23, 23, 24, 22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22, 21, 23, 22, 23, 23, 20, 22,
  22, 22, 23, 22, 22, 23, 26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25, 19, 21, 26, 27, 27, 26, 27,
  24, 21, 21, 26, 26, 28, 27, 27, 27, 20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23, 26, 27, 26, 26,
  27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26,
  // The end of the string, which is never sent: its beginning, all ones, pads the last byte.
  30,
];

export const endOfString = 256;

/** By symbol: the code in its low bits, and how many bits it has. */
export const huffmanCodes: Uint32Array = new Uint32Array(lengths.length);
export const huffmanLengths: Uint8Array = Uint8Array.from(lengths);

let code = 0;
for (let length = 5; length <= 30; length++) {
  for (let symbol = 0; symbol < lengths.length; symbol++) {
    if (lengths[symbol] === length) huffmanCodes[symbol] = code++;
  }
  code *= 2;
}
