import {
  CorruptFrameError,
  decodeConfiguration,
  decodeUtf8,
  encodeConfiguration,
  encodeUtf8,
  readU32,
  readU53,
  writeU32,
  writeU53,
  type Configuration,
  type LogIndex,
  type LogPosition,
  type Term,
} from "@quorate/raft";
import { messageKinds } from "../forwarding-codec.ts";

/**
 * How a leader sends its state to a member that lacks too much of the log.
 *
 * ```text
 * every message   u8 7, u8 type, u64 session, then
 * question   (1)  nothing: "what do you hold?"
 * point      (2)  the state's own point, to the end
 * offer      (3)  u64 index, u64 term, u64 configuration's index, u64 total bytes, u64 the leader's term, u8 is an increment,
 *                 u32 length of the configuration, the configuration, the source's header to the end
 * ready      (4)  the resume token, to the end
 * chunk      (5)  u64 number, the chunk to the end
 * taken      (6)  u64 number: every chunk up to it is verified and kept
 * end        (7)  u64 count of chunks
 * installed  (8)  u64 index: the state is as of here, durably
 * refused    (9)  why the receiver goes no further, as UTF-8, to the end
 * cancelled  (10) why the sender does not, likewise
 * wish       (11) nothing: "send me your state"; its session says nothing
 * ```
 * All integers are little-endian.
 */
export type TransferMessage = SenderMessage | ReceiverMessage;

/** What the member that has the state says. */
export type SenderMessage =
  | { readonly type: "question"; readonly session: number }
  | ({ readonly type: "offer"; readonly session: number } & StateOffer)
  | { readonly type: "chunk"; readonly session: number; readonly number: number; readonly bytes: Uint8Array }
  | { readonly type: "end"; readonly session: number; readonly chunks: number }
  | { readonly type: "cancelled"; readonly session: number; readonly reason: string };

/** What the member that takes it over says. */
export type ReceiverMessage =
  | { readonly type: "point"; readonly session: number; readonly point: Uint8Array }
  | { readonly type: "ready"; readonly session: number; readonly token: Uint8Array }
  | { readonly type: "taken"; readonly session: number; readonly number: number }
  | { readonly type: "installed"; readonly session: number; readonly index: LogIndex }
  | { readonly type: "refused"; readonly session: number; readonly reason: string }
  | { readonly type: "wish"; readonly session: number };

/** What a session would bring. */
export interface StateOffer {
  readonly position: LogPosition;
  /** In force at `position`, and the index of its entry. */
  readonly configuration: Configuration;
  readonly configurationIndex: LogIndex;
  /** In which the sender leads. */
  readonly leaderTerm: Term;
  readonly totalBytes: number;
  readonly isIncrement: boolean;
  /** The source's own (`StateSource.header`). */
  readonly header: Uint8Array;
}

const types = [
  "question",
  "point",
  "offer",
  "ready",
  "chunk",
  "taken",
  "end",
  "installed",
  "refused",
  "cancelled",
  "wish",
] as const;
const headerBytes = 10;
const offerBytes = 45;
/** What stands before a chunk, in bytes. */
export const chunkHeaderBytes = headerBytes + 8;
/** The largest chunk that a source may give, in bytes. */
export const maxChunkBytes = 512 * 1024;
/** Why a session failed, in bytes of UTF-8 at most. */
const maxReasonBytes = 1000;

