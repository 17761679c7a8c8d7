import { majority } from "@quorate/raft";
import { SafetyViolation } from "../observation.ts";
import type { Checker, Observed } from "../observation.ts";
import type { CommittedLog } from "./committed-log.ts";

/**
 * What is committed is on the disks of a majority when the leader says so, and is never cut from a log that has it
 * (Raft §5.3, "committed entries are durable"; testing-anchors §1.4, invariant 7).
 *
 * `disks` gives what each voter's disk holds, whether its process runs or not.
 */
export function quorumDurability(committed: CommittedLog, disks: () => readonly Observed["durable"][]): Checker {
  return {
    name: "quorum durability",
    truncated(member, from) {
      if (from > committed.lastIndex || !committed.isIn(member.log, from)) return;
      throw new SafetyViolation(this.name, `member ${member.id} cuts entry ${from}, which is committed, from its log`);
    },
    changed(member, before, after) {
      if (after.role !== "leader" || after.commitIndex === before.commitIndex) return;
      const index = after.commitIndex;
      // What a damaged disk has lost it had truly held when that was acknowledged: the fault atlas bounds how many do.
      const holders = disks().filter(({ view, lost = [] }) =>
        [view, ...lost].some((log) => committed.isIn(log, index)),
      ).length;
      if (holders >= majority(disks().length)) return;
      throw new SafetyViolation(
        this.name,
        `leader ${member.id} commits entry ${index}, which only ${holders} of ${disks().length} disks hold`,
      );
    },
  };
}
