/** The path of the one method that every contender serves. */
export const benchPath = "/bench.Echo/Put";

/** As large as a put of a 24-byte key and a 128-byte value, and as its answer. */
export const requestMessage: Uint8Array = new Uint8Array(158).fill(7);
export const responseMessage: Uint8Array = new Uint8Array(30).fill(9);

/** With gRPC's prefix. */
export function framed(message: Uint8Array): Buffer {
  const bytes = Buffer.alloc(5 + message.length);
  bytes.writeUInt32BE(message.length, 1);
  bytes.set(message, 5);
  return bytes;
}
