import type { LogIndex, MemberId } from "@quorate/raft";
import { SafetyViolation } from "../observation.ts";
import type { Checker } from "../observation.ts";
import type { CommittedLog } from "./committed-log.ts";

/**
 * State Machine Safety: if a member has applied an entry at an index, no other member ever applies another one there
 * (Raft Figure 3, §5.4.3). Held against the one committed sequence; a commit index is held to it as well, since what it
 * covers will be applied. Entries are applied once, in order, without a gap, and only when they are on the own disk.
 */
export function stateMachineSafety(committed: CommittedLog, appliedAtStart: (id: MemberId) => LogIndex): Checker {
  const applied = new Map<MemberId, LogIndex>();
  return {
    name: "state machine safety",
    started(member) {
      applied.set(member.id, appliedAtStart(member.id));
    },
    changed(member, before, after) {
      if (after.commitIndex > committed.lastIndex) {
        throw new SafetyViolation(
          this.name,
          `member ${member.id} takes ${after.commitIndex} for committed; no leader has committed beyond ${committed.lastIndex}`,
        );
      }
      for (let index = before.commitIndex + 1; index <= after.commitIndex; index++) {
        if (committed.isIn(member.log, index)) continue;
        throw new SafetyViolation(
          this.name,
          `member ${member.id} commits entry ${index} of term ${member.log.termAt(index)}; ` +
            `the cluster has committed one of term ${committed.termAt(index)} there`,
        );
      }
    },
    installed(member, { index }) {
      const held = applied.get(member.id) ?? 0;
      if (index <= held) {
        throw new SafetyViolation(
          this.name,
          `member ${member.id} takes its state back from entry ${held} to entry ${index}`,
        );
      }
      applied.set(member.id, index);
    },
    handedOut(member, entry) {
      if (!committed.isIn(member.log, entry.index)) {
        throw new SafetyViolation(
          this.name,
          `member ${member.id} applies entry ${entry.index} of term ${entry.term}; ` +
            `the cluster has committed one of term ${committed.termAt(entry.index)} there`,
        );
      }
      if (entry.index > member.durable.last.index) {
        throw new SafetyViolation(this.name, `member ${member.id} applies entry ${entry.index} before its disk has it`);
      }
    },
    applied(member, entry) {
      const expected = (applied.get(member.id) ?? 0) + 1;
      if (entry.index !== expected) {
        throw new SafetyViolation(this.name, `member ${member.id} applies entry ${entry.index}, not ${expected}`);
      }
      applied.set(member.id, entry.index);
    },
  };
}
