import { createHash } from "node:crypto";

/**
 * Who is who, derived the same way by every member of a new cluster (as etcd does), so that members that were started with
 * different lists refuse each other in the handshake instead of forming two halves.
 *
 * Identities are 53-bit, so that they are exact numbers in JavaScript; etcd's clients see them as 64-bit integers.
 */

/** One member as `--initial-cluster` names it. */
export interface InitialMember {
  readonly name: string;
  readonly peerUrls: readonly string[];
}

/** A member's id: from the URLs that its peers reach it at, and the cluster's token. Never 0. */
export function memberIdOf(peerUrls: readonly string[], clusterToken: string): number {
  return hash53(["member", clusterToken, ...[...peerUrls].sort()]);
}

/**
 * A cluster's id: from the ids and names of its first members, its token, and T (ms), since all of them stand in the first entry of
 * its log: members that were told different things must not take their first entries for the same. Never 0.
 */
export function clusterIdOf(
  members: readonly InitialMember[],
  clusterToken: string,
  electionTimeoutMs: number,
): number {
  const ids = members.map(({ name, peerUrls }) => `${memberIdOf(peerUrls, clusterToken)} ${name}`).sort();
  return hash53(["cluster", clusterToken, String(electionTimeoutMs), ...ids]);
}

/** The first 53 bits of a SHA-256 over the parts, each behind its length. */
export function hash53(parts: readonly string[]): number {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(`${Buffer.byteLength(part)}:${part}`);
  const digest = hash.digest();
  const value = (digest.readUInt32BE(0) & 0x1f_ffff) * 0x1_0000_0000 + digest.readUInt32BE(4);
  return value === 0 ? 1 : value;
}
