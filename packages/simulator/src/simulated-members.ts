import type { Configuration, MemberId, RaftStatus, Timing } from "@quorate/raft";

/** A cluster of voters with addresses that mean something in this world. */
export function simulatedConfiguration(ids: readonly MemberId[], timing: Timing): Configuration {
  return {
    voters: ids,
    outgoing: [],
    learners: [],
    members: ids.map((id) => ({ id, name: `member-${id}`, peerUrls: [`http://member-${id}:2380`] })),
    timing,
  };
}

/** How a member stands, for people. */
export function describeMember(
  id: MemberId,
  status: Pick<RaftStatus, "role" | "term" | "leader" | "last" | "commitIndex"> | undefined,
): string {
  if (status === undefined) return `${id} down`;
  const { role, term, leader, last, commitIndex } = status;
  return `${id} ${role} of term ${term}, leader ${leader}, last ${last.index}, commit ${commitIndex}`;
}
