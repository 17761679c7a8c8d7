import type { HashKVResponse, Member } from "@quorate/etcd/api";

/** The members' hashes at one revision. */
export interface StateHashes {
  /** 0 when no member answered. */
  readonly revision: number;
  readonly members: readonly {
    readonly member: Pick<Member, "name" | "ID">;
    readonly hash: Pick<HashKVResponse, "hash" | "compactRevision"> | undefined;
    readonly problem: string | undefined;
  }[];
  /** "incomplete" when a member gave no hash that can be compared, and the others do not differ. */
  readonly verdict: "equal" | "different" | "incomplete";
}

/** Hashes of states that were compacted at different revisions cannot be compared. */
export function verdictOf(hashes: readonly StateHashes["members"][number]["hash"][]): StateHashes["verdict"] {
  const given = hashes.filter((hash) => hash !== undefined);
  if (new Set(given.map(({ compactRevision }) => compactRevision)).size > 1) return "incomplete";
  if (new Set(given.map(({ hash }) => hash)).size > 1) return "different";
  return given.length > 0 && given.length === hashes.length ? "equal" : "incomplete";
}

export function formatStateHashes({ revision, members, verdict }: StateHashes): string {
  const width = Math.max(...members.map(({ member }) => member.name.length), "MEMBER".length);
  const lines = members.map(({ member, hash, problem }) => {
    return `${member.name.padEnd(width)}  ${hash === undefined ? (problem ?? "no answer") : hexOf(hash.hash)}`;
  });
  const sentences = {
    equal: `The states are equal at revision ${revision}.`,
    different: `The states DIFFER at revision ${revision}.`,
    incomplete: "Not every member could be compared.",
  };
  return `${[`${"MEMBER".padEnd(width)}  HASH`, ...lines, sentences[verdict]].join("\n")}\n`;
}

export function stateHashesToJson({ revision, members, verdict }: StateHashes): string {
  return JSON.stringify({
    verdict,
    revision,
    members: members.map(({ member, hash, problem }) => ({
      name: member.name,
      id: member.ID.toString(16),
      ...(hash === undefined ? {} : { hash: hexOf(hash.hash), compactedRevision: Number(hash.compactRevision) }),
      ...(problem === undefined ? {} : { problem }),
    })),
  });
}

/** The hash has 32 bits. */
function hexOf(hash: number): string {
  return hash.toString(16).padStart(8, "0");
}
