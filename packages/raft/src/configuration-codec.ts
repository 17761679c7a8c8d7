import type { Configuration, MemberAddress } from "./configuration.ts";
import { CorruptFrameError } from "./errors.ts";
import { readU32, readU53, writeU32, writeU53 } from "./integer-fields.ts";
import type { MemberId } from "./types.ts";
import { decodeUtf8, encodeUtf8 } from "./utf8.ts";

/**
 * The payload of a configuration entry, the same bytes on every member:
 * ```text
 * u8 version, u32 electionTimeoutMs, u32 clockDriftPpm,
 * voters, outgoing, learners, and from version 2 on promotable, removed: each u32 count, then u64 ids,
 * u32 count of members: each u64 id, name, u32 count of URLs, URLs, from version 2 on u8 priority;
 * texts are u32 length and UTF-8
 * ```
 * A configuration that version 1 can say is written in version 1: members of both versions begin a cluster with the same
 * bytes, and older ones read it.
 */
const versions = { first: 1, withPromotion: 2 } as const;
const maxCount = 10_000;
const maxPriority = 100;

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
  const version = versionFor(configuration);
  parts.push(Uint8Array.of(version));
  u32(configuration.timing.electionTimeoutMs);
  u32(configuration.timing.clockDriftPpm);
  const { voters, outgoing, learners, promotable, removed } = configuration;
  const lists = [voters, outgoing, learners];
  if (version >= versions.withPromotion) lists.push(promotable, removed);
  for (const ids of lists) {
    u32(ids.length);
    for (const member of ids) id(member);
  }
  u32(configuration.members.length);
  for (const member of configuration.members) {
    id(member.id);
    text(member.name);
    u32(member.peerUrls.length);
    for (const url of member.peerUrls) text(url);
    if (version >= versions.withPromotion) parts.push(Uint8Array.of(member.priority ?? 0));
  }
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

function versionFor({ promotable, removed, members }: Configuration): number {
  const isPlain =
    promotable.length === 0 && removed.length === 0 && members.every(({ priority = 0 }) => priority === 0);
  return isPlain ? versions.first : versions.withPromotion;
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
  const priority = (): number => {
    const value = bytes[take(1)] as number;
    if (value > maxPriority) throw new CorruptFrameError("the configuration's priority is impossible", at - 1);
    return value;
  };
  const list = <T>(one: () => T): T[] => Array.from({ length: count() }, one);
  const version = bytes[take(1)] as number;
  if (version < versions.first || version > versions.withPromotion) {
    throw new CorruptFrameError(`the configuration's version ${version} is unknown`, 0);
  }
  const isFirst = version === versions.first;
  const timing = { electionTimeoutMs: u32(), clockDriftPpm: u32() };
  const [voters, outgoing, learners] = [list(id), list(id), list(id)];
  const [promotable, removed] = isFirst ? [[], []] : [list(id), list(id)];
  const members = list((): MemberAddress => {
    const member = { id: id(), name: text(), peerUrls: list(text) };
    const preferred = isFirst ? 0 : priority();
    return preferred === 0 ? member : { ...member, priority: preferred };
  });
  if (at !== bytes.length) throw new CorruptFrameError("bytes follow the configuration", at);
  return { voters, outgoing, learners, promotable, removed, members, timing };
}
