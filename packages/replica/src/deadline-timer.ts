import type { Clock, TimerHandle, Timers } from "@quorate/host";

/**
 * Wakes its owner at the earliest of the points in time that were asked for. An armed timer that comes too early stays:
 * arming again for every message would cost more than waking once for nothing.
 */
export class DeadlineTimer {
  readonly #clock: Clock;
  readonly #timers: Timers;
  /** Called at or after the earliest point asked for; `lateMs` says by how much. */
  readonly #due: (lateMs: number) => void;
  #handle: TimerHandle | undefined;
  #armedFor = Number.POSITIVE_INFINITY;
  readonly #fire = (): void => {
    this.#handle = undefined;
    const armedFor = this.#armedFor;
    this.#armedFor = Number.POSITIVE_INFINITY;
    this.#due(this.#clock.monotonicMs() - armedFor);
  };

  constructor(host: { readonly clock: Clock; readonly timers: Timers }, due: (lateMs: number) => void) {
    this.#clock = host.clock;
    this.#timers = host.timers;
    this.#due = due;
  }

  /** Asks to be woken at `at` (monotonic ms); Infinity asks for nothing. */
  wakeAt(at: number): void {
    if (at >= this.#armedFor) return;
    this.cancel();
    this.#armedFor = at;
    this.#handle = this.#timers.after(Math.max(0, at - this.#clock.monotonicMs()), this.#fire);
  }

  cancel(): void {
    if (this.#handle !== undefined) this.#timers.cancel(this.#handle);
    this.#handle = undefined;
    this.#armedFor = Number.POSITIVE_INFINITY;
  }
}
