import { FormatError } from "./errors.ts";

/** The UTF-8 of a string; a lone surrogate becomes U+FFFD. (`TextEncoder` is no part of the language.) */
export function utf8Of(text: string): Uint8Array {
  const bytes: number[] = [];
  for (const character of text.toWellFormed()) {
    const point = character.codePointAt(0) as number;
    if (point < 0x80) bytes.push(point);
    else if (point < 0x800) bytes.push(0xc0 | (point >> 6), continuation(point));
    else if (point < 0x10000) bytes.push(0xe0 | (point >> 12), continuation(point >> 6), continuation(point));
    else bytes.push(0xf0 | (point >> 18), continuation(point >> 12), continuation(point >> 6), continuation(point));
  }
  return Uint8Array.from(bytes);
}

const continuation = (bits: number): number => 0x80 | (bits & 0x3f);

/** The string that the bytes encode; throws `FormatError` where they are no valid UTF-8. */
export function textOfUtf8(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; ) {
    const first = bytes[at] as number;
    const length =
      first < 0x80
        ? 1
        : first >= 0xc2 && first < 0xe0
          ? 2
          : first >= 0xe0 && first < 0xf0
            ? 3
            : first >= 0xf0 && first < 0xf5
              ? 4
              : 0;
    if (length === 0 || at + length > bytes.length) throw new FormatError(`no valid UTF-8 at byte ${at}`);
    let point = length === 1 ? first : first & (0xff >> (length + 1));
    for (let next = 1; next < length; next++) {
      const byte = bytes[at + next] as number;
      if ((byte & 0xc0) !== 0x80) throw new FormatError(`no valid UTF-8 at byte ${at + next}`);
      point = (point << 6) | (byte & 0x3f);
    }
    const isOverlong = (length === 3 && point < 0x800) || (length === 4 && point < 0x10000);
    const isSurrogate = point >= 0xd800 && point < 0xe000;
    if (isOverlong || isSurrogate || point > 0x10ffff) throw new FormatError(`no valid UTF-8 at byte ${at}`);
    text += String.fromCodePoint(point);
    at += length;
  }
  return text;
}
