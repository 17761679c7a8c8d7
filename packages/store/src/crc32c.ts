/**
 * CRC-32C (Castagnoli, reflected polynomial 0x82F63B78), eight bytes at a step ("slicing by 8"). It guards every record
 * that the store puts into its engine: LevelDB does not verify what it reads through its binding (DESIGN §5).
 */
const tables: Uint32Array[] = [];

for (let slice = 0; slice < 8; slice++) {
  const table = new Uint32Array(256);
  for (let byte = 0; byte < 256; byte++) {
    let value = slice === 0 ? byte : ((tables[slice - 1] as Uint32Array)[byte] as number);
    if (slice === 0) for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0x82f63b78 : value >>> 1;
    else value = (value >>> 8) ^ ((tables[0] as Uint32Array)[value & 0xff] as number);
    table[byte] = value;
  }
  tables.push(table);
}

const [t0, t1, t2, t3, t4, t5, t6, t7] = tables as [
  Uint32Array,
  Uint32Array,
  Uint32Array,
  Uint32Array,
  Uint32Array,
  Uint32Array,
  Uint32Array,
  Uint32Array,
];

/** The checksum of `bytes` in [from, to), going on from `previous` (0 for the start), as an unsigned 32-bit integer. */
export function crc32c(bytes: Uint8Array, previous = 0, from = 0, to = bytes.length): number {
  let crc = ~previous;
  let at = from;
  for (; at + 8 <= to; at += 8) {
    crc ^=
      (bytes[at] as number) |
      ((bytes[at + 1] as number) << 8) |
      ((bytes[at + 2] as number) << 16) |
      ((bytes[at + 3] as number) << 24);
    crc =
      (t7[crc & 0xff] as number) ^
      (t6[(crc >>> 8) & 0xff] as number) ^
      (t5[(crc >>> 16) & 0xff] as number) ^
      (t4[crc >>> 24] as number) ^
      (t3[bytes[at + 4] as number] as number) ^
      (t2[bytes[at + 5] as number] as number) ^
      (t1[bytes[at + 6] as number] as number) ^
      (t0[bytes[at + 7] as number] as number);
  }
  for (; at < to; at++) crc = (crc >>> 8) ^ (t0[(crc ^ (bytes[at] as number)) & 0xff] as number);
  return ~crc >>> 0;
}
