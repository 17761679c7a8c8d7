import type { MemberId, Term } from "@quorate/raft";
import { SafetyViolation } from "../observation.ts";
import type { Checker } from "../observation.ts";
import type { CommittedLog } from "./committed-log.ts";

interface ElectedLeader {
  readonly id: MemberId;
  readonly term: Term;
  /** The terms of its log when it was elected. */
  readonly terms: readonly Term[];
}

/**
 * Leader Completeness: an entry committed in a term is in the log of the leader of every later term (Raft Figure 3,
 * §5.4). What counts is the term in which the *commit* happened: the leader of an older term may win late and lawfully
 * lack what a newer one has committed meanwhile. The last such entry is enough; Log Matching stands for those before it.
 */
export function leaderCompleteness(committed: CommittedLog): Checker {
  const leaders: ElectedLeader[] = [];

  const check = (name: string, leader: ElectedLeader): void => {
    const index = committed.lastCommittedBefore(leader.term);
    if (leader.terms[index] === committed.termAt(index)) return;
    throw new SafetyViolation(
      name,
      `member ${leader.id} leads in term ${leader.term} without entry ${index} of term ${committed.termAt(index)}, ` +
        "which was committed in an earlier term",
    );
  };

  return {
    name: "leader completeness",
    changed(member, before, after) {
      if (after.role !== "leader") return;
      if (before.role !== "leader" || before.term !== after.term) {
        const leader = { id: member.id, term: after.term, terms: member.log.terms() };
        leaders.push(leader);
        check(this.name, leader);
      }
      if (after.commitIndex === before.commitIndex) return;
      // A commit of an older term may come to light after a later leader was elected.
      for (const leader of leaders) if (leader.term > after.term) check(this.name, leader);
    },
  };
}
