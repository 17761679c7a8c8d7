import { isJoint, isVoter } from "@quorate/raft";
import type { MemberId, Message, RaftStatus } from "@quorate/raft";
import { CommittedLog } from "./checkers/committed-log.ts";
import { Marks } from "./marks.ts";
import type { Observed, ObservedStatus } from "./observation.ts";

/** What a cluster's history comes to, kept once for all checkers: what is committed, who was elected, what was reached. */
export class ClusterRecord {
  readonly committed = new CommittedLog();
  readonly marks = new Marks();
  /** Elections won so far. */
  elections = 0;
  readonly #leading = new Set<MemberId>();
  readonly #maxInflightAppends: number;
  #electionsAtRead = 0;

  /** `maxInflightAppends` is the bound whose reaching is a mark. */
  constructor(maxInflightAppends: number) {
    this.#maxInflightAppends = maxInflightAppends;
  }

  /** A member took an input. Called before the checkers are. */
  note(member: Observed, before: ObservedStatus, after: ObservedStatus): void {
    if (after.configurationIndex !== before.configurationIndex) this.#noteConfiguration(before, after);
    if (after.role !== "leader") {
      if (before.role === "leader" && !isVoter(after.configuration, member.id)) this.marks.reach("leader removed");
      this.#leading.delete(member.id);
      // It committed and stepped down in one turn.
      const committedLast = before.role === "leader" && after.commitIndex > this.committed.lastIndex;
      if (committedLast) this.committed.add(before.term, after.commitIndex, member.log);
      return;
    }
    if (before.role !== "leader" || before.term !== after.term) this.#noteElection(member, after);
    if (after.commitIndex > before.commitIndex) {
      const isOlder = member.log.termAt(before.commitIndex + 1) !== after.term;
      if (isOlder) this.marks.reach("commit of an older term's entries");
      this.committed.add(after.term, after.commitIndex, member.log);
    }
    const isFull = after.followers.some(
      (follower) => follower.state === "replicating" && follower.inflightAppends >= this.#maxInflightAppends,
    );
    if (isFull) this.marks.reach("full in-flight window");
  }

  #noteConfiguration(before: ObservedStatus, after: ObservedStatus): void {
    const { marks } = this;
    const [from, to] = [before.configuration, after.configuration];
    if (after.configurationIndex < before.configurationIndex) return marks.reach("configuration rolled back");
    marks.reach("configuration changed");
    if (isJoint(from) && !isJoint(to)) {
      const isAbandoned = String(to.voters) === String(from.outgoing);
      marks.reach(isAbandoned ? "change abandoned" : "joint configuration left");
    }
    if (from.promotable.some((id) => to.voters.includes(id))) marks.reach("learner promoted");
  }

  /** A member sends this, in this state. */
  noteSent(message: Message, sender: Pick<RaftStatus, "leader">): void {
    if (message.type === "pre-vote-response" && !message.granted) {
      this.marks.reach("pre-vote refused");
      if (sender.leader !== 0) this.marks.reach("pre-vote refused because a leader is alive");
    }
    if (message.type === "append-rejected" && message.conflict.index < message.rejected) {
      this.marks.reach("append refused for a conflicting term");
    }
  }

  /** A read was answered, and its answer held against what was committed. */
  noteRead(byLeader: boolean): void {
    if (!byLeader) this.marks.reach("read answered by a follower");
    if (this.elections > this.#electionsAtRead && this.#electionsAtRead > 0) {
      this.marks.reach("read served after a leader change");
    }
    this.#electionsAtRead = this.elections;
  }

  /** The process of a member is gone. */
  stopped(id: MemberId): void {
    this.#leading.delete(id);
  }

  #noteElection(member: Observed, leader: ObservedStatus): void {
    this.elections++;
    this.marks.reach("leader elected");
    if (leader.last.index > this.committed.lastIndex + 1) this.marks.reach("leader change with an uncommitted tail");
    this.#leading.add(member.id);
    if (this.#leading.size > 1) this.marks.reach("two leaders at once");
  }
}
