import {
  doublingBounds,
  DurationHistogram,
  type Clock,
  type Logger,
  type TimerHandle,
  type Timers,
} from "@quorate/host";
import { describePosition, type LogPosition } from "@quorate/raft";
import type { CheckpointPolicy } from "./options.ts";
import type { StateMachine } from "./state-machine.ts";

/** What checkpoints need from the rest of the member. */
export interface CheckpointsParts {
  readonly machine: Pick<StateMachine<unknown>, "restored" | "checkpoint" | "dirtyBytes" | "wantsCheckpoint">;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly policy: CheckpointPolicy;
  readonly logger: Logger;
  /** The last entry that is applied. */
  readonly position: () => LogPosition;
  /** Whether entries are being applied: a checkpoint then waits for the end of that. */
  readonly isApplying: () => boolean;
  /** A checkpoint is finished: the log is needed for others only, up to there. */
  readonly covered: (position: LogPosition) => void;
  readonly failed: (error: Error) => void;
}

/** Between the beginnings of two checkpoints that the state machine itself wants, in ms. */
const wantedGapMs = 1000;

/**
 * Decides when the state machine is made durable. A checkpoint covers everything applied at the moment it starts, so one
 * starts only between two applies; the next apply may go on while it runs.
 */
export class Checkpoints {
  /** From 1 ms to 8 s: the buckets that etcd's dashboards expect. */
  readonly durations = new DurationHistogram(doublingBounds(1, 14));
  readonly #parts: CheckpointsParts;
  /** What the last finished checkpoint covers. */
  #covered: LogPosition;
  #running = false;
  #isDue = false;
  #held = false;
  #stopped = false;
  #timer: TimerHandle | undefined;
  /** The timer is for one that the state machine wants, rather than for the interval. */
  #isTimerShort = false;
  #beganAt = Number.NEGATIVE_INFINITY;
  #whenIdle: (() => void) | undefined;

  constructor(parts: CheckpointsParts) {
    this.#parts = parts;
    this.#covered = parts.machine.restored;
  }

  /** Called after each apply, before the next one. */
  applied(): void {
    if (this.#running || this.#held || this.#stopped) return;
    const { machine, policy } = this.#parts;
    if (this.#isDue || machine.dirtyBytes > policy.dirtyBytes || this.#wantedInMs() === 0) return this.#begin();
    this.#next();
  }

  /** What is applied by now is wanted durable: as soon as that can begin, rather than when it is due. */
  request(): void {
    if (this.#stopped || !this.#isDirty()) return;
    if (this.#running || this.#held || this.#parts.isApplying()) this.#isDue = true;
    else this.#begin();
  }

  /** Something was applied that no checkpoint has taken: when the next one begins. */
  #next(): void {
    const wantedInMs = this.#wantedInMs();
    if (wantedInMs === undefined) return this.#arm(this.#parts.policy.intervalMs);
    if (this.#isTimerShort) return;
    this.#disarm();
    this.#arm(wantedInMs);
    this.#isTimerShort = true;
  }

  /** Undefined where the state machine wants none. */
  #wantedInMs(): number | undefined {
    const { machine, clock } = this.#parts;
    if (machine.wantsCheckpoint !== true) return undefined;
    return Math.max(0, this.#beganAt + wantedGapMs - clock.monotonicMs());
  }

  #arm(waitMs: number): void {
    this.#timer ??= this.#parts.timers.after(waitMs, () => this.#intervalOver());
  }

  #disarm(): void {
    if (this.#timer !== undefined) this.#parts.timers.cancel(this.#timer);
    this.#timer = undefined;
    this.#isTimerShort = false;
  }

  /** Starts none until `resume`; `done` once none is under way. */
  hold(done: () => void): void {
    this.#held = true;
    if (this.#running) this.#whenIdle = done;
    else done();
  }

  /** Goes on. The state machine may have been given a state, which is durable, as of `position`. */
  resume(position?: LogPosition): void {
    this.#held = false;
    if (position !== undefined) this.#covered = position;
    if (!this.#stopped && this.#isDirty()) this.#next();
  }

  /** Starts no more of them. Waits for one that runs, makes a last one if `final`, and then calls `done`. */
  stop(final: boolean, done: () => void): void {
    this.#stopped = true;
    this.#disarm();
    const finish = (): void => {
      if (!final || !this.#isDirty()) return done();
      this.#whenIdle = done;
      this.#begin();
    };
    if (this.#running) this.#whenIdle = finish;
    else finish();
  }

  #isDirty(): boolean {
    return this.#parts.position().index > this.#covered.index;
  }

  #intervalOver(): void {
    this.#disarm();
    if (this.#running || this.#held || this.#stopped) return;
    if (this.#parts.isApplying()) this.#isDue = true;
    else if (this.#isDirty()) this.#begin();
  }

  #begin(): void {
    const { machine, clock, logger, failed } = this.#parts;
    const position = this.#parts.position();
    const began = clock.monotonicMs();
    const bytes = machine.dirtyBytes;
    this.#running = true;
    this.#isDue = false;
    this.#beganAt = began;
    this.#disarm();
    const done = (error: Error | undefined): void => {
      this.#running = false;
      if (error === undefined) {
        this.#covered = position;
        const tookMs = clock.monotonicMs() - began;
        this.durations.add(tookMs);
        logger.debug(`checkpoint at ${describePosition(position)}`, { bytes, tookMs: Math.round(tookMs) });
        // What was applied meanwhile has waited for nobody yet.
        if (!this.#stopped && !this.#held && this.#isDirty()) this.#next();
        this.#parts.covered(position);
        // Asked for meanwhile, and nothing may come that would begin it.
        if (this.#isDue && this.#whenIdle === undefined) this.request();
      } else {
        failed(error);
      }
      const whenIdle = this.#whenIdle;
      this.#whenIdle = undefined;
      whenIdle?.();
    };
    machine.checkpoint(position, done);
  }
}
