/** What RFC 9113 and RFC 7541 say about the bytes that a load generator needs. */
export const frameHeaderBytes = 9;

export const frameTypes = {
  data: 0,
  headers: 1,
  rstStream: 3,
  settings: 4,
  ping: 6,
  goAway: 7,
  windowUpdate: 8,
} as const;

export const flags = { acknowledgement: 1, endStream: 1, endHeaders: 4 } as const;

export const settingIds = { headerTableSize: 1, enablePush: 2, maxConcurrentStreams: 3, initialWindowSize: 4 } as const;

/** Of a connection and of each stream, until a peer says otherwise (RFC 9113 §6.9.2). */
export const defaultWindowBytes = 65_535;

/** What this side lets the other send before it hears more of it: nearly everything. */
const receiveWindowBytes = 2 ** 30;

/** One frame as bytes. */
export function frame(type: number, flagBits: number, streamId: number, payload: Uint8Array): Buffer {
  const bytes = Buffer.alloc(frameHeaderBytes + payload.length);
  bytes.writeUIntBE(payload.length, 0, 3);
  bytes[3] = type;
  bytes[4] = flagBits;
  bytes.writeUInt32BE(streamId, 5);
  bytes.set(payload, frameHeaderBytes);
  return bytes;
}

/** What a client says first: the preface, its settings, and a large window for answers. */
export function greeting(): Buffer {
  const settings = Buffer.alloc(12);
  settings.writeUInt16BE(settingIds.enablePush, 0);
  settings.writeUInt32BE(0, 2);
  settings.writeUInt16BE(settingIds.initialWindowSize, 6);
  settings.writeUInt32BE(receiveWindowBytes, 8);
  return Buffer.concat([
    Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "latin1"),
    frame(frameTypes.settings, 0, 0, settings),
    windowUpdate(receiveWindowBytes - defaultWindowBytes),
  ]);
}

/** Lets the peer send so many bytes more on the connection. */
export function windowUpdate(bytes: number): Buffer {
  const payload = Buffer.alloc(4);
  payload.writeUInt32BE(bytes);
  return frame(frameTypes.windowUpdate, 0, 0, payload);
}

/**
 * The headers of a gRPC call, first as literals that enter the peer's table of headers (RFC 7541 §6.2.1), and from then
 * on as their places in it: what every HTTP/2 client does that calls the same method again and again.
 */
export function callHeaders(path: string, authority: string): { readonly first: Buffer; readonly later: Buffer } {
  const post = 0x83;
  const http = 0x86;
  const literals = [
    literal([0x44], path),
    literal([0x41], authority),
    literal([0x5f], "application/grpc"),
    literal([0x40, ...text("te")], "trailers"),
  ];
  // The newest entry is number 62, the first after the static table.
  const places = literals.map((_, index) => 0x80 | (62 + literals.length - 1 - index));
  return {
    first: Buffer.concat([Buffer.from([post, http]), ...literals]),
    later: Buffer.from([post, http, ...places]),
  };
}

function literal(name: readonly number[], value: string): Buffer {
  return Buffer.from([...name, ...text(value)]);
}

/** A string with its length before it, not Huffman coded. */
function text(value: string): readonly number[] {
  const bytes = Buffer.from(value, "latin1");
  if (bytes.length > 126) throw new Error(`a header of ${bytes.length} bytes is too long here: ${value}`);
  return [bytes.length, ...bytes];
}
