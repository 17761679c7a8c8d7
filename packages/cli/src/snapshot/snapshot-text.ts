import type { readBackupFile } from "@quorate/etcd";

type Info = Awaited<ReturnType<typeof readBackupFile>>;

export function snapshotText(info: Info): string {
  const { clusterId, memberId, madeAt } = labelOf(info);
  return (
    `made       ${madeAt} by member ${memberId} of cluster ${clusterId}\n` +
    `revision   ${info.revision} (compacted up to ${info.compactedRevision})\n` +
    `keys       ${info.keyCount}\n` +
    `log index  ${info.position.index}, of term ${info.position.term}\n`
  );
}

export function snapshotJson(info: Info): string {
  const { revision, compactedRevision, keyCount, position } = info;
  return JSON.stringify({
    ...labelOf(info),
    revision,
    compactedRevision,
    keyCount,
    index: position.index,
    term: position.term,
  });
}

/** What the member that made it wrote there, for people. */
function labelOf({ label }: Info): { readonly clusterId: string; readonly memberId: string; readonly madeAt: string } {
  const unknown = { clusterId: "unknown", memberId: "unknown", madeAt: "unknown" };
  try {
    const read: unknown = JSON.parse(Buffer.from(label).toString("utf8"));
    return typeof read === "object" ? { ...unknown, ...read } : unknown;
  } catch {
    return unknown;
  }
}
