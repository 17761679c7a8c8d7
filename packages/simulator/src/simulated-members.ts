import type { Configuration, MemberAddress, MemberId, RaftStatus, Timing } from "@quorate/raft";

/** An address that means something in this world. */
export function simulatedAddress(id: MemberId): MemberAddress {
  return { id, name: `member-${id}`, peerUrls: [`http://member-${id}:2380`] };
}

/** A cluster of voters with addresses that mean something in this world. */
export function simulatedConfiguration(ids: readonly MemberId[], timing: Timing): Configuration {
  return {
    voters: ids,
    outgoing: [],
    learners: [],
    promotable: [],
    removed: [],
    members: ids.map(simulatedAddress),
    timing,
  };
}

/** How a member stands, for people. */
export function describeMember(
  id: MemberId,
  status:
    | Pick<RaftStatus, "role" | "term" | "leader" | "last" | "commitIndex" | "durableIndex" | "appliedIndex">
    | undefined,
): string {
  if (status === undefined) return `${id} down`;
  const { role, term, leader, last, commitIndex, durableIndex, appliedIndex } = status;
  const indexes = `last ${last.index}, durable ${durableIndex}, commit ${commitIndex}, applied ${appliedIndex}`;
  return `${id} ${role} of term ${term}, leader ${leader}, ${indexes}`;
}
