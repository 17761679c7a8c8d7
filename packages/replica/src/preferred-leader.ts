import type { Clock, Logger, TimerHandle, Timers } from "@quorate/host";
import { describeMember, isJoint, type MemberId, type RaftCore, type RaftStatus, type TimeMs } from "@quorate/raft";

export interface PreferredLeaderParts {
  readonly core: RaftCore;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly logger: Logger;
  readonly memberId: MemberId;
  readonly electionTimeoutMs: () => number;
  readonly wake: () => void;
}

/** Looks so often, in election timeouts, and moves only after so many looks at which the same member could have led. */
const lookTimeouts = 1;
const steadyLooks = 10;
/** Between two attempts, in ms: a preferred member that cannot keep the leadership must not have it all the time. */
const restMs = 60_000;

/**
 * Moves the leadership to the member that operators prefer (`MemberAddress.priority`), once that one has followed well for a
 * while: it is heard, and holds what this leader's log held. A preference costs no availability: it is a transfer, and the
 * leader of the moment serves until the other one can.
 */
export class PreferredLeader {
  readonly #parts: PreferredLeaderParts;
  #timer: TimerHandle | undefined;
  #candidate: MemberId | undefined;
  #looks = 0;
  /** Where this leader's log ended at the look before. */
  #lastIndex = Number.POSITIVE_INFINITY;
  #restUntil: TimeMs = Number.NEGATIVE_INFINITY;

  constructor(parts: PreferredLeaderParts) {
    this.#parts = parts;
    this.#arm();
  }

  stop(): void {
    if (this.#timer !== undefined) this.#parts.timers.cancel(this.#timer);
    this.#timer = undefined;
  }

  #arm(): void {
    const { timers, electionTimeoutMs } = this.#parts;
    this.#timer = timers.after(lookTimeouts * electionTimeoutMs(), () => {
      this.#look();
      this.#arm();
    });
  }

  #look(): void {
    const { core, clock, logger, wake } = this.#parts;
    const now = clock.monotonicMs();
    const status = core.status();
    const preferred = status.role === "leader" ? this.#preferred(status, now) : undefined;
    this.#looks = preferred !== undefined && preferred === this.#candidate ? this.#looks + 1 : 0;
    this.#candidate = preferred;
    this.#lastIndex = status.last.index;
    if (preferred === undefined || this.#looks < steadyLooks || now < this.#restUntil) return;
    this.#restUntil = now + restMs;
    this.#looks = 0;
    if (core.transferLeadership(now, preferred) !== undefined) return;
    logger.info(`handing the leadership to member ${describeMember(preferred)}, which is preferred`);
    wake();
  }

  /** The voter of the highest priority above our own that is heard and caught up. */
  #preferred({ configuration, followers }: RaftStatus, now: TimeMs): MemberId | undefined {
    if (isJoint(configuration)) return undefined;
    const { memberId, electionTimeoutMs } = this.#parts;
    const priorityOf = (id: MemberId): number => configuration.members.find((one) => one.id === id)?.priority ?? 0;
    const isAble = (id: MemberId): boolean => {
      const follower = followers.find((one) => one.id === id);
      const isHeard = follower !== undefined && now - follower.heardAt < electionTimeoutMs();
      return isHeard && follower.state === "replicating" && follower.match >= this.#lastIndex;
    };
    const better = configuration.voters.filter((id) => priorityOf(id) > priorityOf(memberId) && isAble(id));
    return better.sort((a, b) => priorityOf(b) - priorityOf(a) || a - b)[0];
  }
}
