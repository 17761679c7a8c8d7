import type { MemberId, Term } from "@quorate/raft";
import { SafetyViolation } from "../observation.ts";
import type { Checker } from "../observation.ts";

/**
 * Each member votes for at most one candidate in a term (Raft §5.2), restarts or not. A leader has voted for itself:
 * it counted that vote.
 */
export function voteOnce(): Checker {
  const votes = new Map<MemberId, Map<Term, MemberId>>();

  const check = (name: string, voter: MemberId, term: Term, candidate: MemberId): void => {
    let cast = votes.get(voter);
    if (cast === undefined) {
      cast = new Map();
      votes.set(voter, cast);
    }
    const first = cast.get(term);
    if (first !== undefined && first !== candidate) {
      throw new SafetyViolation(name, `member ${voter} voted for ${first} and for ${candidate} in term ${term}`);
    }
    cast.set(term, candidate);
  };

  return {
    name: "one vote a term",
    sent(member, to, message) {
      if (message.type === "vote-response" && message.granted) check(this.name, member.id, message.term, to);
    },
    changed(member, before, after) {
      if (after.role === "leader" && before.role !== "leader") check(this.name, member.id, after.term, member.id);
    },
  };
}
