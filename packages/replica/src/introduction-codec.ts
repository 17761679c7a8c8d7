import { readU53, writeU53 } from "@quorate/raft";
import type { StartHistory } from "@quorate/wal";
import { messageKinds } from "./forwarding-codec.ts";

/**
 * How members make themselves known.
 *
 * ```text
 * introduction  u8 5, u8 whether these are all starts, u8 count, count x u64 incarnation, ascending, the present one last
 * disowned      u8 6, u64 incarnation of the receiver, u64 the one of it that is known
 * ```
 * All integers are little-endian.
 */

/** "I know a start of you that your disk does not." */
export interface Disowned {
  /** Whom it is meant for: another start of that member may be the one that is known. */
  readonly incarnation: number;
  readonly known: number;
}

const introductionHeader = 3;
const disownedBytes = 17;
/** Of a count in one byte; a log remembers fewer. */
const mostStarts = 255;

/** "These are the starts of this disk": the first message on each connection. */
export function encodeIntroduction({ incarnations, isWhole }: StartHistory): Uint8Array {
  const told = incarnations.slice(-mostStarts);
  const bytes = new Uint8Array(introductionHeader + 8 * told.length);
  bytes[0] = messageKinds.introduction;
  bytes[1] = isWhole && told.length === incarnations.length ? 1 : 0;
  bytes[2] = told.length;
  for (const [at, incarnation] of told.entries()) writeU53(bytes, introductionHeader + 8 * at, incarnation);
  return bytes;
}

/** Undefined when the bytes are not an introduction. */
export function decodeIntroduction(bytes: Uint8Array): StartHistory | undefined {
  const count = bytes[2] ?? 0;
  if (count === 0 || bytes.length !== introductionHeader + 8 * count || (bytes[1] as number) > 1) return undefined;
  const incarnations: number[] = [];
  for (let at = introductionHeader; at < bytes.length; at += 8) {
    const incarnation = readU53(bytes, at);
    if (!(incarnation > (incarnations.at(-1) ?? 0))) return undefined;
    incarnations.push(incarnation);
  }
  return { incarnations, isWhole: bytes[1] === 1 };
}

export function encodeDisowned({ incarnation, known }: Disowned): Uint8Array {
  const bytes = new Uint8Array(disownedBytes);
  bytes[0] = messageKinds.disowned;
  writeU53(bytes, 1, incarnation);
  writeU53(bytes, 9, known);
  return bytes;
}

/** Undefined when the bytes are not such a message. */
export function decodeDisowned(bytes: Uint8Array): Disowned | undefined {
  if (bytes.length !== disownedBytes) return undefined;
  const [incarnation, known] = [readU53(bytes, 1), readU53(bytes, 9)];
  return incarnation >= 1 && known >= 1 ? { incarnation, known } : undefined;
}
