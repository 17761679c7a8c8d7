import type { MemberId } from "@quorate/raft";
import type { DigestOutcome } from "./digest-codec.ts";

/** What one member said in one comparison. */
export interface DigestEntry {
  /** Of the member that said it. */
  readonly incarnation: number;
  readonly outcome: DigestOutcome;
  /** In hexadecimal; empty unless the outcome is a digest. */
  readonly digest: string;
}

export interface DigestVerdict {
  /** The digest that more than half of all members have; undefined while none has. */
  readonly majority: string | undefined;
  /** Those whose digest is another than the majority's. */
  readonly differing: readonly MemberId[];
  /** Everybody has said something. */
  readonly isComplete: boolean;
  /** Everybody has given a digest, the same. */
  readonly isAgreed: boolean;
  /** Digests differ, and none has a majority: nobody can tell who is right. */
  readonly isUndecided: boolean;
}

/**
 * Judges what was reported so far. More than half of *all* members must agree, those that are down included: of a smaller
 * group the wrong ones could be the larger part.
 */
export function judge(members: readonly MemberId[], entries: ReadonlyMap<MemberId, DigestEntry>): DigestVerdict {
  const votes = new Map<string, number>();
  let said = 0;
  let given = 0;
  for (const member of members) {
    const entry = entries.get(member);
    if (entry === undefined) continue;
    said++;
    if (entry.outcome !== "digest") continue;
    given++;
    votes.set(entry.digest, (votes.get(entry.digest) ?? 0) + 1);
  }
  const majority = [...votes].find(([, count]) => count * 2 > members.length)?.[0];
  const differing = members.filter((member) => {
    const entry = entries.get(member);
    return majority !== undefined && entry?.outcome === "digest" && entry.digest !== majority;
  });
  return {
    majority,
    differing,
    isComplete: said === members.length,
    isAgreed: given === members.length && votes.size === 1,
    isUndecided: majority === undefined && votes.size > 1,
  };
}
