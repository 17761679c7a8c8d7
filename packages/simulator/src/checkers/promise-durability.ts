import { SafetyViolation } from "../observation.ts";
import type { Checker } from "../observation.ts";

/**
 * Durable before it is spoken (Raft Figure 2, "persistent state on all servers"): when an answer leaves, the disk holds
 * what it promises: the vote, the entries, the term.
 */
export function promiseDurability(): Checker {
  return {
    name: "promise durability",
    sent(member, to, message) {
      const { hardState, last, view } = member.durable;
      if (message.type === "vote-response" && message.granted) {
        if (hardState.term === message.term && hardState.vote === to) return;
        throw new SafetyViolation(
          this.name,
          `member ${member.id} votes for ${to} in term ${message.term}; its disk says ${hardState.vote} in ${hardState.term}`,
        );
      }
      if (message.type !== "append-accepted" && message.type !== "heartbeat-response") return;
      if (hardState.term < message.term) {
        throw new SafetyViolation(
          this.name,
          `member ${member.id} answers in term ${message.term}; its disk says term ${hardState.term}`,
        );
      }
      if (message.type !== "append-accepted" || hardState.term > message.term) return;
      const { match } = message;
      const onDisk = view.termAt(match) ?? Number.POSITIVE_INFINITY;
      const inMemory = member.log.termAt(match) ?? Number.POSITIVE_INFINITY;
      // In the same turn a leader of a later term may have replaced the entry in memory. The answer to the old one, which
      // the disk had released before, still says what the disk holds.
      const isReplaced = inMemory > message.term;
      if (last.index >= match && (isReplaced ? onDisk <= message.term : onDisk === inMemory)) return;
      throw new SafetyViolation(
        this.name,
        `member ${member.id} acknowledges entry ${match}; its disk ends at entry ${last.index}`,
      );
    },
  };
}
