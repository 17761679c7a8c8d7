/**
 * Keys inside the store are strings with one character (U+0000 to U+00FF) per byte. They are what `Map` hashes and what
 * `<` compares in the order of the unsigned bytes, and they hold one byte of memory per byte of key.
 */
export type KeyText = string;

/** `String.fromCharCode` takes its characters as arguments, which the engine's stack bounds. */
const charactersPerCall = 4096;

export function textOf(bytes: Uint8Array): KeyText {
  if (bytes.length <= charactersPerCall) return Reflect.apply(String.fromCharCode, undefined, bytes) as string;
  let text = "";
  for (let at = 0; at < bytes.length; at += charactersPerCall) {
    text += Reflect.apply(String.fromCharCode, undefined, bytes.subarray(at, at + charactersPerCall)) as string;
  }
  return text;
}

export function bytesOf(text: KeyText): Uint8Array {
  const bytes = new Uint8Array(text.length);
  writeText(text, bytes, 0);
  return bytes;
}

/** Writes the key's bytes at `offset`; returns the offset after them. */
export function writeText(text: KeyText, into: Uint8Array, offset: number): number {
  const length = text.length;
  for (let at = 0; at < length; at++) into[offset + at] = text.charCodeAt(at);
  return offset + length;
}

/** The smallest key greater than `key`. */
export function keyAfter(key: KeyText): KeyText {
  return `${key}\0`;
}
