import type { Logger } from "@quorate/host";
import type { LogIndex, RaftStatus, TimeMs } from "@quorate/raft";
import type { WalMetrics } from "@quorate/wal";

/** What takes longer than this part of an election timeout is worth a line. */
const slowPart = 1 / 4;
/** At most one line of a kind in so many ms; it says how many there would have been, and the worst of them. */
const quietMs = 10_000;
/** So many election timeouts may pass before what is committed is applied. */
const lagTimeouts = 2;

/** A log of this many bytes, or of so many times what is to be kept of it, should have lost its beginning. */
const mostBytes = 256 * 1024 * 1024;
const mostTimesKept = 4;

export interface HealthLogParts {
  readonly logger: Logger;
  readonly electionTimeoutMs: () => number;
  /** How much of the log is kept for slow followers, in bytes. */
  readonly keepLogBytes: number;
  readonly standing: () => Standing;
}

/** Where a member stands when it is looked at. */
export interface Standing {
  readonly commitIndex: LogIndex;
  readonly appliedIndex: LogIndex;
  /** Where the log begins. */
  readonly baseIndex: LogIndex;
  /** Written to the log since the start. */
  readonly writtenBytes: number;
}

export function standingOf(
  { commitIndex, appliedIndex, base }: Pick<RaftStatus, "commitIndex" | "appliedIndex" | "base">,
  { bytes }: Pick<WalMetrics, "bytes">,
): Standing {
  return { commitIndex, appliedIndex, baseIndex: base.index, writtenBytes: bytes };
}

interface Kind {
  readonly message: string;
  readonly unit: string;
  nextAt: TimeMs;
  times: number;
  worst: number;
}

/**
 * Says in the log what an operator, or `quorate doctor`, needs to tell a slow disk from a busy processor and both from a slow network: a
 * line for each kind now and then, never one for each event.
 */
export class HealthLog {
  readonly #parts: HealthLogParts;
  readonly #sync = kind("storing in the log takes long", "tookMs");
  readonly #late = kind("this member's timers are late", "lateMs");
  readonly #behind = kind("applying is behind what is committed", "entries");
  #toApply: { readonly index: LogIndex; readonly since: TimeMs } | undefined;
  #lastGiven = 0;
  /** Since when the log has owed something. */
  #owedSince: TimeMs | undefined;
  #base = -1;
  #bytesAtBase = 0;
  readonly #growthBytes: number;
  #tellAtBytes: number;

  constructor(parts: HealthLogParts) {
    this.#parts = parts;
    this.#growthBytes = Math.max(mostBytes, mostTimesKept * parts.keepLogBytes);
    this.#tellAtBytes = this.#growthBytes;
  }

  /** The log was given something to store, under this number. */
  given(now: TimeMs, sequence: number): void {
    this.#lastGiven = sequence;
    this.#owedSince ??= now;
  }

  /**
   * It has stored everything up to this number. What counts is how long it owed something, and not how long a sync took: it may
   * have waited for a new file, or in a queue.
   */
  stored(now: TimeMs, sequence: number): void {
    this.#lookAtDisk(now);
    this.#owedSince = sequence < this.#lastGiven ? now : undefined;
  }

  /** A timer fired so much later than it was asked to. */
  late(now: TimeMs, lateMs: number): void {
    if (lateMs >= this.#slowMs()) this.#say(this.#late, now, lateMs);
  }

  look(now: TimeMs): void {
    // A disk that stands still is told of while it does.
    this.#lookAtDisk(now);
    const standing = this.#parts.standing();
    this.#lookAtApplying(now, standing);
    this.#lookAtLog(standing);
  }

  #lookAtDisk(now: TimeMs): void {
    const tookMs = now - (this.#owedSince ?? now);
    if (tookMs >= this.#slowMs()) this.#say(this.#sync, now, tookMs);
  }

  #lookAtApplying(now: TimeMs, { commitIndex, appliedIndex }: Standing): void {
    const waiting = this.#toApply;
    if (waiting === undefined || appliedIndex >= waiting.index) {
      this.#toApply = appliedIndex < commitIndex ? { index: commitIndex, since: now } : undefined;
      return;
    }
    const isLong = now - waiting.since >= lagTimeouts * this.#parts.electionTimeoutMs();
    if (isLong) this.#say(this.#behind, now, commitIndex - appliedIndex);
  }

  #lookAtLog({ baseIndex, writtenBytes }: Standing): void {
    if (baseIndex !== this.#base) {
      this.#base = baseIndex;
      this.#bytesAtBase = writtenBytes;
      this.#tellAtBytes = this.#growthBytes;
      return;
    }
    const bytes = writtenBytes - this.#bytesAtBase;
    if (bytes < this.#tellAtBytes) return;
    this.#tellAtBytes = 2 * bytes;
    this.#parts.logger.warn("the log grows, and nothing takes its beginning away", { bytes, base: baseIndex });
  }

  #slowMs(): number {
    return this.#parts.electionTimeoutMs() * slowPart;
  }

  #say(what: Kind, now: TimeMs, value: number): void {
    what.times++;
    what.worst = Math.max(what.worst, value);
    if (now < what.nextAt) return;
    this.#parts.logger.warn(what.message, { [what.unit]: Math.round(what.worst), times: what.times });
    what.nextAt = now + quietMs;
    what.times = 0;
    what.worst = 0;
  }
}

function kind(message: string, unit: string): Kind {
  return { message, unit, nextAt: Number.NEGATIVE_INFINITY, times: 0, worst: 0 };
}
