import { recipients } from "@quorate/raft";
import type { MemberId, Term } from "@quorate/raft";
import { SafetyViolation } from "../observation.ts";
import type { Checker } from "../observation.ts";
import { isQuorum } from "./quorum-overlap.ts";

/**
 * Terms grow only with elections that a quorum would support: whoever stands for election was promised the votes of a
 * quorum for that very term (Pre-Vote, dissertation §9.6; testing-anchors §1.4, invariant 18). So a member that is cut
 * off keeps its term. A leader that takes back a stranded member stands without asking: its quorum is fresh. So does the
 * member that the leader hands over to, once, in the term after the leader's.
 */
export function supportedElections(): Checker {
  /** By candidate and term: who would elect it in that term. */
  const promised = new Map<MemberId, Map<Term, Set<MemberId>>>();
  /** By member: the term in which its leader has asked it to stand. */
  const asked = new Map<MemberId, Term>();
  return {
    name: "supported elections",
    sent(member, to, message) {
      if (message.type === "timeout-now") asked.set(to, message.term + 1);
      if (message.type !== "pre-vote-response" || !message.granted) return;
      const { electionTerm } = message;
      const terms = promised.get(to) ?? new Map<Term, Set<MemberId>>();
      promised.set(to, terms);
      terms.set(electionTerm, (terms.get(electionTerm) ?? new Set<MemberId>()).add(member.id));
    },
    changed(member, before, after) {
      const stands = after.term > before.term && after.vote === member.id && before.role !== "leader";
      if (!stands) return;
      const supporters = new Set(promised.get(member.id)?.get(after.term)).add(member.id);
      const isSupported = isQuorum(before.configuration, supporters) || isQuorum(after.configuration, supporters);
      if (isSupported || asked.get(member.id) === after.term) return;
      const voters = recipients({ ...after.configuration, learners: [] });
      throw new SafetyViolation(
        this.name,
        `member ${member.id} stands for election in term ${after.term} with the support of ${supporters.size} of ${voters.length}`,
      );
    },
  };
}
