import type { Term } from "@quorate/raft";
import { SafetyViolation } from "../observation.ts";
import type { Checker } from "../observation.ts";

/**
 * Election Safety: at most one leader can be elected in a given term, ever (Raft Figure 3, §5.2). A restart in between
 * makes another leader too: what it knew as a leader is gone.
 */
export function electionSafety(): Checker {
  const leaders = new Map<Term, string>();
  return {
    name: "election safety",
    changed(member, _before, after) {
      if (after.role !== "leader") return;
      const known = leaders.get(after.term);
      const self = `${member.id} (incarnation ${member.incarnation})`;
      if (known === undefined) leaders.set(after.term, self);
      else if (known !== self) {
        throw new SafetyViolation(this.name, `members ${known} and ${self} both lead in term ${after.term}`);
      }
    },
  };
}
