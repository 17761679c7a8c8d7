import { ConnectionError, errorCodes, largestWindowBytes, maxFrameBytes, settingIds } from "./protocol.ts";

/** What a client's SETTINGS frame changes for us. Missing: no change. */
export interface ClientSettings {
  readonly headerTableBytes?: number;
  readonly initialWindowBytes?: number;
  readonly maxFrameBytes?: number;
}

export const settingBytes = 6;

/** Reads a SETTINGS payload, whose length is a multiple of `settingBytes`; throws `ConnectionError` (RFC 9113 §6.5.2). */
export function readSettings(bytes: Buffer, start: number, end: number): ClientSettings {
  const changes: { headerTableBytes?: number; initialWindowBytes?: number; maxFrameBytes?: number } = {};
  for (let at = start; at < end; at += settingBytes) {
    const value = bytes.readUInt32BE(at + 2);
    switch (bytes.readUInt16BE(at)) {
      case settingIds.headerTableSize:
        changes.headerTableBytes = value;
        break;
      case settingIds.enablePush:
        if (value > 1) throw new ConnectionError(errorCodes.protocolError, `ENABLE_PUSH cannot be ${value}`);
        break;
      case settingIds.initialWindowSize:
        if (value > largestWindowBytes) {
          throw new ConnectionError(errorCodes.flowControlError, `INITIAL_WINDOW_SIZE cannot be ${value}`);
        }
        changes.initialWindowBytes = value;
        break;
      case settingIds.maxFrameSize:
        if (value < maxFrameBytes || value >= 2 ** 24) {
          throw new ConnectionError(errorCodes.protocolError, `MAX_FRAME_SIZE cannot be ${value}`);
        }
        changes.maxFrameBytes = value;
        break;
      default:
        // MAX_CONCURRENT_STREAMS is about pushes, which we never make; MAX_HEADER_LIST_SIZE is advice; others are unknown.
        break;
    }
  }
  return changes;
}
