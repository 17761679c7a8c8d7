import { ConnectionError, errorCodes, frameFlags, frameTypes } from "./protocol.ts";

const exactBytes: ReadonlyMap<number, number> = new Map([
  [frameTypes.rstStream, 4],
  [frameTypes.ping, 8],
  [frameTypes.windowUpdate, 4],
]);
const connectionOnly: ReadonlySet<number> = new Set([frameTypes.settings, frameTypes.ping, frameTypes.goaway]);
const streamOnly: ReadonlySet<number> = new Set([frameTypes.priority, frameTypes.rstStream]);
const names: Readonly<Record<number, string>> = Object.fromEntries(
  Object.entries(frameTypes).map(([name, type]) => [type, name]),
);

/** What can be said of a frame by its header alone: throws `ConnectionError` (RFC 9113 §6). Not for DATA and HEADERS. */
export function checkControlFrame(type: number, id: number, length: number): void {
  if (id === 0 && streamOnly.has(type)) throw protocolError(`${names[type]} on stream 0`);
  if (id !== 0 && connectionOnly.has(type)) throw protocolError(`${names[type]} on a stream`);
  const exact = exactBytes.get(type);
  if (exact !== undefined && length !== exact) {
    throw new ConnectionError(errorCodes.frameSizeError, `${names[type]} must have ${exact} bytes, not ${length}`);
  }
  if (type === frameTypes.goaway && length < 8) {
    throw new ConnectionError(errorCodes.frameSizeError, "goaway must have 8 bytes or more");
  }
}

/** How many bytes of padding end a frame; the byte that says so is the first of the payload (§6.1). */
export function paddingOf(flags: number, bytes: Buffer, start: number, end: number): number {
  if ((flags & frameFlags.padded) === 0) return 0;
  if (start === end) throw new ConnectionError(errorCodes.frameSizeError, "a padded frame without a pad length");
  return bytes[start] as number;
}

export function protocolError(message: string): ConnectionError {
  return new ConnectionError(errorCodes.protocolError, message);
}
