import type { Logger } from "@quorate/host";
import { describeMember, type MemberId, type RoleEffect, type RoleName, type Term } from "@quorate/raft";

/** Remembers where the member stood, and says in one line what changed, and why: for people. */
export class RoleLog {
  readonly #logger: Logger;
  readonly #self: MemberId;
  role: RoleName = "follower";
  term: Term;
  leader: MemberId = 0;
  /** How often another leader than the last known one was heard of. */
  leaderChanges = 0;
  #lastKnownLeader: MemberId = 0;

  constructor(logger: Logger, self: MemberId, term: Term) {
    this.#logger = logger;
    this.#self = self;
    this.term = term;
  }

  /** Returns whether term or leader changed: what was turned away before may be tried again. */
  changed(effect: RoleEffect): boolean {
    const { role, term, leader, reason } = effect;
    const parts: string[] = [];
    if (term !== this.term) parts.push(`term ${this.term} -> ${term}`);
    if (role !== this.role) parts.push(`became ${role}`);
    if (leader !== this.leader && leader !== this.#self) {
      parts.push(leader === 0 ? "knows no leader" : `follows member ${describeMember(leader)}`);
    }
    const isNews = term !== this.term || leader !== this.leader;
    this.role = role;
    this.term = term;
    this.leader = leader;
    if (leader !== 0 && leader !== this.#lastKnownLeader) {
      this.#lastKnownLeader = leader;
      this.leaderChanges++;
    }
    const what = parts.length > 0 ? `${parts.join(", ")}: ${reason}` : reason;
    this.#logger.info(`raft: ${what}`, {
      id: describeMember(this.#self),
      role,
      term,
      leader: describeMember(leader),
    });
    return isNews;
  }
}
