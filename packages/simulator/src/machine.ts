import type { Scope } from "./event-queue.ts";
import type { Marks } from "./marks.ts";
import { noShift } from "./simulated-clock.ts";
import type { ClockSettings } from "./simulated-clock.ts";
import type { World } from "./world.ts";

/** What a member runs on: its process may stand still or be slow, and its clocks may move by themselves. */
export class Machine {
  /** For the clock of each incarnation. */
  readonly clock: ClockSettings & { rate: number; readonly shift: ReturnType<typeof noShift> };
  readonly #world: World;
  readonly #marks: Marks;
  #scope: Scope | undefined;
  #msPerEvent = 0;
  /** When the process that runs on it was started, in µs. */
  #begunAt = 0;
  /** In µs, while it sleeps. */
  #asleepSince: number | undefined;

  constructor(world: World, marks: Marks, clock: ClockSettings) {
    this.#world = world;
    this.#marks = marks;
    this.clock = { ...clock, shift: noShift() };
  }

  /** A process runs on it. */
  begin(scope: Scope): void {
    this.#scope = scope;
    this.#begunAt = this.#world.nowMicros;
    this.#world.slow(scope, this.#msPerEvent);
  }

  /** The process is gone; the next one finds the machine awake. */
  end(): void {
    this.#scope = undefined;
    this.#asleepSince = undefined;
  }

  pause(): void {
    if (this.#scope !== undefined) this.#world.pause(this.#scope);
  }

  suspend(): void {
    if (this.#scope === undefined || this.#asleepSince !== undefined) return;
    this.#asleepSince = this.#world.nowMicros;
    this.#marks.reach("machine suspended");
    this.pause();
  }

  resume(): void {
    if (this.#scope?.paused !== true) return;
    this.#countSleep();
    this.#asleepSince = undefined;
    this.#world.resume(this.#scope);
  }

  /** The monotonic clock stands still while the machine sleeps, and the boot clock does not. */
  #countSleep(): void {
    if (this.#asleepSince === undefined) return;
    const sleptMs = ((this.#world.nowMicros - this.#asleepSince) / 1000) * this.clock.rate;
    this.clock.shift.monotonicMs -= sleptMs;
    this.clock.shift.sleptMs += sleptMs;
    this.#asleepSince = this.#world.nowMicros;
  }

  slow(msPerEvent: number): void {
    this.#msPerEvent = msPerEvent;
    if (this.#scope !== undefined) this.#world.slow(this.#scope, msPerEvent);
  }

  /** From now on its clocks run that fast, from where they are: 1.01 gains ten milliseconds a second. Larger than 0. */
  drift(rate: number): void {
    this.#countSleep();
    // A process counts from its start on; the next one counts by the new rate alone.
    if (this.#scope !== undefined) {
      const ranMs = (this.#world.nowMicros - this.#begunAt) / 1000;
      this.clock.shift.monotonicMs += ranMs * (this.clock.rate - rate);
    }
    this.clock.rate = rate;
  }

  /** The monotonic clock never goes back. */
  jumpClock(monotonicMs: number, wallMs: number): void {
    this.clock.shift.monotonicMs += Math.max(0, monotonicMs);
    this.clock.shift.wallMs += wallMs;
  }
}
