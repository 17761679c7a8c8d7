import type { Configuration, MemberAddress } from "./configuration.ts";
import { CorruptFrameError } from "./errors.ts";
import { readU32, readU53, writeU32, writeU53 } from "./integer-fields.ts";
import type { MemberId } from "./types.ts";
import { decodeUtf8, encodeUtf8 } from "./utf8.ts";

/**
 * The payload of a configuration entry, the same bytes on every member:
 * ```text
 * u8 version (1), u32 electionTimeoutMs, u32 clockDriftPpm,
 * voters, outgoing, learners: each u32 count, then u64 ids,
 * u32 count of members: each u64 id, name, u32 count of URLs, URLs; texts are u32 length and UTF-8
 * ```
 */
const version = 1;
const maxCount = 10_000;

export function encodeConfiguration(configuration: Configuration): Uint8Array {
  const parts: Uint8Array[] = [];
  const u32 = (value: number): void => {
    const bytes = new Uint8Array(4);
    writeU32(bytes, 0, value);
    parts.push(bytes);
  };
  const id = (value: MemberId): void => {
    const bytes = new Uint8Array(8);
    writeU53(bytes, 0, value);
    parts.push(bytes);
  };
  const text = (value: string): void => {
    const bytes = encodeUtf8(value);
    u32(bytes.length);
    parts.push(bytes);
  };
  parts.push(Uint8Array.of(version));
  u32(configuration.timing.electionTimeoutMs);
  u32(configuration.timing.clockDriftPpm);
  for (const ids of [configuration.voters, configuration.outgoing, configuration.learners]) {
    u32(ids.length);
    for (const member of ids) id(member);
  }
  u32(configuration.members.length);
  for (const member of configuration.members) {
    id(member.id);
    text(member.name);
    u32(member.peerUrls.length);
    for (const url of member.peerUrls) text(url);
  }
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** @throws CorruptFrameError when the bytes are not a configuration. */
export function decodeConfiguration(bytes: Uint8Array): Configuration {
  let at = 0;
  const take = (length: number): number => {
    if (at + length > bytes.length) throw new CorruptFrameError("the configuration is cut short", at);
    at += length;
    return at - length;
  };
  const u32 = (): number => readU32(bytes, take(4));
  const count = (): number => {
    const value = u32();
    if (value > maxCount) throw new CorruptFrameError("the configuration's count is impossible", at);
    return value;
  };
  const id = (): MemberId => {
    const value = readU53(bytes, take(8));
    if (!(value >= 1)) throw new CorruptFrameError("the configuration's member id is impossible", at);
    return value;
  };
  const text = (): string => {
    const length = u32();
    const start = take(length);
    const value = decodeUtf8(bytes.subarray(start, start + length));
    if (value === undefined) throw new CorruptFrameError("the configuration's text is not UTF-8", start);
    return value;
  };
  const list = <T>(one: () => T): T[] => Array.from({ length: count() }, one);
  const found = bytes[take(1)];
  if (found !== version) throw new CorruptFrameError(`the configuration's version ${found} is unknown`, 0);
  const timing = { electionTimeoutMs: u32(), clockDriftPpm: u32() };
  const [voters, outgoing, learners] = [list(id), list(id), list(id)];
  const members = list((): MemberAddress => ({ id: id(), name: text(), peerUrls: list(text) }));
  if (at !== bytes.length) throw new CorruptFrameError("bytes follow the configuration", at);
  return { voters, outgoing, learners, members, timing };
}
