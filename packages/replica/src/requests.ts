import type { Entry, LogIndex, MemberId, TimeMs, TransferEndedEffect } from "@quorate/raft";
import type { ReplicaError } from "./errors.ts";
import { Administration, type AdministrationParts } from "./membership/administration.ts";
import { LeaderQuestions, type LeaderQuestionsParts } from "./leader-questions.ts";
import { Proposals, type ProposalsParts } from "./proposals.ts";
import { Reads, type ReadsParts } from "./reads.ts";

/** What this member's own callers have asked for and have no outcome of yet: writes, reads, and operations on members. */
export class Requests<Result> {
  readonly proposals: Proposals<Result>;
  readonly reads: Reads;
  readonly administration: Administration;
  readonly questions: LeaderQuestions;

  constructor(parts: ProposalsParts & ReadsParts & AdministrationParts & LeaderQuestionsParts) {
    this.proposals = new Proposals(parts);
    this.reads = new Reads(parts);
    this.administration = new Administration(parts);
    this.questions = new LeaderQuestions(parts);
  }

  /** At the end of a turn: hands over everything that waits. */
  flush(now: TimeMs): void {
    this.proposals.flush(now);
    this.administration.flush(now);
    // Last, since it looks at the clock itself: what callers were told in this turn may have made them ask for more.
    this.reads.flush();
  }

  /** Another leader, or another term: what was turned away may be tried at once. */
  leaderChanged(): void {
    this.proposals.leaderChanged();
    this.reads.leaderChanged();
    this.administration.leaderChanged();
  }

  transferEnded(effect: TransferEndedEffect): void {
    this.administration.transferEnded(effect);
  }

  /** The connection to `peer` is gone: answers that are missing will not come. */
  disconnected(peer: MemberId): void {
    this.proposals.disconnected(peer);
    this.administration.disconnected(peer);
    this.questions.disconnected(peer);
  }

  /** Entries were applied here, `results` beside them; undefined where there is no command. */
  applied(entries: readonly Entry[], results: readonly (Result | undefined)[], index: LogIndex): void {
    this.proposals.settle(entries, results);
    this.reads.applied(index);
  }

  /** The state was replaced by one as of `index`. */
  installed(index: LogIndex): void {
    this.proposals.installed(index);
    this.reads.applied(index);
  }

  /** Tells everybody who has waited long enough; returns when to come again. */
  expire(now: TimeMs): TimeMs {
    return Math.min(
      this.proposals.expire(now),
      this.reads.expire(now),
      this.administration.expire(now),
      this.questions.expire(now),
    );
  }

  failAll(error: ReplicaError): void {
    this.proposals.failAll(error);
    this.reads.failAll(error);
    this.administration.failAll(error);
    this.questions.failAll(error);
  }
}