/** The message as chunks; a state's own bytes are not copied. */
export function encodeTransfer(message: TransferMessage): Uint8Array[] {
  const { type, session } = message;
  switch (type) {
    case "question":
    case "wish":
      return [head(type, session, 0)];
    case "point":
      return [head(type, session, 0), message.point];
    case "ready":
      return [head(type, session, 0), message.token];
    case "refused":
    case "cancelled":
      return [head(type, session, 0), encodeUtf8(message.reason).subarray(0, maxReasonBytes)];
    case "chunk":
      return [number(type, session, message.number), message.bytes];
    case "taken":
      return [number(type, session, message.number)];
    case "end":
      return [number(type, session, message.chunks)];
    case "installed":
      return [number(type, session, message.index)];
    case "offer": {
      const { position, configurationIndex, leaderTerm, totalBytes, isIncrement, header } = message;
      const configuration = encodeConfiguration(message.configuration);
      const bytes = head(type, session, offerBytes);
      writeU53(bytes, headerBytes, position.index);
      writeU53(bytes, headerBytes + 8, position.term);
      writeU53(bytes, headerBytes + 16, configurationIndex);
      writeU53(bytes, headerBytes + 24, totalBytes);
      writeU53(bytes, headerBytes + 32, leaderTerm);
      bytes[headerBytes + 40] = isIncrement ? 1 : 0;
      writeU32(bytes, headerBytes + 41, configuration.length);
      return [bytes, configuration, header];
    }
  }
}

/** Undefined when the bytes are not such a message. Points, headers, tokens and chunks are views of `bytes`. */
export function decodeTransfer(bytes: Uint8Array): TransferMessage | undefined {
  if (bytes.length < headerBytes || bytes[0] !== messageKinds.transfer) return undefined;
  const type = types[(bytes[1] as number) - 1];
  const session = readU53(bytes, 2);
  if (type === undefined || !(session >= 1)) return undefined;
  const rest = bytes.subarray(headerBytes);
  switch (type) {
    case "question":
    case "wish":
      return rest.length === 0 ? { type, session } : undefined;
    case "point":
      return rest.length >= 1 && rest.length <= 255 ? { type, session, point: rest } : undefined;
    case "ready":
      return { type, session, token: rest };
    case "refused":
    case "cancelled":
      return { type, session, reason: decodeUtf8(rest.subarray(0, maxReasonBytes)) ?? "it gave no readable reason" };
    case "offer":
      return readOffer(session, rest);
    case "chunk": {
      const which = rest.length > 8 && rest.length <= 8 + maxChunkBytes ? readU53(rest, 0) : Number.NaN;
      return which >= 1 ? { type, session, number: which, bytes: rest.subarray(8) } : undefined;
    }
    case "taken":
    case "end":
    case "installed": {
      const value = rest.length === 8 ? readU53(rest, 0) : Number.NaN;
      if (!(value >= 0)) return undefined;
      if (type === "taken") return { type, session, number: value };
      return type === "end" ? { type, session, chunks: value } : { type, session, index: value };
    }
  }
}

function readOffer(session: number, rest: Uint8Array): TransferMessage | undefined {
  if (rest.length < offerBytes) return undefined;
  const position = { index: readU53(rest, 0), term: readU53(rest, 8) };
  const configurationIndex = readU53(rest, 16);
  const totalBytes = readU53(rest, 24);
  const leaderTerm = readU53(rest, 32);
  const length = readU32(rest, 41);
  if (!(position.index >= 1) || !(position.term >= 1) || !(totalBytes >= 0)) return undefined;
  if (!(leaderTerm >= position.term)) return undefined;
  if (!(configurationIndex >= 0) || configurationIndex > position.index) return undefined;
  if (offerBytes + length > rest.length) return undefined;
  try {
    const configuration = decodeConfiguration(rest.subarray(offerBytes, offerBytes + length));
    const header = rest.subarray(offerBytes + length);
    const isIncrement = rest[40] === 1;
    const offer = { position, configuration, configurationIndex, leaderTerm, totalBytes, isIncrement, header };
    return { type: "offer", session, ...offer };
  } catch (error) {
    if (error instanceof CorruptFrameError) return undefined;
    throw error;
  }
}

function head(type: TransferMessage["type"], session: number, more: number): Uint8Array {
  const bytes = new Uint8Array(headerBytes + more);
  bytes[0] = messageKinds.transfer;
  bytes[1] = types.indexOf(type) + 1;
  writeU53(bytes, 2, session);
  return bytes;
}

function number(type: TransferMessage["type"], session: number, value: number): Uint8Array {
  const bytes = head(type, session, 8);
  writeU53(bytes, headerBytes, value);
  return bytes;
}
