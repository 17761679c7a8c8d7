/** Integers up to 2^53 - 1 as eight little-endian bytes: the only integer layout of frames, messages and WAL headers. */

const two32 = 0x1_0000_0000;

export function writeU32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value;
  bytes[at + 1] = value >>> 8;
  bytes[at + 2] = value >>> 16;
  bytes[at + 3] = value >>> 24;
}

export function readU32(bytes: Uint8Array, at: number): number {
  return (
    ((bytes[at] as number) |
      ((bytes[at + 1] as number) << 8) |
      ((bytes[at + 2] as number) << 16) |
      ((bytes[at + 3] as number) << 24)) >>>
    0
  );
}

/** `value` must be an integer from 0 to 2^53 - 1. */
export function writeU53(bytes: Uint8Array, at: number, value: number): void {
  writeU32(bytes, at, value % two32);
  writeU32(bytes, at + 4, Math.floor(value / two32));
}

/** Reads what `writeU53` wrote; NaN when the bytes hold more than 53 bits, which no valid writer makes. */
export function readU53(bytes: Uint8Array, at: number): number {
  const high = readU32(bytes, at + 4);
  return high > 0x1f_ffff ? Number.NaN : high * two32 + readU32(bytes, at);
}
