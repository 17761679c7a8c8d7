import { electionOutcome } from "@quorate/raft";
import type { MemberId, VoterSets } from "@quorate/raft";

/** Whether all of these together decide: a majority of each set in force. */
export function isQuorum(sets: VoterSets, members: ReadonlySet<MemberId>): boolean {
  return electionOutcome(sets, (id) => members.has(id)) === "won";
}

/** Whether some quorum of one and some quorum of the other have no member in common; every split is tried. */
export function canDecideApart(one: VoterSets, other: VoterSets): boolean {
  const ids = [...new Set([...one.voters, ...one.outgoing, ...other.voters, ...other.outgoing])];
  for (let chosen = 0; chosen < 2 ** ids.length; chosen++) {
    const some = new Set(ids.filter((_, at) => (chosen >> at) & 1));
    const others = new Set(ids.filter((id) => !some.has(id)));
    if (isQuorum(one, some) && isQuorum(other, others)) return true;
  }
  return false;
}
