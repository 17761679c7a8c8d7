import type { Logger, TimerHandle, Timers } from "@quorate/host";
import { describeMember, recipients, type LogIndex, type MemberId, type RaftCore } from "@quorate/raft";

export interface StateNeedParts {
  readonly core: RaftCore;
  readonly timers: Timers;
  readonly logger: Logger;
  readonly memberId: MemberId;
  readonly electionTimeoutMs: () => number;
  /** Whether a state is on its way here. */
  readonly isReceiving: () => boolean;
  /** Asks a member for its state; nothing happens where it is not connected. */
  readonly ask: (member: MemberId) => void;
  readonly now: () => number;
  readonly wake: () => void;
}

/**
 * A member whose state was lost, or set aside for damage, and whose log no longer reaches back to the beginning: it cannot apply
 * anything until somebody gives it a state. It asks for one, its leader first and then one after the other.
 *
 * Its log, its term and its vote are not concerned: it votes and acknowledges as before, since what it promised is there. It can
 * even be elected, with a log as good as any; but it serves nobody, so it hands the leadership over at once.
 */
export class StateNeed {
  readonly #parts: StateNeedParts;
  /** Older ones leave a gap to where the log begins. */
  readonly least: LogIndex;
  #timer: TimerHandle | undefined;
  #asked = 0;

  constructor(parts: StateNeedParts, least: LogIndex) {
    this.#parts = parts;
    this.least = least;
    parts.logger.warn(`the state ends before the log begins: asking for another member's, as of ${least} or later`);
    this.#arm();
  }

  stop(): void {
    if (this.#timer !== undefined) this.#parts.timers.cancel(this.#timer);
    this.#timer = undefined;
  }

  #arm(): void {
    this.#timer = this.#parts.timers.after(this.#parts.electionTimeoutMs(), () => {
      this.#look();
      this.#arm();
    });
  }

  #look(): void {
    const { core, memberId, isReceiving, ask, now, wake, logger } = this.#parts;
    const { role, leader, configuration } = core.status();
    if (role === "leader") {
      if (core.transferLeadership(now()) === undefined)
        logger.warn("leading without a state: handing the leadership over");
      wake();
    }
    if (isReceiving()) return;
    const others = recipients(configuration).filter((id) => id !== memberId);
    const isLeaderFirst = this.#asked % 2 === 0 && leader !== 0 && leader !== memberId;
    const whom = isLeaderFirst ? leader : others[(this.#asked >> 1) % others.length];
    this.#asked++;
    if (whom === undefined) return;
    logger.debug(`asking member ${describeMember(whom)} for its state`);
    ask(whom);
  }
}
