import { readU53, writeU53 } from "@quorate/raft";
import { messageKinds } from "./forwarding-codec.ts";

/**
 * What a member asks its leader about what only leaders know, in the terms of whoever embeds it.
 *
 * ```text
 * question   u8 10, u64 id, the question
 * reply      u8 11, u64 id, u8 1 and the answer, or u8 0: nobody here answers it now
 * ```
 * All integers are little-endian.
 */
export interface LeaderQuestion {
  /** Of the sender's start: those of different starts never meet. */
  readonly id: number;
  readonly question: Uint8Array;
}

export interface LeaderReply {
  readonly id: number;
  readonly answer: Uint8Array | undefined;
}

/** Of a question, and of an answer, in bytes. */
export const maxQuestionBytes = 64 * 1024;
const questionHeader = 9;
const replyHeader = 10;

export function encodeLeaderQuestion({ id, question }: LeaderQuestion): Uint8Array[] {
  const header = new Uint8Array(questionHeader);
  header[0] = messageKinds.leaderQuestion;
  writeU53(header, 1, id);
  return [header, question];
}

/** Undefined when the bytes are not a question; otherwise a view of them. */
export function decodeLeaderQuestion(bytes: Uint8Array): LeaderQuestion | undefined {
  if (bytes.length < questionHeader || bytes.length > questionHeader + maxQuestionBytes) return undefined;
  const id = readU53(bytes, 1);
  return id >= 1 ? { id, question: bytes.subarray(questionHeader) } : undefined;
}

export function encodeLeaderReply({ id, answer }: LeaderReply): Uint8Array[] {
  const header = new Uint8Array(replyHeader);
  header[0] = messageKinds.leaderReply;
  writeU53(header, 1, id);
  header[9] = answer === undefined ? 0 : 1;
  return answer === undefined ? [header] : [header, answer];
}

/** Undefined when the bytes are not a reply; otherwise a view of them. */
export function decodeLeaderReply(bytes: Uint8Array): LeaderReply | undefined {
  if (bytes.length < replyHeader) return undefined;
  const id = readU53(bytes, 1);
  const flag = bytes[9] as number;
  if (!(id >= 1) || flag > 1 || (flag === 0 && bytes.length > replyHeader)) return undefined;
  return { id, answer: flag === 1 ? bytes.subarray(replyHeader) : undefined };
}
