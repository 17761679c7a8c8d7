import type { Clock, Logger, TimerHandle, Timers } from "@quorate/host";
import type { RaftCore, TimeMs } from "@quorate/raft";
import type { WalMetrics } from "@quorate/wal";
import type { HealthLog } from "./health-log.ts";
import { Slowness } from "./slowness.ts";

export interface LeaderHealthParts {
  readonly core: RaftCore;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly logger: Logger;
  readonly electionTimeoutMs: () => number;
  readonly isLeader: () => boolean;
  readonly walMetrics: () => WalMetrics;
  readonly healthLog: Pick<HealthLog, "late" | "look">;
  readonly wake: () => void;
}

/** Looks so often in an election timeout. */
const looksPerTimeout = 10;
/** Each look counts for this part of what people are shown. */
const newestWeight = 1 / 8;
/** Between two times that it steps aside, in ms: where all members are slow, moving on helps nobody. Doubled each time. */
const leastRestMs = 30_000;
const longestRestMs = 600_000;

/**
 * A leader whose disk or event loop is slow slows everybody down, though its heartbeats still go out: a "grey failure". When
 * it has been so for some election timeouts, it hands its leadership over, if there is anybody to take it. (A disk that does nothing at all
 * is the core's own affair.)
 */
export class LeaderHealth {
  readonly #parts: LeaderHealthParts;
  #timer: TimerHandle | undefined;
  #expectedAt: TimeMs = 0;
  #loopDelayMs = 0;
  #syncs: number;
  readonly #loop: Slowness;
  readonly #disk: Slowness;
  #restUntil: TimeMs = Number.NEGATIVE_INFINITY;
  #restMs = leastRestMs;
  #stepsAside = 0;

  constructor(parts: LeaderHealthParts) {
    this.#parts = parts;
    const now = parts.clock.monotonicMs();
    this.#loop = new Slowness(now);
    this.#disk = new Slowness(now);
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
    const { clock, isLeader, electionTimeoutMs, walMetrics, healthLog } = this.#parts;
    const now = clock.monotonicMs();
    const timeoutMs = electionTimeoutMs();
    const { syncs, lastSyncMs } = walMetrics();
    const lateMs = Math.max(0, now - this.#expectedAt);
    this.#loopDelayMs += (lateMs - this.#loopDelayMs) * newestWeight;
    healthLog.late(now, lateMs);
    healthLog.look(now);
    this.#loop.saw(now, lateMs, timeoutMs);
    if (syncs > this.#syncs) this.#disk.saw(now, lastSyncMs, timeoutMs);
    this.#syncs = syncs;
    if (!isLeader()) {
      this.#loop.forget(now);
      this.#disk.forget(now);
    }
    if (now < this.#restUntil) return;
    if (this.#loop.isTooMuch(now, timeoutMs) || this.#disk.isTooMuch(now, timeoutMs)) this.#stepAside(now, lastSyncMs);
  }

  #stepAside(now: TimeMs, lastSyncMs: number): void {
    const { core, logger, wake } = this.#parts;
    if (now - this.#restUntil > longestRestMs) this.#restMs = leastRestMs;
    this.#restUntil = now + this.#restMs;
    this.#restMs = Math.min(2 * this.#restMs, longestRestMs);
    const slow = { loopDelayMs: Math.round(this.#loopDelayMs), syncMs: Math.round(lastSyncMs) };
    this.#loop.forget(now);
    this.#disk.forget(now);
    const refused = core.transferLeadership(now);
    if (refused !== undefined) {
      return logger.warn("this leader is slow, and nobody can take the leadership over", slow);
    }
    this.#stepsAside++;
    logger.warn("this leader is slow: it hands the leadership over", slow);
    wake();
  }
}
