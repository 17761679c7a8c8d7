import { SafetyViolation } from "../observation.ts";
import type { Checker } from "../observation.ts";

/** Leader Append-Only: a leader never overwrites or deletes entries in its log (Raft Figure 3, §5.3). */
export function leaderAppendOnly(): Checker {
  return {
    name: "leader append-only",
    truncated(member, from, leading) {
      if (leading) throw new SafetyViolation(this.name, `leader ${member.id} cut its own log at ${from}`);
    },
  };
}
