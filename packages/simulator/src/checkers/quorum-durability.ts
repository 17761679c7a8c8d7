import { decodeConfiguration, entryKinds, payloadOf } from "@quorate/raft";
import type { Configuration, MemberId } from "@quorate/raft";
import { SafetyViolation } from "../observation.ts";
import type { Checker, DurableLog, Observed } from "../observation.ts";
import type { CommittedLog } from "./committed-log.ts";
import { isQuorum } from "./quorum-overlap.ts";

/**
 * What is committed is on the disks of a majority of each configuration in force when the leader says so, and is never cut
 * from a log that has it (Raft §5.3 and §6, "committed entries are durable"; testing-anchors §1.4, invariant 7).
 *
 * `diskOf` gives what a member's disk holds, whether its process runs or not.
 */
export function quorumDurability(committed: CommittedLog, diskOf: (id: MemberId) => DurableLog | undefined): Checker {
  /** In force at some moment of the turn that is being looked at, beside those before and after it. */
  let passed: { readonly by: Observed; readonly configuration: Configuration }[] = [];

  const isHeld = ({ view, lost = [] }: DurableLog, index: number): boolean =>
    // What a damaged disk has lost it had truly held when that was acknowledged: the fault atlas bounds how many do.
    [view, ...lost].some((log) => committed.isIn(log, index));

  return {
    name: "quorum durability",
    truncated(member, from) {
      if (from > committed.lastIndex || !committed.isIn(member.log, from)) return;
      throw new SafetyViolation(this.name, `member ${member.id} cuts entry ${from}, which is committed, from its log`);
    },
    appended(member, entry) {
      if (entry.kind !== entryKinds.configuration) return;
      passed.push({ by: member, configuration: decodeConfiguration(payloadOf(entry)) });
    },
    changed(member, before, after) {
      const own = passed.filter(({ by }) => by === member).map(({ configuration }) => configuration);
      const configurations = [before.configuration, ...own, after.configuration];
      passed = [];
      if (after.role !== "leader" || after.commitIndex === before.commitIndex) return;
      const index = after.commitIndex;
      const ids = [...new Set(configurations.flatMap(({ voters, outgoing }) => [...voters, ...outgoing]))];
      const holders = ids.filter((id) => {
        const disk = diskOf(id);
        return disk !== undefined && isHeld(disk, index);
      });
      if (configurations.some((sets) => isQuorum(sets, new Set(holders)))) return;
      throw new SafetyViolation(
        this.name,
        `leader ${member.id} commits entry ${index}, which only ${holders.length} of ${ids.length} disks hold`,
      );
    },
  };
}
