import { readU32, readU53, writeU32, writeU53, type LogIndex, type Term } from "@quorate/raft";

/**
 * What members send each other: the first byte says whether a message of the protocol follows, one about proposals
 * that a member passes on to its leader, one about the digests of states (`digest-codec.ts`), one about who speaks
 * (`introduction-codec.ts`), one about a state that a leader sends (`transfer/transfer-codec.ts`), one about members and
 * leadership (`membership/administration-codec.ts`), or a question to the leader (`leader-question-codec.ts`).
 *
 * ```text
 * raft     u8 0, then the message as its own codec writes it
 * forward  u8 1, u64 id, u64 receiver's incarnation, u32 count, count x u32 length, the commands
 * answer   u8 2, u64 id, u8 outcome, u64 first index, u64 term
 * ```
 * All integers are little-endian.
 */
export const messageKinds = {
  raft: 0,
  forward: 1,
  answer: 2,
  digestQuestion: 3,
  digestReport: 4,
  introduction: 5,
  disowned: 6,
  transfer: 7,
  administration: 8,
  administered: 9,
  leaderQuestion: 10,
  leaderReply: 11,
} as const;

/** Proposals passed on to the leader, in one message and once. */
export interface Forward {
  /** Rising within the sender's incarnation: a second copy is recognised by it. */
  readonly id: number;
  /** Whom it is meant for: another incarnation must not take it. */
  readonly incarnation: number;
  readonly commands: readonly Uint8Array[];
}

export const forwardOutcomes = ["placed", "not-leader", "busy", "too-large"] as const;
export type ForwardOutcome = (typeof forwardOutcomes)[number];

/** What became of a forward: placed in the log from `firstIndex` on in `term`, or refused as a whole. */
export interface ForwardAnswer {
  readonly id: number;
  readonly outcome: ForwardOutcome;
  /** 0 unless placed. */
  readonly firstIndex: LogIndex;
  readonly term: Term;
}

/** What stands before the commands of a forward, in bytes: once, and for each of them. */
export const forwardHeaderBytes = 21;
export const forwardLengthBytes = 4;
const answerBytes = 26;

/** The message as chunks; the commands themselves are not copied. */
export function encodeForward(forward: Forward): Uint8Array[] {
  const { id, incarnation, commands } = forward;
  const header = new Uint8Array(forwardHeaderBytes + forwardLengthBytes * commands.length);
  header[0] = messageKinds.forward;
  writeU53(header, 1, id);
  writeU53(header, 9, incarnation);
  writeU32(header, 17, commands.length);
  const chunks: Uint8Array[] = [header];
  let at = forwardHeaderBytes;
  for (const command of commands) {
    writeU32(header, at, command.length);
    at += forwardLengthBytes;
    chunks.push(command);
  }
  return chunks;
}

/** Undefined when the bytes are not a forward. The commands are views of `bytes`. */
export function decodeForward(bytes: Uint8Array): Forward | undefined {
  if (bytes.length < forwardHeaderBytes || bytes[0] !== messageKinds.forward) return undefined;
  const id = readU53(bytes, 1);
  const incarnation = readU53(bytes, 9);
  const count = readU32(bytes, 17);
  let at = forwardHeaderBytes + forwardLengthBytes * count;
  if (!(id >= 1) || !(incarnation >= 1) || count < 1 || at > bytes.length) return undefined;
  const commands: Uint8Array[] = [];
  for (let k = 0; k < count; k++) {
    const length = readU32(bytes, forwardHeaderBytes + forwardLengthBytes * k);
    if (length < 1 || at + length > bytes.length) return undefined;
    commands.push(bytes.subarray(at, at + length));
    at += length;
  }
  return at === bytes.length ? { id, incarnation, commands } : undefined;
}

export function encodeForwardAnswer(answer: ForwardAnswer): Uint8Array[] {
  const bytes = new Uint8Array(answerBytes);
  bytes[0] = messageKinds.answer;
  writeU53(bytes, 1, answer.id);
  bytes[9] = forwardOutcomes.indexOf(answer.outcome);
  writeU53(bytes, 10, answer.firstIndex);
  writeU53(bytes, 18, answer.term);
  return [bytes];
}

/** Undefined when the bytes are not an answer. */
export function decodeForwardAnswer(bytes: Uint8Array): ForwardAnswer | undefined {
  if (bytes.length !== answerBytes || bytes[0] !== messageKinds.answer) return undefined;
  const outcome = forwardOutcomes[bytes[9] as number];
  const [id, firstIndex, term] = [readU53(bytes, 1), readU53(bytes, 10), readU53(bytes, 18)];
  if (outcome === undefined || !(id >= 1)) return undefined;
  if (outcome === "placed" && (!(firstIndex >= 1) || !(term >= 1))) return undefined;
  return { id, outcome, firstIndex, term };
}
