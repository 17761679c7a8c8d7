import { SafetyViolation } from "../observation.ts";
import type { Checker } from "../observation.ts";

/**
 * A candidate's own vote counts once it is on its disk, like any other (Raft Figure 2; raft-pitfalls B01, B16): whoever
 * leads a term holds its own vote for itself, or has gone on to a later term.
 */
export function ownVoteDurability(): Checker {
  return {
    name: "own vote durability",
    changed(member, before, after) {
      if (after.role !== "leader" || before.role === "leader") return;
      const { term, vote } = member.durable.hardState;
      if (term > after.term || (term === after.term && vote === member.id)) return;
      throw new SafetyViolation(
        this.name,
        `member ${member.id} leads in term ${after.term}; its disk does not hold its own vote, but ${vote} in ${term}`,
      );
    },
  };
}
