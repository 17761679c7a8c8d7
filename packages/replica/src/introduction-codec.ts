import { readU53, writeU53 } from "@quorate/raft";
import { messageKinds } from "./forwarding-codec.ts";

/**
 * How members make themselves known.
 *
 * ```text
 * introduction  u8 5, u64 incarnation, u64 the incarnation before it
 * disowned      u8 6, u64 incarnation of the receiver, u64 the later one that is known
 * ```
 * All integers are little-endian.
 */

/** "This is my start, and this the one before it on my disk": the first message on each connection. */
export interface Introduction {
  readonly incarnation: number;
  /** 0 at the first start. */
  readonly previous: number;
}

/** "I know a start of you that your disk does not." */
export interface Disowned {
  /** Whom it is meant for: another start of that member may be the one that is known. */
  readonly incarnation: number;
  readonly known: number;
}

const length = 17;

export function encodeIntroduction({ incarnation, previous }: Introduction): Uint8Array {
  return encode(messageKinds.introduction, incarnation, previous);
}

/** Undefined when the bytes are not an introduction. */
export function decodeIntroduction(bytes: Uint8Array): Introduction | undefined {
  const [incarnation, previous] = decode(bytes);
  return incarnation > previous && previous >= 0 ? { incarnation, previous } : undefined;
}

export function encodeDisowned({ incarnation, known }: Disowned): Uint8Array {
  return encode(messageKinds.disowned, incarnation, known);
}

/** Undefined when the bytes are not such a message. */
export function decodeDisowned(bytes: Uint8Array): Disowned | undefined {
  const [incarnation, known] = decode(bytes);
  return incarnation >= 1 && known >= 1 ? { incarnation, known } : undefined;
}

function encode(kind: number, first: number, second: number): Uint8Array {
  const bytes = new Uint8Array(length);
  bytes[0] = kind;
  writeU53(bytes, 1, first);
  writeU53(bytes, 9, second);
  return bytes;
}

function decode(bytes: Uint8Array): [first: number, second: number] {
  return bytes.length === length ? [readU53(bytes, 1), readU53(bytes, 9)] : [Number.NaN, Number.NaN];
}
