/** Clients take so much in headers at least: gRPC's C core refuses some from 8 KiB on (`grpc.max_metadata_size`). */
const maxEncodedLength = 4096;
/** What is kept of a longer one, in UTF-16 units: nine bytes each at most on the wire. */
const keptLength = 400;

/**
 * How a status message travels in the `grpc-message` trailer: UTF-8, where bytes outside of printable ASCII, and "%"
 * itself, are written as %XX (gRPC over HTTP/2, "Status-Message"). One that repeats a long name of the client's is cut, or its client
 * would take it for a broken connection.
 */
export function encodeStatusMessage(message: string): string {
  if (message.length > maxEncodedLength) return encoded(cut(message));
  const whole = encoded(message);
  return whole.length > maxEncodedLength ? encoded(cut(message)) : whole;
}

function cut(message: string): string {
  return `${message.slice(0, keptLength)}... (${message.length} characters)`;
}

function encoded(message: string): string {
  if (/^[\x20-\x24\x26-\x7e]*$/.test(message)) return message;
  let bytes = "";
  for (const byte of Buffer.from(message, "utf8")) {
    const isPlain = byte >= 0x20 && byte <= 0x7e && byte !== 0x25;
    bytes += isPlain ? String.fromCharCode(byte) : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }
  return bytes;
}
