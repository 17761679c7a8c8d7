import { frameHeaderBytes, readEntry, type Entry } from "./entry.ts";
import { CorruptFrameError, MalformedMessageError } from "./errors.ts";
import { readU32, readU53, writeU32, writeU53 } from "./integer-fields.ts";
import { invariant } from "./invariant.ts";
import type { Append, Message } from "./message.ts";
import type { LogPosition } from "./types.ts";

/**
 * Messages between members as bytes: one byte for the type, then fixed fields, little-endian. A position is its index and
 * then its term; a flag is one byte, 0 or 1. Only an append has a part of variable length: its entries' frames, verbatim.
 *
 * ```text
 *  1 pre-vote-request     u64 term, u64 electionTerm, position last
 *  2 pre-vote-response    u64 term, u64 electionTerm, flag granted
 *  3 vote-request         u64 term, position last, flag transfer
 *  4 vote-response        u64 term, flag granted
 *  5 append               u64 term, position previous, u64 commit, u32 count, count frames
 *  6 append-accepted      u64 term, u64 match
 *  7 append-rejected      u64 term, u64 rejected, position conflict, u64 conflict.firstIndex
 *  8 heartbeat            u64 term, u64 commit, u64 round
 *  9 heartbeat-response   u64 term, u64 round
 * 10 read-index-request   u64 term, u64 id
 * 11 read-index-response  u64 term, u64 id, u64 index
 * 12 timeout-now          u64 term
 * ```
 * The numbers are part of the protocol between versions: they are never given a second meaning.
 */
const types = {
  preVoteRequest: 1,
  preVoteResponse: 2,
  voteRequest: 3,
  voteResponse: 4,
  append: 5,
  appendAccepted: 6,
  appendRejected: 7,
  heartbeat: 8,
  heartbeatResponse: 9,
  readIndexRequest: 10,
  readIndexResponse: 11,
  timeoutNow: 12,
} as const;

/** What stands before the frames of an append, in bytes. */
export const appendHeaderBytes = 37;

/**
 * The message as chunks: what is fixed in one buffer, then each entry's frame as it is, not copied.
 * @throws InvariantViolation when an append's entries do not follow `previous` one by one (pitfall B36), or a number is
 * not an integer from 0 to 2^53 - 1.
 */
export function encodeMessage(message: Message): Uint8Array[] {
  switch (message.type) {
    case "pre-vote-request": {
      const { term, electionTerm, last } = message;
      return [fields(types.preVoteRequest, [term, electionTerm, last.index, last.term])];
    }
    case "pre-vote-response":
      return [fields(types.preVoteResponse, [message.term, message.electionTerm], message.granted)];
    case "vote-request": {
      const { term, last, transfer } = message;
      return [fields(types.voteRequest, [term, last.index, last.term], transfer)];
    }
    case "vote-response":
      return [fields(types.voteResponse, [message.term], message.granted)];
    case "append":
      return encodeAppend(message);
    case "append-accepted":
      return [fields(types.appendAccepted, [message.term, message.match])];
    case "append-rejected": {
      const { term, rejected, conflict } = message;
      return [fields(types.appendRejected, [term, rejected, conflict.index, conflict.term, conflict.firstIndex])];
    }
    case "heartbeat":
      return [fields(types.heartbeat, [message.term, message.commit, message.round])];
    case "heartbeat-response":
      return [fields(types.heartbeatResponse, [message.term, message.round])];
    case "read-index-request":
      return [fields(types.readIndexRequest, [message.term, message.id])];
    case "read-index-response":
      return [fields(types.readIndexResponse, [message.term, message.id, message.index])];
    case "timeout-now":
      return [fields(types.timeoutNow, [message.term])];
  }
}

/**
 * Reads what `encodeMessage` wrote. Entries are verified, and views of `bytes`; nothing is allocated beyond what `bytes`
 * itself can hold.
 * @throws MalformedMessageError when the bytes are not exactly one valid message.
 */
