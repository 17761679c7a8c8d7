import type { Clock, Logger, TimerHandle, Timers } from "@quorate/host";
import type { MemberId } from "@quorate/raft";

/** A quarantined member without a leader says so after this many election timeouts, and again from time to time. */
const patienceTimeouts = 10;
const repeatMs = 60_000;

export interface QuarantineWatchParts {
  readonly timers: Timers;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly electionTimeoutMs: () => number;
  /** 0 when none is known. */
  readonly leader: () => MemberId;
}

/**
 * Tells people when a member that has no voice waits in vain for a leader. It cannot know why: the others may be down. But
 * where most voters are without a voice nobody is ever elected, and that no member can mend: entries that the cluster has
 * acknowledged may be gone from every log that could vote (DESIGN §4).
 */
export class QuarantineWatch {
  readonly #parts: QuarantineWatchParts;
  #timer: TimerHandle;
  #aloneSince: number | undefined;

  constructor(parts: QuarantineWatchParts) {
    this.#parts = parts;
    this.#timer = parts.timers.after(this.#patienceMs, this.#look);
    this.#aloneSince = parts.clock.monotonicMs();
  }

  /** This member has its voice back, or stops. */
  stop(): void {
    this.#parts.timers.cancel(this.#timer);
  }

  get #patienceMs(): number {
    return patienceTimeouts * this.#parts.electionTimeoutMs();
  }

  readonly #look = (): void => {
    const { timers, clock, leader, logger } = this.#parts;
    const now = clock.monotonicMs();
    if (leader() !== 0) this.#aloneSince = undefined;
    else this.#aloneSince ??= now;
    const aloneMs = this.#aloneSince === undefined ? 0 : now - this.#aloneSince;
    const isInVain = aloneMs >= this.#patienceMs;
    if (isInVain) logger.error(inVain, { withoutLeaderMs: Math.round(aloneMs) });
    this.#timer = timers.after(isInVain ? repeatMs : this.#patienceMs, this.#look);
  };
}

const inVain =
  "this member's log was damaged, it has no voice, and no leader is there to heal it. Start the other members. If most " +
  "voters are in this state (their logs and their status say so), the cluster cannot elect a leader by itself: stop all of " +
  "them, keep their directories, and restore one whole directory per member from copies";
