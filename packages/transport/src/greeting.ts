import { crc32c, decodeUtf8, encodeUtf8, readU32, readU53, writeU32, writeU53 } from "@quorate/raft";
import { lanes, type Lane, type PeerId } from "./interface.ts";

/**
 * What two members say before anything else: the dialer a hello, the other a welcome or a refusal. Or somebody who is no
 * member yet asks a question, and is answered. Layout:
 * ```text
 *  0  8 bytes  "QUORATE" and a zero byte
 *  8  u8       kind: 1 hello, 2 welcome, 3 refusal, 4 question, 5 answer
 *  9  u8       lane (0 control, 1 bulk); in a refusal, its code
 * 10  u16      length of the body, at most 1,024
 * 12  u32      CRC-32C over bytes 0 to 11 and the body
 * 16  body
 * ```
 * The body of a hello and of a welcome; later versions may append to it and never change this much:
 * ```text
 *  0  u16  lowest version spoken       2  u16  highest (both the chosen one in a welcome)
 *  4  u32  largest message accepted, in bytes
 *  8  u64  cluster                    16  u64  sender          24  u64  intended receiver
 * 32  u64  sender's incarnation       40  u64  connection      48  u64  seen
 * ```
 * The body of a refusal is its reason in UTF-8. A question's is empty, and an answer's is text in UTF-8.
 */
export type Greeting = Hello | Welcome | Refusal | Question | Answer;

export interface Introduction {
  readonly lane: Lane;
  readonly minVersion: number;
  readonly maxVersion: number;
  /** The largest message that the sender accepts on this connection, in bytes. */
  readonly maxMessageBytes: number;
  readonly clusterId: number;
  readonly from: PeerId;
  readonly to: PeerId;
  /** Of the sender's start; rises with each. */
  readonly incarnation: number;
  /** The dialer's number for this connection: 1 or more, rising with each attempt of its incarnation. */
  readonly connection: number;
  /** The highest connection number of the *receiver's* own attempts on this lane that the sender has welcomed; 0 for none. */
  readonly seen: number;
}

export interface Hello extends Introduction {
  readonly kind: "hello";
}

export interface Welcome extends Introduction {
  readonly kind: "welcome";
}

export interface Refusal {
  readonly kind: "refusal";
  readonly code: RefusalCode;
  /** For people; at most 500 characters. */
  readonly reason: string;
}

/** What anybody may ask who knows the address: whom to turn to. */
export interface Question {
  readonly kind: "question";
}

export interface Answer {
  readonly kind: "answer";
  /** At most 1,024 bytes in UTF-8; what it means is for those above to know. */
  readonly text: string;
}

/** Why a connection is refused. `crossed` is no fault: the two sides dialed each other at the same time. */
export const refusalCodes = ["malformed", "version", "cluster", "identity", "stale", "crossed", "removed"] as const;
export type RefusalCode = (typeof refusalCodes)[number];

export const protocolVersion = { lowest: 1, highest: 1 } as const;

const magic = encodeUtf8("QUORATE\0");
const prefixBytes = 16;
const introductionBytes = 56;
const maxBodyBytes = 1024;
const maxReasonCharacters = 500;
const kinds = { hello: 1, welcome: 2, refusal: 3, question: 4, answer: 5 } as const;

export function encodeIntroduction(introduction: Hello | Welcome): Uint8Array {
  const body = new Uint8Array(introductionBytes);
  writeU16(body, 0, introduction.minVersion);
  writeU16(body, 2, introduction.maxVersion);
  writeU32(body, 4, introduction.maxMessageBytes);
  writeU53(body, 8, introduction.clusterId);
  writeU53(body, 16, introduction.from);
  writeU53(body, 24, introduction.to);
  writeU53(body, 32, introduction.incarnation);
  writeU53(body, 40, introduction.connection);
  writeU53(body, 48, introduction.seen);
  return withPrefix(kinds[introduction.kind], lanes.indexOf(introduction.lane), body);
}

export function encodeRefusal(refusal: Refusal): Uint8Array {
  const body = encodeUtf8(refusal.reason.slice(0, maxReasonCharacters)).subarray(0, maxBodyBytes);
  return withPrefix(kinds.refusal, refusalCodes.indexOf(refusal.code), body);
}

export function encodeQuestion(): Uint8Array {
  return withPrefix(kinds.question, 0, new Uint8Array(0));
}

/** An answer that is too long is empty: half of it could mean something else. */
export function encodeAnswer({ text }: Answer): Uint8Array {
  const body = encodeUtf8(text);
  return withPrefix(kinds.answer, 0, body.length > maxBodyBytes ? new Uint8Array(0) : body);
}

