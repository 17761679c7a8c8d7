import { SafetyViolation } from "../observation.ts";
import type { Checker } from "../observation.ts";

/**
 * A leader's commit index moves to entries of its own term only; older ones are committed with them (Raft §5.4.2,
 * Figure 8; CCF's NeverCommitEntryPrevTerms).
 */
export function ownTermCommit(): Checker {
  return {
    name: "commit in own term",
    changed(member, before, after) {
      const led = before.role === "leader" && after.role === "leader" && before.term === after.term;
      if (!led || after.commitIndex === before.commitIndex) return;
      const term = member.log.termAt(after.commitIndex);
      if (term === after.term) return;
      throw new SafetyViolation(
        this.name,
        `the leader of term ${after.term} (member ${member.id}) commits up to entry ${after.commitIndex} of term ${term}`,
      );
    },
  };
}
