import type { TimerHandle } from "@quorate/host";
import { refOf, type TimedLease } from "./lease-times.ts";
import type { ReignParts } from "./reign-parts.ts";

/** One command expires at most so many leases, with so many keys in all (or one lease with more). */
const leasesPerCommand = 1024;
const keysPerCommand = 1024;
/** In one look, at most: leases that were renewed count too. */
const looksPerTurn = 4096;
/** Expired leases that wait for their command; the others wait in the heap. */
const mostWaiting = 2048;
/** Between two commands, in ms, at least; and as long as the one before took. So a storm takes half of the log at most. */
const leastRestMs = 5;
/** After a failure, in ms. */
const retryMs = 200;

/** Has the leases revoked whose time is over: in batches, one at a time. */
export class LeaseExpiries {
  readonly #parts: ReignParts;
  #waiting: TimedLease[] = [];
  #isUnderWay = false;
  #rest: TimerHandle | undefined;

  constructor(parts: ReignParts) {
    this.#parts = parts;
  }

  end(): void {
    if (this.#rest !== undefined) this.#parts.timers.cancel(this.#rest);
    this.#rest = undefined;
    this.#waiting = [];
  }

  /** Takes up what has run out by now. */
  look(): void {
    const { times, now } = this.#parts;
    for (const timed of times.takeExpired(now(), mostWaiting - this.#waiting.length, looksPerTurn)) {
      timed.isExpiring = true;
      this.#waiting.push(timed);
    }
    this.#proposeNext();
  }

  #proposeNext(): void {
    if (this.#isUnderWay || this.#rest !== undefined || this.#waiting.length === 0) return;
    const batch = this.#takeBatch();
    if (batch.length === 0) return;
    const { propose, term, clock, logger, isOver, counts } = this.#parts;
    const began = clock.monotonicMs();
    this.#isUnderWay = true;
    propose({ type: "lease-expire", term, leases: batch.map(refOf) }, (error, result) => {
      this.#isUnderWay = false;
      if (error === undefined && result.ok && result.result.type === "lease-expire") {
        counts.expired += result.result.expired;
      }
      if (isOver()) return;
      if (error === undefined && result.ok) {
        logger.debug("leases have run out", { leases: batch.length });
        return this.#restFor(Math.max(leastRestMs, clock.monotonicMs() - began));
      }
      // It may be applied yet, and the next attempt then finds nothing to do.
      this.#waiting.unshift(...batch);
      this.#restFor(retryMs);
    });
  }

  /** Those that are still there. */
  #takeBatch(): TimedLease[] {
    const { times, table } = this.#parts;
    const batch: TimedLease[] = [];
    let keys = 0;
    let taken = 0;
    for (const timed of this.#waiting) {
      const { id } = timed.lease;
      const isThere = times.get(id) === timed;
      const own = isThere ? table.attached(id).size : 0;
      if (batch.length === leasesPerCommand || (batch.length > 0 && keys + own > keysPerCommand)) break;
      taken++;
      if (!isThere) continue;
      keys += own;
      batch.push(timed);
    }
    this.#waiting.splice(0, taken);
    return batch;
  }

  #restFor(ms: number): void {
    this.#rest = this.#parts.timers.after(ms, () => {
      this.#rest = undefined;
      this.look();
    });
  }
}
