import type { TimerHandle } from "@quorate/host";
import type { TimeMs } from "@quorate/raft";
import type { SimulatedClock } from "../simulated-clock.ts";

/** Wakes the core of one incarnation when it wants to be woken, by its own clock. */
export class CoreAlarm {
  readonly #clock: SimulatedClock;
  readonly #now: () => TimeMs;
  readonly #wake: () => void;
  #timer: TimerHandle | undefined;
  #dueAt: TimeMs = Number.POSITIVE_INFINITY;

  /** `now` is what its core takes for the time: of a broken member, not what the clock's timers go by. */
  constructor(clock: SimulatedClock, now: () => TimeMs, wake: () => void) {
    this.#clock = clock;
    this.#now = now;
    this.#wake = wake;
  }

  /** In ms of its core's time. */
  get dueInMs(): number {
    return this.#dueAt - this.#now();
  }

  /** An earlier alarm stays: whoever wakes too early asks when to wake next. */
  set(deadline: TimeMs): void {
    if (deadline >= this.#dueAt) return;
    if (this.#timer !== undefined) this.#clock.cancel(this.#timer);
    this.#dueAt = deadline;
    // As on any host, a timer takes some time: a core that asks to be woken now, again and again, sees time pass.
    this.#timer = this.#clock.after(Math.max(0.001, this.dueInMs), () => this.#ring());
  }

  /** The clock runs at another rate from now on: the moment comes sooner or later than it would have. */
  setAnew(deadline: TimeMs): void {
    this.#dueAt = Number.POSITIVE_INFINITY;
    this.set(deadline);
  }

  #ring(): void {
    this.#dueAt = Number.POSITIVE_INFINITY;
    this.#wake();
  }
}
