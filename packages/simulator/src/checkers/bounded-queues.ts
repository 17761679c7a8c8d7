import type { Limits } from "@quorate/raft";
import { SafetyViolation } from "../observation.ts";
import type { Checker } from "../observation.ts";

/** More than any append has in a simulation. */
const largestAppendBytes = 8 * 1024;

/**
 * Everything is bounded: appends in flight to each follower, what is proposed and not committed, reads that wait, and
 * applied entries that stay in memory (testing-anchors §1.4, invariant 20; MISSION row 12). Where a bound in bytes is reached, one append or one batch of
 * proposals may have gone over it.
 */
export function boundedQueues(limits: Limits, largestBatchBytes: number): Checker {
  const { logCacheBytes, maxInflightAppends, maxInflightBytes, maxPendingReads, maxUncommittedBytes } = limits;
  return {
    name: "bounded queues",
    changed(member, before, after) {
      const expect = (what: string, value: number, bound: number): void => {
        if (value <= bound) return;
        throw new SafetyViolation(this.name, `member ${member.id} has ${value} ${what}; the bound is ${bound}`);
      };
      expect("reads that wait", after.pendingReads, maxPendingReads);
      // What followers lack is read from the disk again: no more than this is kept in memory for them.
      expect("bytes of applied entries in memory", after.cachedBytes - after.unappliedBytes, logCacheBytes);
      if (after.role !== "leader") return;
      // A new leader may inherit more than it would have taken itself; it takes no more until that is committed.
      const hasTaken = before.term === after.term && after.uncommittedBytes > before.uncommittedBytes;
      const taken = hasTaken && before.role === "leader" ? after.uncommittedBytes : 0;
      expect("bytes proposed and not committed", taken, maxUncommittedBytes + largestBatchBytes);
      for (const { id, inflightAppends, inflightBytes } of after.followers) {
        expect(`appends in flight to ${id}`, inflightAppends, maxInflightAppends);
        expect(`bytes in flight to ${id}`, inflightBytes, maxInflightBytes + largestAppendBytes);
      }
    },
  };
}
