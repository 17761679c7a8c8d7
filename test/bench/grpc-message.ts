/** Before each gRPC message: one byte of flags and the length. */
export const prefixBytes = 5;

/** A gRPC message with its prefix, not compressed. */
export function framed(message: Uint8Array): Uint8Array {
  const prefix = Buffer.alloc(prefixBytes);
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}
