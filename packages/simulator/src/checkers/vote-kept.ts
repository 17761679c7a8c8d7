import { SafetyViolation } from "../observation.ts";
import type { Checker } from "../observation.ts";

/** What a member votes it votes until its term rises (Raft §5.2; raft-pitfalls B03): a vote is never taken back. */
export function voteKept(): Checker {
  return {
    name: "vote never taken back",
    changed(member, before, after) {
      if (after.term !== before.term || before.vote === 0 || after.vote === before.vote) return;
      throw new SafetyViolation(
        this.name,
        `member ${member.id} takes its vote for ${before.vote} in term ${after.term} back, for ${after.vote}`,
      );
    },
  };
}
