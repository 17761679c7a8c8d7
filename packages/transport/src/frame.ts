import { crc32c, encodeUtf8, readU32, writeU32 } from "@quorate/raft";

/**
 * What travels on a connection once both sides know each other:
 * ```text
 *  0  u32  length of the payload in bytes
 *  4  u32  CRC-32C over bytes 0 to 3, bytes 8 to 15, and the first `checked` bytes of the payload
 *  8  u8   type
 *  9  3 bytes, zero
 * 12  u32  checked: how much of the payload the checksum covers
 * 16  payload
 * ```
 * All integers are little-endian. TCP's own checksum lets roughly one packet in 16 million to 10 billion through damaged
 * (Stone and Partridge, SIGCOMM 2000), so nothing goes without a better one; but entries carry their own from end to end
 * and are not summed a second time.
 */
export const frameHeaderBytes = 16;

/** `goodbye` says in words why the sender closes; the others are explained in docs/peer-protocol.md. */
export const frameTypes = { message: 1, ping: 2, pong: 3, progress: 4, goodbye: 5 } as const;
export type FrameType = (typeof frameTypes)[keyof typeof frameTypes];

/** The largest payload of every type but `message`. */
export const maxServicePayloadBytes = 1024;

/** What a frame's header says, and whether it can be believed so far. */
export interface FrameHeader {
  readonly type: FrameType;
  readonly length: number;
  readonly checked: number;
  readonly checksum: number;
}

/** The header of a frame whose payload is `chunks`, of which the first `checkedChunks` are covered by its checksum. */
export function makeFrameHeader(type: FrameType, chunks: readonly Uint8Array[], checkedChunks: number): Uint8Array {
  let length = 0;
  let checked = 0;
  chunks.forEach((chunk, at) => {
    length += chunk.length;
    if (at < checkedChunks) checked += chunk.length;
  });
  const header = new Uint8Array(frameHeaderBytes);
  writeU32(header, 0, length);
  header[8] = type;
  writeU32(header, 12, checked);
  let checksum = headerChecksum(header, 0);
  for (let at = 0; at < chunks.length && at < checkedChunks; at++) {
    checksum = crc32c(chunks[at] as Uint8Array, checksum);
  }
  writeU32(header, 4, checksum);
  return header;
}

/** The last frame of a connection, with the reason for people; at most 300 characters of it are sent. */
export function goodbyeFrame(reason: string): Uint8Array[] {
  const text = encodeUtf8(reason.slice(0, 300));
  return [makeFrameHeader(frameTypes.goodbye, [text], 1), text];
}

/** Reads the header at `at`, which must be whole. Returns a sentence when it cannot be a frame's. */
export function readFrameHeader(bytes: Uint8Array, at: number, maxMessageBytes: number): FrameHeader | string {
  const type = bytes[at + 8] as FrameType;
  const length = readU32(bytes, at);
  const checked = readU32(bytes, at + 12);
  if (type < frameTypes.message || type > frameTypes.goodbye) return `a frame of the unknown type ${type}`;
  const bound = type === frameTypes.message ? maxMessageBytes : maxServicePayloadBytes;
  if (length > bound) return `a frame of ${length} bytes, more than the ${bound} that are allowed`;
  const reserved = (bytes[at + 9] as number) | (bytes[at + 10] as number) | (bytes[at + 11] as number);
  if (checked > length || reserved !== 0) return "a frame whose header contradicts itself";
  return { type, length, checked, checksum: readU32(bytes, at + 4) };
}

/** Whether the frame's checksum holds for the header at `at` of `bytes` and for its whole payload. */
export function verifiesFrame(header: FrameHeader, bytes: Uint8Array, at: number, payload: Uint8Array): boolean {
  return crc32c(payload, headerChecksum(bytes, at), 0, header.checked) === header.checksum;
}

function headerChecksum(bytes: Uint8Array, at: number): number {
  return crc32c(bytes, crc32c(bytes, 0, at, at + 4), at + 8, at + frameHeaderBytes);
}
