import type { CommandResult } from "../operations.ts";
import { untilFinished } from "../steps.ts";
import { refOf, type TimedLease } from "./lease-times.ts";
import type { ReignParts } from "./reign-parts.ts";

/** As in etcd. */
const defaultCheckpointMs = 300_000;
/** Of a shorter lease, this part of it: who renews more often never pays for it. And no less than that, in ms. */
const dueShare = 2 / 3;
const leastDueMs = 10_000;
/** Looks at all leases so often in that time, and no less often than every so many ms. */
const looksPerCheckpoint = 4;
const longestLookMs = 5000;
const leasesPerStep = 2048;
const leasesPerCommand = 1024;

/**
 * Tells the log how much is left of long leases, so that a change of leaders does not give each its full length again. A lease that is
 * renewed in time is never in it: only one of which a good deal has passed since the log last heard of it.
 */
export class LeaseCheckpoints {
  readonly #parts: ReignParts;
  readonly #checkpointMs: number;
  readonly #lookMs: number;
  #lookAt: number;
  #isWalking = false;
  /** A command of the walk is on its way; what must come behind it in the log waits. */
  #isUnderWay = false;
  #behind: (() => void)[] = [];

  constructor(parts: ReignParts) {
    this.#parts = parts;
    this.#checkpointMs = parts.checkpointMs ?? defaultCheckpointMs;
    this.#lookMs = Math.min(this.#checkpointMs / looksPerCheckpoint, longestLookMs);
    this.#lookAt = parts.now() + this.#lookMs;
  }

  look(): void {
    const { now } = this.#parts;
    if (this.#isWalking || now() < this.#lookAt) return;
    this.#isWalking = true;
    this.#walk(() => {
      this.#isWalking = false;
      this.#lookAt = now() + this.#lookMs;
    });
  }

  /** All of a lease is left: a leader after this one must know that before anybody counts on it. */
  noteWhole(timed: TimedLease, done: (error: Error | undefined) => void): void {
    if (this.#isUnderWay) return void this.#behind.push(() => this.noteWhole(timed, done));
    const { propose, term } = this.#parts;
    const remaining = timed.lease.ttl;
    propose({ type: "lease-checkpoint", term, leases: [{ ...refOf(timed), remaining }] }, (error, result) => {
      const failure = error ?? refusalIn(result);
      if (failure === undefined) timed.noted = remaining;
      done(failure);
    });
  }

  /** Looks at every lease, in steps, one command at a time. */
  #walk(done: () => void): void {
    const { times, timers, isOver } = this.#parts;
    const all = times.all()[Symbol.iterator]();
    untilFinished((step) => {
      const due: TimedLease[] = [];
      let isEnd = false;
      for (let count = 0; count < leasesPerStep && due.length < leasesPerCommand && !isEnd; count++) {
        const next = all.next();
        if (next.done === true) isEnd = true;
        else if (this.#isDue(next.value)) due.push(next.value);
      }
      const goOn = (): void => {
        timers.afterPendingInput(() => step(undefined, isEnd || isOver()));
      };
      if (due.length === 0) goOn();
      else this.#note(due, goOn);
    }, done);
  }

  /** One that fails is made up for by the next walk, or the next leader gives more. */
  #note(due: readonly TimedLease[], done: () => void): void {
    const { propose, term } = this.#parts;
    const leases = due.map((timed) => {
      timed.noted = this.#secondsLeft(timed);
      return { lease: timed.lease.id, grantedAt: timed.lease.grantedAt, remaining: timed.noted };
    });
    this.#isUnderWay = true;
    propose({ type: "lease-checkpoint", term, leases }, () => {
      this.#isUnderWay = false;
      const behind = this.#behind;
      this.#behind = [];
      for (const next of behind) next();
      done();
    });
  }

  #isDue(timed: TimedLease): boolean {
    const dueMs = Math.min(this.#checkpointMs, Math.max(leastDueMs, 1000 * timed.lease.ttl * dueShare));
    return !timed.isExpiring && 1000 * (timed.noted - this.#secondsLeft(timed)) >= dueMs;
  }

  /** Rounded up: never less than is left. */
  #secondsLeft({ expiresAt }: TimedLease): number {
    return Math.max(1, Math.ceil((expiresAt - this.#parts.now()) / 1000));
  }
}

function refusalIn(result: CommandResult): Error | undefined {
  return result.ok ? undefined : new Error(`the log refused what is left of a lease: ${result.refusal}`);
}
