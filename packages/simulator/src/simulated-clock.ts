import type { Clock, TimerHandle, Timers } from "@quorate/host";
import type { ScheduledEvent, Scope } from "./event-queue.ts";
import type { World } from "./world.ts";

/** How a member's clocks differ from the world's. */
export interface ClockSettings {
  /** How fast its monotonic clock runs: 1.01 gains ten milliseconds a second. Larger than 0. */
  readonly rate: number;
  /** What the monotonic clock shows when the member starts, in ms. */
  readonly monotonicOriginMs: number;
  /** What the wall clock shows when the member starts, in ms since the epoch. It may be anything. */
  readonly wallOriginMs: number;
}

export const idealClock: ClockSettings = { rate: 1, monotonicOriginMs: 0, wallOriginMs: 0 };

/** The clocks of one incarnation, and the timers that follow them. */
export class SimulatedClock implements Clock, Timers {
  readonly #world: World;
  readonly #scope: Scope;
  readonly #settings: ClockSettings;
  readonly #startMicros: number;

  constructor(world: World, scope: Scope, settings: ClockSettings) {
    this.#world = world;
    this.#scope = scope;
    this.#settings = settings;
    this.#startMicros = world.nowMicros;
  }

  monotonicMs(): number {
    return this.#monotonicAt(this.#world.nowMicros);
  }

  /** This world never suspends a machine: the two clocks agree but for their origin. */
  bootMs(): number {
    return this.monotonicMs();
  }

  wallMs(): number {
    return this.#settings.wallOriginMs + this.monotonicMs() - this.#settings.monotonicOriginMs;
  }

  after(delayMs: number, callback: () => void): TimerHandle {
    const due = this.monotonicMs() + Math.max(0, delayMs);
    let at = this.#world.nowMicros + Math.ceil((Math.max(0, delayMs) * 1000) / this.#settings.rate);
    // The division above may round down: a timer never fires before its time on its own clock.
    while (this.#monotonicAt(at) < due) at++;
    return this.#world.scheduleAt(at, "timer", this.#scope, call, callback);
  }

  cancel(handle: TimerHandle): void {
    this.#world.cancel(handle as ScheduledEvent);
  }

  /** What a paused member has not taken in yet lies ahead in the queue at this very time, so its end will do. */
  afterPendingInput(callback: () => void): void {
    this.#world.schedule(0, "timer", this.#scope, call, callback);
  }

  endOfTurn(callback: () => void): void {
    this.#world.endOfTurn(this.#scope, callback);
  }

  endOfRound(callback: () => void): void {
    this.#world.schedule(0, "timer", this.#scope, call, callback);
  }

  #monotonicAt(micros: number): number {
    return this.#settings.monotonicOriginMs + ((micros - this.#startMicros) / 1000) * this.#settings.rate;
  }
}

function call(callback: () => void): void {
  callback();
}
