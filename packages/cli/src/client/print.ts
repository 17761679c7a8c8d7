import type { KeyValueRecord, MemberAnswer, RangeAnswer, StatusAnswer } from "./answers.ts";
import { hexOfBytes, textOfBytes } from "./text-and-bytes.ts";

/** Records as etcdctl prints them: the key on a line, the value on the next. Text that is not UTF-8 is hexadecimal. */
export function formatRecords(records: readonly KeyValueRecord[], hex: boolean): string {
  const show = (bytes: Uint8Array) => (hex ? hexOfBytes(bytes) : (textOfBytes(bytes) ?? `0x${hexOfBytes(bytes)}`));
  return records.map(({ key, value }) => `${show(key)}\n${show(value)}\n`).join("");
}

/**
 * The answer as one line of JSON. Bytes are `key` and `value` when they are UTF-8 text, `keyHex` and `valueHex` when
 * they are not, or when `hex` asks for it.
 */
export function rangeToJson(answer: RangeAnswer, hex: boolean): string {
  const kvs = answer.records.map((record) => ({
    ...bytesField("key", record.key, hex),
    ...bytesField("value", record.value, hex),
    createRevision: record.createRevision,
    modRevision: record.modRevision,
    version: record.version,
    // 63-bit: a JSON number could not hold it.
    lease: record.lease.toString(),
  }));
  return JSON.stringify({ revision: answer.revision, count: answer.count, more: answer.more, kvs });
}

function bytesField(name: string, bytes: Uint8Array, hex: boolean): Record<string, string> {
  const text = hex ? undefined : textOfBytes(bytes);
  return text === undefined ? { [`${name}Hex`]: hexOfBytes(bytes) } : { [name]: text };
}

/** A member and how it answered. */
export interface MemberStatus {
  readonly member: MemberAnswer;
  /** Undefined when it could not be reached; `problem` says why. */
  readonly status: StatusAnswer | undefined;
  readonly problem: string | undefined;
}

/** One line per member, under a heading. */
export function formatStatus(members: readonly MemberStatus[]): string {
  const heading = ["MEMBER", "ID", "ROLE", "TERM", "INDEX", "APPLIED", "REVISION", "DB SIZE", "VERSION", "CLIENTS"];
  const lines = [heading, ...members.map((one) => statusCells(one))];
  const widths = heading.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  const table = lines.map((line) =>
    line
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
  const problems = members.flatMap(({ member, status, problem }) => [
    ...(problem === undefined ? [] : [`${member.name}: ${problem}`]),
    ...(status?.errors ?? []).map((error) => `${member.name}: ${error}`),
  ]);
  return `${[...table, ...problems].join("\n")}\n`;
}

function statusCells({ member, status }: MemberStatus): readonly string[] {
  const clients = member.clientUrls.join(",");
  const id = member.id.toString(16);
  if (status === undefined) return [member.name, id, "unreachable", "-", "-", "-", "-", "-", "-", clients];
  return [
    member.name,
    id,
    roleOf(status),
    String(status.term),
    String(status.index),
    String(status.appliedIndex),
    String(status.revision),
    formatBytes(status.databaseBytes),
    status.version,
    clients,
  ];
}

export function statusToJson(members: readonly MemberStatus[]): string {
  return JSON.stringify(
    members.map(({ member, status, problem }) => ({
      name: member.name,
      id: member.id.toString(16),
      clientUrls: member.clientUrls,
      peerUrls: member.peerUrls,
      reachable: status !== undefined,
      ...(problem === undefined ? {} : { problem }),
      ...(status === undefined
        ? {}
        : {
            role: roleOf(status),
            leader: status.leader.toString(16),
            term: status.term,
            index: status.index,
            appliedIndex: status.appliedIndex,
            revision: status.revision,
            databaseBytes: status.databaseBytes,
            version: status.version,
            errors: status.errors,
          }),
    })),
  );
}

function roleOf(status: StatusAnswer): string {
  if (status.isLearner) return "learner";
  if (status.leader === 0n) return "no leader";
  return status.leader === status.memberId ? "leader" : "follower";
}

function formatBytes(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  return bytes < 1024 * 1024 ? `${(bytes / 1024).toFixed(0)} KiB` : `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
}
