import type { LogIndex } from "@quorate/raft";
import { SafetyViolation } from "../observation.ts";
import type { Checker } from "../observation.ts";
import type { CommittedLog } from "./committed-log.ts";

/**
 * A linearizable read sees everything that was committed, anywhere, when it was asked for (dissertation §6.4): its index
 * is no lower than the highest commit index at that moment.
 */
export function readFreshness(committed: CommittedLog): Checker {
  const asked = new Map<string, LogIndex>();
  return {
    name: "read freshness",
    readAsked(member, id) {
      asked.set(`${member.id}.${member.incarnation}.${id}`, committed.lastIndex);
    },
    readReady(member, id, index) {
      const needed = asked.get(`${member.id}.${member.incarnation}.${id}`);
      if (needed === undefined) {
        throw new SafetyViolation(this.name, `member ${member.id} answers read ${id}, which nobody asked`);
      }
      if (index >= needed) return;
      throw new SafetyViolation(
        this.name,
        `member ${member.id} serves a read at index ${index}; ${needed} was committed when it was asked`,
      );
    },
  };
}
