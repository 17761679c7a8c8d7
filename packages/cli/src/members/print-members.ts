import { admin } from "@quorate/etcd/api";
import { idText } from "./cluster.ts";

const roles: Readonly<Record<admin.Role, string>> = {
  [admin.Role.ROLE_UNSPECIFIED]: "unknown",
  [admin.Role.VOTER]: "voter",
  [admin.Role.LEARNER]: "learner",
  [admin.Role.LEAVING]: "leaving",
};

/** One line per member, under a heading, and what is going on. */
export function formatMembers(cluster: admin.DescribeResponse): string {
  const heading = ["MEMBER", "ID", "ROLE", "PROGRESS", "PRIORITY", "PEERS", "CLIENTS"];
  const lines = [heading, ...cluster.members.map((member) => cells(cluster, member))];
  const widths = heading.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  const table = lines.map((line) =>
    line
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
  return `${[...table, ...sentences(cluster)].join("\n")}\n`;
}

function cells(cluster: admin.DescribeResponse, member: admin.Member): readonly string[] {
  const { id, name, priority, peerUrls, clientUrls } = member;
  return [
    name === "" ? "-" : name,
    idText(id),
    id === cluster.leader ? "leader" : `${roles[member.role]}${member.isPromotable ? " (to vote)" : ""}`,
    progressText(cluster, member),
    String(priority),
    peerUrls.join(","),
    clientUrls.length === 0 ? "(not started)" : clientUrls.join(","),
  ];
}

/** How far a member is, in a word or two; "-" where the one who answered does not know. */
export function progressText({ lastIndex, leader }: admin.DescribeResponse, { id, progress }: admin.Member): string {
  if (progress === undefined) return id === leader ? "100%" : "-";
  const { state, matchIndex, sentBytes, totalBytes, heardMsAgo } = progress;
  if (state === "snapshot" && totalBytes > 0n) return `state ${percent(sentBytes, totalBytes)}`;
  const silence = heardMsAgo > 5000n ? `, silent for ${heardMsAgo / 1000n} s` : "";
  return `${percent(matchIndex, lastIndex)}${silence}`;
}

function percent(part: bigint, whole: bigint): string {
  if (whole === 0n) return "100%";
  return `${Number(((part < whole ? part : whole) * 1000n) / whole) / 10}%`;
}

function sentences(cluster: admin.DescribeResponse): string[] {
  const { isJoint, transferringTo, leader } = cluster;
  return [
    ...(leader === 0n ? ["No leader is known."] : []),
    ...(isJoint ? ["A change of the voters is under way."] : []),
    ...(transferringTo === 0n ? [] : [`The leadership is on its way to ${idText(transferringTo)}.`]),
  ];
}

export function membersToJson(cluster: admin.DescribeResponse): string {
  const { clusterId, leader, term, lastIndex, commitIndex, isJoint, timing, members } = cluster;
  return JSON.stringify({
    clusterId: idText(clusterId),
    leader: leader === 0n ? null : idText(leader),
    term: Number(term),
    lastIndex: Number(lastIndex),
    commitIndex: Number(commitIndex),
    changing: isJoint,
    timing: { electionTimeoutMs: timing?.electionTimeoutMs ?? 0, clockDriftPpm: timing?.clockDriftPpm ?? 0 },
    members: members.map((member) => memberToJson(member)),
  });
}

function memberToJson({
  id,
  name,
  role,
  isPromotable,
  priority,
  peerUrls,
  clientUrls,
  progress,
}: admin.Member): object {
  return {
    id: idText(id),
    name,
    role: roles[role],
    promotable: isPromotable,
    priority,
    peerUrls,
    clientUrls,
    ...(progress === undefined
      ? {}
      : {
          progress: {
            state: progress.state,
            matchIndex: Number(progress.matchIndex),
            heardMsAgo: Number(progress.heardMsAgo),
            sentBytes: Number(progress.sentBytes),
            totalBytes: Number(progress.totalBytes),
          },
        }),
  };
}
