import type { Output } from "./output.ts";
import { frameFlags, frameTypes, type ErrorCode } from "./protocol.ts";
import { settingBytes } from "./settings.ts";

/** Frames that are about connections and streams, and carry nothing. */
export function writeSettings(output: Output, settings: readonly (readonly [id: number, value: number])[]): void {
  output.frame(settings.length * settingBytes, frameTypes.settings, 0, 0);
  for (const [id, value] of settings) {
    output.uint8(0);
    output.uint8(id);
    output.uint32(value);
  }
}

export function writeSettingsAck(output: Output): void {
  output.frame(0, frameTypes.settings, frameFlags.ack, 0);
}

/** `opaque`: 8 bytes. */
export function writePing(output: Output, isAck: boolean, opaque: Uint8Array): void {
  output.frame(8, frameTypes.ping, isAck ? frameFlags.ack : 0, 0);
  output.bytes(opaque);
}

export function writeGoaway(output: Output, lastStreamId: number, code: ErrorCode, reason: string): void {
  const debug = Buffer.from(reason, "utf8");
  output.frame(8 + debug.length, frameTypes.goaway, 0, 0);
  output.uint32(lastStreamId);
  output.uint32(code);
  output.bytes(debug);
}

export function writeReset(output: Output, streamId: number, code: ErrorCode): void {
  output.frame(4, frameTypes.rstStream, 0, streamId);
  output.uint32(code);
}

/** Stream 0: of the connection. */
export function writeWindowUpdate(output: Output, streamId: number, increment: number): void {
  output.frame(4, frameTypes.windowUpdate, 0, streamId);
  output.uint32(increment);
}
