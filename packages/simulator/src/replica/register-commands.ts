import { readU32, writeU32 } from "@quorate/raft";
import type { RegisterInput } from "../linearizability/models/register.ts";

/** What tells a command on a register from one that is padding. */
const marker = 0x72;
const commandBytes = 14;

export interface RegisterCommand {
  readonly key: number;
  readonly value: number;
  /** Undefined for a write; 0 for a register that was never written. */
  readonly from: number | undefined;
}

/** `u32 number, u8 marker, u8 key and kind, u32 value, u32 from`: a write, or a compare-and-set. */
export function encodeRegisterCommand(number: number, key: number, input: RegisterInput): Uint8Array {
  const bytes = new Uint8Array(commandBytes);
  writeU32(bytes, 0, number);
  bytes[4] = marker;
  bytes[5] = key * 2 + (input.kind === "cas" ? 1 : 0);
  if (input.kind === "write") writeU32(bytes, 6, Number(input.value));
  if (input.kind === "cas") {
    writeU32(bytes, 6, Number(input.to));
    writeU32(bytes, 10, Number(input.from ?? 0));
  }
  return bytes;
}

/** Undefined for a command that is none of these. */
export function decodeRegisterCommand(bytes: Uint8Array): RegisterCommand | undefined {
  if (bytes.length !== commandBytes || bytes[4] !== marker) return undefined;
  const kind = bytes[5] as number;
  return { key: kind >> 1, value: readU32(bytes, 6), from: (kind & 1) === 1 ? readU32(bytes, 10) : undefined };
}
