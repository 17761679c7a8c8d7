import type { Clock, Logger, TimerHandle, Timers } from "@quorate/host";
import type { RaftCore, TimeMs } from "@quorate/raft";
import type { WalMetrics } from "@quorate/wal";

export interface LeaderHealthParts {
  readonly core: RaftCore;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly logger: Logger;
  readonly electionTimeoutMs: () => number;
  readonly isLeader: () => boolean;
  readonly walMetrics: () => WalMetrics;
  readonly wake: () => void;
}

/** Looks so often in an election timeout. */
const looksPerTimeout = 10;
/** Each look counts for this part of what is remembered. */
const newestWeight = 1 / 8;
/** Slow is what takes longer than this part of an election timeout, well again what takes less than that. */
const slowPart = 1 / 4;
const wellPart = 1 / 8;
/** For how many election timeouts it has to be slow without a break. */
const slowForTimeouts = 3;
/** Between two times that it steps aside, in ms: where all members are slow, moving on helps nobody. Doubled each time. */
const leastRestMs = 30_000;
const longestRestMs = 600_000;

/**
 * A leader whose disk or event loop is slow slows everybody down, though its heartbeats still go out: a "grey failure". When
 * it has been so for a while, it hands its leadership over, if there is anybody to take it. (A disk that does nothing at all
 * is the core's own affair.)
 */
export class LeaderHealth {
  readonly #parts: LeaderHealthParts;
  #timer: TimerHandle | undefined;
  #expectedAt: TimeMs = 0;
  #loopDelayMs = 0;
  #syncMs = 0;
  #syncs = 0;
  #syncedAt: TimeMs = Number.NEGATIVE_INFINITY;
  #slowSince: TimeMs | undefined;
  #restUntil: TimeMs = Number.NEGATIVE_INFINITY;
  #restMs = leastRestMs;
  #stepsAside = 0;

  constructor(parts: LeaderHealthParts) {
    this.#parts = parts;
    this.#syncs = parts.walMetrics().syncs;
    this.#arm();
  }

  /** How late this member's timers are, in ms, smoothed. */
  get loopDelayMs(): number {
    return this.#loopDelayMs;
  }

  /** How often this member, leading, was too slow to go on with it. */
  get stepsAside(): number {
    return this.#stepsAside;
  }

  stop(): void {
    if (this.#timer !== undefined) this.#parts.timers.cancel(this.#timer);
    this.#timer = undefined;
  }

  #arm(): void {
    const { clock, timers, electionTimeoutMs } = this.#parts;
    const delayMs = electionTimeoutMs() / looksPerTimeout;
    this.#expectedAt = clock.monotonicMs() + delayMs;
    this.#timer = timers.after(delayMs, () => {
      this.#look();
      this.#arm();
    });
  }

  #look(): void {
    const { clock, isLeader, electionTimeoutMs, walMetrics } = this.#parts;
    const now = clock.monotonicMs();
    const { syncs, lastSyncMs } = walMetrics();
    this.#loopDelayMs += (Math.max(0, now - this.#expectedAt) - this.#loopDelayMs) * newestWeight;
    const timeoutMs = electionTimeoutMs();
    if (syncs > this.#syncs) {
      this.#syncMs += (lastSyncMs - this.#syncMs) * newestWeight;
      this.#syncedAt = now;
    } else if (now - this.#syncedAt > slowForTimeouts * timeoutMs) {
      // Nobody waits for a disk that is asked for nothing.
      this.#syncMs = 0;
    }
    this.#syncs = syncs;
    const worstMs = Math.max(this.#loopDelayMs, this.#syncMs);
    if (!isLeader() || worstMs < timeoutMs * wellPart) this.#slowSince = undefined;
    else if (worstMs > timeoutMs * slowPart) this.#slowSince ??= now;
    if (this.#slowSince === undefined || now - this.#slowSince < slowForTimeouts * timeoutMs) return;
    if (now >= this.#restUntil) this.#stepAside(now);
  }

  #stepAside(now: TimeMs): void {
    const { core, logger, wake } = this.#parts;
    if (now - this.#restUntil > longestRestMs) this.#restMs = leastRestMs;
    this.#restUntil = now + this.#restMs;
    this.#restMs = Math.min(2 * this.#restMs, longestRestMs);
    const slow = { loopDelayMs: Math.round(this.#loopDelayMs), syncMs: Math.round(this.#syncMs) };
    const refused = core.transferLeadership(now);
    if (refused !== undefined) {
      return logger.warn("this leader is slow, and nobody can take the leadership over", slow);
    }
    this.#stepsAside++;
    logger.warn("this leader is slow: it hands the leadership over", slow);
    wake();
  }
}
