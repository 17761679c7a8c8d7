import type { MemberId, Term } from "@quorate/raft";
import { SafetyViolation } from "../observation.ts";
import type { Checker, Observed } from "../observation.ts";

/**
 * What may only rise: a member's term, across restarts no lower than what it has answered with (Raft Figure 2,
 * "updated on stable storage before responding"); its commit index within an incarnation; and on a leader each
 * follower's match index, which stays below its next index (Figure 2, "increases monotonically").
 */
export function monotonicState(): Checker {
  const answered = new Map<MemberId, Term>();
  const starts = new Map<MemberId, number>();
  /** By leader and follower: how many of the follower's starts the leader's match index was taken back for. */
  const takenBackFor = new Map<string, number>();

  /** A restarted follower proves anew what it holds (DESIGN §4): once for each start its match index may fall. */
  const mayFall = (leader: Observed, follower: MemberId): boolean => {
    const start = starts.get(follower) ?? 0;
    const key = `${leader.id}.${leader.incarnation} ${follower}`;
    // A leader may hear of two starts one after the other, late: the count matters, not which start is the newest.
    const falls = takenBackFor.get(key) ?? 1;
    if (falls >= start) return false;
    takenBackFor.set(key, falls + 1);
    return true;
  };

  return {
    name: "monotonic state",
    started(member, status) {
      starts.set(member.id, (starts.get(member.id) ?? 0) + 1);
      const promised = answered.get(member.id) ?? 0;
      if (status.term >= promised) return;
      throw new SafetyViolation(
        this.name,
        `member ${member.id} starts in term ${status.term} after it answered in term ${promised}`,
      );
    },
    sent(member, _to, message) {
      const isAnswer =
        message.type === "append-accepted" ||
        message.type === "heartbeat-response" ||
        (message.type === "vote-response" && message.granted);
      if (isAnswer && message.term > (answered.get(member.id) ?? 0)) answered.set(member.id, message.term);
    },
    changed(member, before, after) {
      if (after.term < before.term) {
        throw new SafetyViolation(this.name, `member ${member.id} went back from term ${before.term} to ${after.term}`);
      }
      if (after.commitIndex < before.commitIndex) {
        throw new SafetyViolation(
          this.name,
          `member ${member.id} took its commit index back from ${before.commitIndex} to ${after.commitIndex}`,
        );
      }
      if (after.commitIndex > after.last.index) {
        throw new SafetyViolation(
          this.name,
          `member ${member.id} takes ${after.commitIndex} for committed; its log ends at ${after.last.index}`,
        );
      }
      const sameLeadership = after.role === "leader" && before.role === "leader" && after.term === before.term;
      for (const follower of after.followers) {
        if (follower.match >= follower.next) {
          throw new SafetyViolation(
            this.name,
            `leader ${member.id} would send entry ${follower.next} to ${follower.id}, which holds ${follower.match}`,
          );
        }
        const earlier = before.followers.find(({ id }) => id === follower.id);
        if (!sameLeadership || earlier === undefined || follower.match >= earlier.match) continue;
        if (mayFall(member, follower.id)) continue;
        throw new SafetyViolation(
          this.name,
          `leader ${member.id} takes the match index of ${follower.id} back from ${earlier.match} to ${follower.match}`,
        );
      }
    },
  };
}