/** Gathers one greeting from a stream, of which it never holds more than a greeting's bytes. */
export class GreetingReader {
  readonly #held = new Uint8Array(prefixBytes + maxBodyBytes);
  #filled = 0;

  /**
   * Takes the next bytes. Undefined: more are needed. A string: why they are no greeting. Otherwise the greeting, and
   * what came behind it.
   */
  push(bytes: Uint8Array): { readonly greeting: Greeting; readonly rest: Uint8Array } | string | undefined {
    let at = this.#take(bytes, 0, prefixBytes);
    const strange = this.#strangeness();
    if (strange !== undefined) return strange;
    if (this.#filled < prefixBytes) return undefined;
    const length = readU16(this.#held, 10);
    if (length > maxBodyBytes) return "it sent a greeting that is too long";
    const end = prefixBytes + length;
    at += this.#take(bytes, at, end);
    if (this.#filled < end) return undefined;
    const greeting = decode(this.#held.subarray(0, end));
    return typeof greeting === "string" ? greeting : { greeting, rest: bytes.subarray(at) };
  }

  /** Copies up to `end` bytes in all; returns how many. */
  #take(bytes: Uint8Array, at: number, end: number): number {
    const taken = Math.max(0, Math.min(end - this.#filled, bytes.length - at));
    this.#held.set(bytes.subarray(at, at + taken), this.#filled);
    this.#filled += taken;
    return taken;
  }

  /** Judges as soon as the first byte differs: whoever speaks something else may wait for an answer for ever. */
  #strangeness(): string | undefined {
    const held = this.#held.subarray(0, Math.min(this.#filled, magic.length));
    if (held.every((byte, at) => byte === magic[at])) return undefined;
    if (held[0] === 0x16) return "it speaks TLS, and this port does not";
    if (/^(GET|HEAD|POST|PUT|OPTIONS|PRI|DELETE|CONNECT) ?/.test(printable(held))) {
      return "it speaks HTTP, and this port is for members of the cluster";
    }
    return `it does not speak the peer protocol: it began with "${printable(held)}"`;
  }
}

function decode(bytes: Uint8Array): Greeting | string {
  const body = bytes.subarray(prefixBytes);
  if (readU32(bytes, 12) !== crc32c(body, crc32c(bytes, 0, 0, 12))) return "it sent a damaged greeting";
  const kind = bytes[8];
  if (kind === kinds.refusal) {
    const code = refusalCodes[bytes[9] as number] ?? "malformed";
    return { kind: "refusal", code, reason: printable(encodeUtf8(decodeUtf8(body) ?? "")) };
  }
  if (kind === kinds.question) return { kind: "question" };
  if (kind === kinds.answer) return { kind: "answer", text: decodeUtf8(body) ?? "" };
  const lane = lanes[bytes[9] as number];
  if ((kind !== kinds.hello && kind !== kinds.welcome) || lane === undefined || body.length < introductionBytes) {
    return "it sent a greeting that makes no sense";
  }
  const introduction: Introduction = {
    lane,
    minVersion: readU16(body, 0),
    maxVersion: readU16(body, 2),
    maxMessageBytes: readU32(body, 4),
    clusterId: readU53(body, 8),
    from: readU53(body, 16),
    to: readU53(body, 24),
    incarnation: readU53(body, 32),
    connection: readU53(body, 40),
    seen: readU53(body, 48),
  };
  const { clusterId, from, to, incarnation, connection, seen } = introduction;
  if (!(from >= 1 && to >= 1 && connection >= 1 && clusterId >= 0 && incarnation >= 0 && seen >= 0)) {
    return "it sent a greeting with impossible numbers";
  }
  return { kind: kind === kinds.hello ? "hello" : "welcome", ...introduction };
}

function withPrefix(kind: number, detail: number, body: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(prefixBytes + body.length);
  bytes.set(magic);
  bytes[8] = kind;
  bytes[9] = detail;
  writeU16(bytes, 10, body.length);
  bytes.set(body, prefixBytes);
  writeU32(bytes, 12, crc32c(body, crc32c(bytes, 0, 0, 12)));
  return bytes;
}

/** Text of a stranger, safe for a log: what is not printable ASCII becomes an escape. */
function printable(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) =>
    byte >= 0x20 && byte < 0x7f && byte !== 0x5c
      ? String.fromCharCode(byte)
      : `\\x${byte.toString(16).padStart(2, "0")}`,
  ).join("");
}

function writeU16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value;
  bytes[at + 1] = value >>> 8;
}

function readU16(bytes: Uint8Array, at: number): number {
  return (bytes[at] as number) | ((bytes[at + 1] as number) << 8);
}
