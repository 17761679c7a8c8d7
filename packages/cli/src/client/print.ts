import type { KeyValue, Member, RangeResponse, StatusResponse } from "@quorate/etcd/api";
import { leaseText } from "./lease-id.ts";
import { table } from "./output.ts";
import { hexOfBytes, textOfBytes } from "./text-and-bytes.ts";

/** Records as etcdctl prints them: the key on a line, the value on the next. Text that is not UTF-8 is hexadecimal. */
export function formatRecords(records: readonly KeyValue[], hex: boolean, withKeys = true): string {
  return records
    .map(({ key, value }) => `${withKeys ? `${shownBytes(key, hex)}\n` : ""}${shownBytes(value, hex)}\n`)
    .join("");
}

export function shownBytes(bytes: Uint8Array, hex: boolean): string {
  return hex ? hexOfBytes(bytes) : (textOfBytes(bytes) ?? `0x${hexOfBytes(bytes)}`);
}

/** The answer for our JSON. */
export function rangeJson(answer: RangeResponse, hex: boolean): Record<string, unknown> {
  const kvs = answer.kvs.map((record) => recordJson(record, hex));
  return { revision: revisionOf(answer), count: Number(answer.count), more: answer.more, kvs };
}

/**
 * Bytes are `key` and `value` when they are UTF-8 text, `keyHex` and `valueHex` when they are not, or when `hex` asks for
 * it.
 */
export function recordJson(record: KeyValue, hex: boolean): Record<string, unknown> {
  return {
    ...bytesField("key", record.key, hex),
    ...bytesField("value", record.value, hex),
    createRevision: Number(record.createRevision),
    modRevision: Number(record.modRevision),
    version: Number(record.version),
    // As everywhere; a JSON number could not hold it.
    lease: record.lease === 0n ? "0" : leaseText(record.lease),
  };
}

/** The store's newest revision: an integer below 2^53, as every count of this API but ids and leases. */
export function revisionOf({ header }: Pick<RangeResponse, "header">): number {
  return Number(header?.revision ?? 0n);
}

export function bytesField(name: string, bytes: Uint8Array, hex: boolean): Record<string, string> {
  const text = hex ? undefined : textOfBytes(bytes);
  return text === undefined ? { [`${name}Hex`]: hexOfBytes(bytes) } : { [name]: text };
}

/** A member and how it answered. */
export interface MemberStatus {
  readonly member: Member;
  /** Undefined when it could not be reached; `problem` says why. */
  readonly status: StatusResponse | undefined;
  readonly problem: string | undefined;
}

/** One line per member, under a heading. */
export function formatStatus(members: readonly MemberStatus[]): string {
  const heading = ["MEMBER", "ID", "ROLE", "TERM", "INDEX", "APPLIED", "REVISION", "DB SIZE", "VERSION", "CLIENTS"];
  const rows = members.map((one) => statusCells(one));
  const problems = members.flatMap(({ member, status, problem }) => [
    ...(problem === undefined ? [] : [`${member.name}: ${problem}`]),
    ...(status?.errors ?? []).map((error) => `${member.name}: ${error}`),
  ]);
  return `${table(heading, rows)}${problems.map((problem) => `${problem}\n`).join("")}`;
}

function statusCells({ member, status }: MemberStatus): readonly string[] {
  const clients = member.clientURLs.join(",");
  const id = member.ID.toString(16);
  if (status === undefined) return [member.name, id, "unreachable", "-", "-", "-", "-", "-", "-", clients];
  return [
    member.name,
    id,
    roleOf(status),
    String(status.raftTerm),
    String(status.raftIndex),
    String(status.raftAppliedIndex),
    String(revisionOf(status)),
    formatBytes(Number(status.dbSize)),
    status.version,
    clients,
  ];
}

export function statusToJson(members: readonly MemberStatus[]): string {
  return JSON.stringify(
    members.map(({ member, status, problem }) => ({
      name: member.name,
      id: member.ID.toString(16),
      clientUrls: member.clientURLs,
      peerUrls: member.peerURLs,
      reachable: status !== undefined,
      ...(problem === undefined ? {} : { problem }),
      ...(status === undefined
        ? {}
        : {
            role: roleOf(status),
            leader: status.leader.toString(16),
            term: Number(status.raftTerm),
            index: Number(status.raftIndex),
            appliedIndex: Number(status.raftAppliedIndex),
            revision: revisionOf(status),
            databaseBytes: Number(status.dbSize),
            version: status.version,
            errors: status.errors,
          }),
    })),
  );
}

export function roleOf(status: StatusResponse): string {
  if (status.isLearner) return "learner";
  if (status.leader === 0n) return "no leader";
  return status.leader === status.header?.memberId ? "leader" : "follower";
}

export function formatBytes(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  return bytes < 1024 * 1024 ? `${(bytes / 1024).toFixed(0)} KiB` : `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
}
