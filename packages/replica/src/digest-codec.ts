import { readU53, writeU53, type LogIndex, type MemberId } from "@quorate/raft";
import { messageKinds } from "./forwarding-codec.ts";

/**
 * How members compare their states.
 *
 * ```text
 * question  u8 3, u64 round, u64 index, u8 length, the point
 * report    u8 4, u64 asker, u64 asker's incarnation, u64 round, u8 outcome, u8 length, the digest
 * ```
 * All integers are little-endian.
 */

/** One comparison: whoever asked for it, in which of its incarnations, and its number there. */
export interface DigestRound {
  readonly asker: MemberId;
  readonly incarnation: number;
  readonly round: number;
}

/** "Give everybody the digest of your state at this point, once you have applied what I had applied." */
export interface DigestQuestion {
  readonly round: number;
  readonly index: LogIndex;
  readonly point: Uint8Array;
}

export const digestOutcomes = ["digest", "busy", "behind", "unavailable"] as const;
export type DigestOutcome = (typeof digestOutcomes)[number];

export interface DigestReport {
  readonly about: DigestRound;
  readonly outcome: DigestOutcome;
  /** Empty unless the outcome is a digest. */
  readonly digest: Uint8Array;
}

/** Of a point and of a digest. */
export const maxDigestBytes = 255;
const questionHeader = 18;
const reportHeader = 27;

export function encodeDigestQuestion({ round, index, point }: DigestQuestion): Uint8Array {
  const bytes = new Uint8Array(questionHeader + point.length);
  bytes[0] = messageKinds.digestQuestion;
  writeU53(bytes, 1, round);
  writeU53(bytes, 9, index);
  bytes[17] = point.length;
  bytes.set(point, questionHeader);
  return bytes;
}

/** Undefined when the bytes are not a question. The point is the caller's to keep. */
export function decodeDigestQuestion(bytes: Uint8Array): DigestQuestion | undefined {
  if (bytes.length <= questionHeader || bytes.length !== questionHeader + (bytes[17] as number)) return undefined;
  const [round, index] = [readU53(bytes, 1), readU53(bytes, 9)];
  if (!(round >= 1) || !(index >= 0)) return undefined;
  return { round, index, point: bytes.slice(questionHeader) };
}

export function encodeDigestReport({ about, outcome, digest }: DigestReport): Uint8Array {
  const bytes = new Uint8Array(reportHeader + digest.length);
  bytes[0] = messageKinds.digestReport;
  writeU53(bytes, 1, about.asker);
  writeU53(bytes, 9, about.incarnation);
  writeU53(bytes, 17, about.round);
  bytes[25] = digestOutcomes.indexOf(outcome);
  bytes[26] = digest.length;
  bytes.set(digest, reportHeader);
  return bytes;
}

/** Undefined when the bytes are not a report. The digest is the caller's to keep. */
export function decodeDigestReport(bytes: Uint8Array): DigestReport | undefined {
  if (bytes.length < reportHeader || bytes.length !== reportHeader + (bytes[26] as number)) return undefined;
  const about = { asker: readU53(bytes, 1), incarnation: readU53(bytes, 9), round: readU53(bytes, 17) };
  const outcome = digestOutcomes[bytes[25] as number];
  const digest = bytes.slice(reportHeader);
  if (outcome === undefined || (outcome === "digest") !== digest.length > 0) return undefined;
  if (!(about.asker >= 1) || !(about.incarnation >= 1) || !(about.round >= 1)) return undefined;
  return { about, outcome, digest };
}
