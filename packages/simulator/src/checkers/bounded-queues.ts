import type { Limits } from "@quorate/raft";
import { SafetyViolation } from "../observation.ts";
import type { Checker } from "../observation.ts";

/**
 * Everything is bounded: appends in flight to each follower, what is proposed and not committed, and reads that wait
 * (testing-anchors §1.4, invariant 20; MISSION row 12). Where a bound in bytes is reached, one message or one batch may
 * have gone over it: `largestBytes` says how large those are.
 */
export function boundedQueues(limits: Limits, largestBytes: number): Checker {
  const { maxInflightAppends, maxInflightBytes, maxPendingReads, maxUncommittedBytes } = limits;
  return {
    name: "bounded queues",
    changed(member, _before, after) {
      const expect = (what: string, value: number, bound: number): void => {
        if (value <= bound) return;
        throw new SafetyViolation(this.name, `member ${member.id} has ${value} ${what}; the bound is ${bound}`);
      };
      expect("reads that wait", after.pendingReads, maxPendingReads);
      if (after.role !== "leader") return;
      expect("bytes proposed and not committed", after.uncommittedBytes, maxUncommittedBytes + largestBytes);
      for (const { id, inflightAppends, inflightBytes } of after.followers) {
        expect(`appends in flight to ${id}`, inflightAppends, maxInflightAppends);
        expect(`bytes in flight to ${id}`, inflightBytes, maxInflightBytes + largestBytes);
      }
    },
  };
}
