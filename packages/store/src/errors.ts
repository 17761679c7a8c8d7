import { HostError } from "@quorate/host";

/** Bytes that are no valid encoding of what they should be. The message says what and at which offset. */
export class FormatError extends Error {
  override readonly name = "FormatError";
}

/** What a record of the engine holds. */
export const recordKinds = [
  "state",
  "compaction",
  "alarm",
  "lease",
  "member",
  "block",
  "metadata",
  "version",
  "journal",
  "auth",
] as const;
export type RecordKind = (typeof recordKinds)[number];

/**
 * A record of the engine that is not what was written: its checksum fails, or it is missing where another record says
 * that it exists. The state must be discarded and rebuilt; wrong data is never served. Its code is "corrupt".
 */
export class DamagedRecordError extends HostError {
  readonly record: RecordKind;
  /** The user's key for `metadata` and `version` records; otherwise the engine's key. */
  readonly key: Uint8Array;

  constructor(record: RecordKind, key: Uint8Array, what: string) {
    super(
      "corrupt",
      printableKey(key),
      `the ${record} record of key ${printableKey(key)} is damaged (${what}): the state must be discarded and rebuilt`,
    );
    this.record = record;
    this.key = key;
  }
}

/** Whether an error says that the state is not what was written: by its own records, or by the engine under them. */
export function isDamage(error: HostError): boolean {
  return error.code === "corrupt";
}

/** A key for people: printable ASCII as it is, anything else as \xNN; long ones cut. */
export function printableKey(key: Uint8Array): string {
  let text = "";
  for (const byte of key.subarray(0, 64)) {
    const isPlain = byte >= 0x20 && byte < 0x7f && byte !== 0x5c;
    text += isPlain ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, "0")}`;
  }
  return key.length > 64 ? `"${text}"... (${key.length} bytes)` : `"${text}"`;
}
