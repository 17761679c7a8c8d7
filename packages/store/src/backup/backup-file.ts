import { ByteWriter } from "../byte-writer.ts";
import { crc32c } from "../crc32c.ts";

/**
 * A backup: the chunks that a whole state is sent as (`transfer/chunks.ts`), as one stream that says itself whether it is whole.
 *
 *   8 bytes  "QRBACKUP"
 *   u32      version: 1
 *   sized    label: what whoever made it wants to say of it
 *   sized    header of the state (`transfer/transfer-codec.ts`)
 *   u32      checksum of everything so far
 *   chunks   each one sized, and never empty
 *   u32      0: no more chunks
 *   u32      how many there were
 *   u32      checksum of everything so far
 *
 * Integers are big-endian. What is sized has its length before it, as a u32. Checksums are CRC-32C.
 */
export const backupMagic = Uint8Array.of(0x51, 0x52, 0x42, 0x41, 0x43, 0x4b, 0x55, 0x50);
export const backupVersion = 1;
/** Labels and headers are no longer than this, in bytes. */
export const maxHeadPartBytes = 64 * 1024;

export function encodeHead(label: Uint8Array, header: Uint8Array): Uint8Array {
  const writer = new ByteWriter();
  writer.bytes(backupMagic);
  writer.uint32(backupVersion);
  for (const part of [label, header]) {
    writer.uint32(part.length);
    writer.bytes(part);
  }
  return closed(writer, 0);
}

export function encodeFrame(chunk: Uint8Array): Uint8Array {
  const writer = new ByteWriter();
  writer.uint32(chunk.length);
  writer.bytes(chunk);
  return writer.take();
}

/** `checksum` is that of everything before. */
export function encodeTrailer(chunks: number, checksum: number): Uint8Array {
  const writer = new ByteWriter();
  writer.uint32(0);
  writer.uint32(chunks);
  return closed(writer, checksum);
}

/** What was written, with the checksum of everything behind it. */
function closed(writer: ByteWriter, before: number): Uint8Array {
  const body = writer.take();
  writer.bytes(body);
  writer.uint32(crc32c(body, before));
  return writer.take();
}
