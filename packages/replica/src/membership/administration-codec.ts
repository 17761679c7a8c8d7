import { decodeUtf8, encodeUtf8, readU53, writeU53, type LogIndex } from "@quorate/raft";
import { messageKinds } from "../forwarding-codec.ts";
import { membershipRefusals, type MembershipOperation, type MembershipRefusal } from "./membership-operation.ts";
import { readOperation } from "./read-operation.ts";

/**
 * What a member passes on to its leader about members and leadership, and the answer. Rare, and read by people in traces: JSON.
 *
 * ```text
 * question   u8 8, u64 id, u64 receiver's incarnation, the operation as JSON in UTF-8
 * answer     u8 9, u64 id, the answer as JSON in UTF-8
 * ```
 * All integers are little-endian.
 */
export interface AdministrationQuestion {
  /** Rising within the sender's incarnation. */
  readonly id: number;
  /** Whom it is meant for: another incarnation must not take it. */
  readonly incarnation: number;
  readonly operation: MembershipOperation;
}

export interface AdministrationAnswer {
  readonly id: number;
  readonly answer: Answer;
}

/** What the leader made of an operation. */
export type Answer =
  /** It stands in the log at `index`: over when a configuration that is not joint is committed there or later. */
  | { readonly outcome: "placed"; readonly index: LogIndex }
  /** It is over. */
  | { readonly outcome: "done" }
  | { readonly outcome: "refused"; readonly refusal: MembershipRefusal; readonly message: string };

const questionHeader = 17;
const answerHeader = 9;
/** Of the JSON, in bytes: 64 members with a few URLs each fit many times. */
const maxJsonBytes = 256 * 1024;

export function encodeQuestion({ id, incarnation, operation }: AdministrationQuestion): Uint8Array[] {
  const header = new Uint8Array(questionHeader);
  header[0] = messageKinds.administration;
  writeU53(header, 1, id);
  writeU53(header, 9, incarnation);
  return [header, encodeUtf8(JSON.stringify(operation))];
}

/** Undefined when the bytes are not a question. */
export function decodeQuestion(bytes: Uint8Array): AdministrationQuestion | undefined {
  if (bytes.length < questionHeader) return undefined;
  const [id, incarnation] = [readU53(bytes, 1), readU53(bytes, 9)];
  const operation = readOperation(readJson(bytes.subarray(questionHeader)));
  if (!(id >= 1) || !(incarnation >= 1) || operation === undefined) return undefined;
  return { id, incarnation, operation };
}

export function encodeAnswer({ id, answer }: AdministrationAnswer): Uint8Array[] {
  const header = new Uint8Array(answerHeader);
  header[0] = messageKinds.administered;
  writeU53(header, 1, id);
  return [header, encodeUtf8(JSON.stringify(answer))];
}

/** Undefined when the bytes are not an answer. */
export function decodeAnswer(bytes: Uint8Array): AdministrationAnswer | undefined {
  if (bytes.length < answerHeader) return undefined;
  const id = readU53(bytes, 1);
  const answer = readAnswer(readJson(bytes.subarray(answerHeader)));
  return !(id >= 1) || answer === undefined ? undefined : { id, answer };
}

function readAnswer(json: unknown): Answer | undefined {
  if (typeof json !== "object" || json === null) return undefined;
  const { outcome, index, refusal, message } = json as Record<string, unknown>;
  if (outcome === "done") return { outcome };
  if (outcome === "placed") return Number.isSafeInteger(index) ? { outcome, index: index as number } : undefined;
  const known = membershipRefusals.find((one) => one === refusal);
  if (outcome !== "refused" || known === undefined || typeof message !== "string") return undefined;
  return { outcome, refusal: known, message };
}

function readJson(bytes: Uint8Array): unknown {
  const text = bytes.length > maxJsonBytes ? undefined : decodeUtf8(bytes);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