export function decodeMessage(bytes: Uint8Array): Message {
  const type = bytes[0];
  switch (type) {
    case types.preVoteRequest: {
      expectLength(bytes, 33);
      const [term, electionTerm] = [integer(bytes, 1), integer(bytes, 9)];
      return { type: "pre-vote-request", term, electionTerm, last: position(bytes, 17) };
    }
    case types.preVoteResponse: {
      expectLength(bytes, 18);
      const [term, electionTerm] = [integer(bytes, 1), integer(bytes, 9)];
      return { type: "pre-vote-response", term, electionTerm, granted: flag(bytes, 17) };
    }
    case types.voteRequest: {
      expectLength(bytes, 26);
      return { type: "vote-request", term: integer(bytes, 1), last: position(bytes, 9), transfer: flag(bytes, 25) };
    }
    case types.voteResponse:
      expectLength(bytes, 10);
      return { type: "vote-response", term: integer(bytes, 1), granted: flag(bytes, 9) };
    case types.append:
      return decodeAppend(bytes);
    case types.appendAccepted:
      expectLength(bytes, 17);
      return { type: "append-accepted", term: integer(bytes, 1), match: integer(bytes, 9) };
    case types.appendRejected: {
      expectLength(bytes, 41);
      const conflict = { ...position(bytes, 17), firstIndex: integer(bytes, 33) };
      return { type: "append-rejected", term: integer(bytes, 1), rejected: integer(bytes, 9), conflict };
    }
    case types.heartbeat: {
      expectLength(bytes, 25);
      return { type: "heartbeat", term: integer(bytes, 1), commit: integer(bytes, 9), round: integer(bytes, 17) };
    }
    case types.heartbeatResponse:
      expectLength(bytes, 17);
      return { type: "heartbeat-response", term: integer(bytes, 1), round: integer(bytes, 9) };
    case types.readIndexRequest:
      expectLength(bytes, 17);
      return { type: "read-index-request", term: integer(bytes, 1), id: integer(bytes, 9) };
    case types.readIndexResponse: {
      expectLength(bytes, 25);
      const [term, id, index] = [integer(bytes, 1), integer(bytes, 9), integer(bytes, 17)];
      return { type: "read-index-response", term, id, index };
    }
    case types.timeoutNow:
      expectLength(bytes, 9);
      return { type: "timeout-now", term: integer(bytes, 1) };
    case undefined:
      throw new MalformedMessageError("the message is empty");
    default:
      throw new MalformedMessageError(`the message's type ${type} is unknown`);
  }
}

function encodeAppend(message: Append): Uint8Array[] {
  const { term, previous, commit, entries } = message;
  const header = new Uint8Array(appendHeaderBytes);
  header[0] = types.append;
  putIntegers(header, [term, previous.index, previous.term, commit]);
  writeU32(header, 33, entries.length);
  const chunks: Uint8Array[] = [header];
  let expected = previous.index + 1;
  for (const entry of entries) {
    invariant(entry.index === expected, "the entries of an append follow its previous position without a gap", {
      expected,
      found: entry.index,
    });
    expected++;
    chunks.push(entry.frame);
  }
  return chunks;
}

function decodeAppend(bytes: Uint8Array): Append {
  if (bytes.length < appendHeaderBytes) throw new MalformedMessageError("the append is cut short");
  const term = integer(bytes, 1);
  const previous = position(bytes, 9);
  const commit = integer(bytes, 25);
  const count = readU32(bytes, 33);
  if (count > (bytes.length - appendHeaderBytes) / frameHeaderBytes) {
    throw new MalformedMessageError(`the append claims ${count} entries, which its ${bytes.length} bytes cannot hold`);
  }
  const entries: Entry[] = [];
  let at = appendHeaderBytes;
  for (let k = 1; k <= count; k++) {
    const entry = readVerified(bytes, at);
    if (entry.index !== previous.index + k) {
      throw new MalformedMessageError(`the append holds entry ${entry.index} where ${previous.index + k} belongs`);
    }
    entries.push(entry);
    at += entry.frame.length;
  }
  if (at !== bytes.length) throw new MalformedMessageError("bytes follow the append's entries");
  return { type: "append", term, previous, commit, entries };
}

function readVerified(bytes: Uint8Array, at: number): Entry {
  try {
    return readEntry(bytes, at);
  } catch (error) {
    if (!(error instanceof CorruptFrameError)) throw error;
    throw new MalformedMessageError(`the append's entry at byte ${at} is damaged: ${error.message}`, { cause: error });
  }
}

/** The whole of a message that has no entries: its type, its integers, and its flag if it has one. */
function fields(type: number, integers: readonly number[], flag?: boolean): Uint8Array {
  const flagAt = 1 + 8 * integers.length;
  const bytes = new Uint8Array(flag === undefined ? flagAt : flagAt + 1);
  bytes[0] = type;
  putIntegers(bytes, integers);
  if (flag === true) bytes[flagAt] = 1;
  return bytes;
}

function putIntegers(bytes: Uint8Array, integers: readonly number[]): void {
  let at = 1;
  for (const value of integers) {
    if (!Number.isSafeInteger(value) || value < 0) invariant(false, "a message holds integers only", { value });
    writeU53(bytes, at, value);
    at += 8;
  }
}

function expectLength(bytes: Uint8Array, length: number): void {
  if (bytes.length === length) return;
  throw new MalformedMessageError(`a message of type ${bytes[0]} has ${length} bytes, not ${bytes.length}`);
}

function integer(bytes: Uint8Array, at: number): number {
  const value = readU53(bytes, at);
  if (Number.isNaN(value)) throw new MalformedMessageError(`the message's integer at byte ${at} exceeds 2^53 - 1`);
  return value;
}

function position(bytes: Uint8Array, at: number): LogPosition {
  return { index: integer(bytes, at), term: integer(bytes, at + 8) };
}

function flag(bytes: Uint8Array, at: number): boolean {
  const value = bytes[at] as number;
  if (value > 1) throw new MalformedMessageError(`the message's flag at byte ${at} is ${value}, neither 0 nor 1`);
  return value === 1;
}
