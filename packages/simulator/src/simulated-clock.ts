import type { Clock, TimerHandle, Timers } from "@quorate/host";
import type { ScheduledEvent, Scope } from "./event-queue.ts";
import type { World } from "./world.ts";

/** By how much a member's clocks have moved by themselves, in ms. It stays when the process does not. */
export interface ClockShift {
  /** Forward only, but for what a sleeping machine misses. */
  monotonicMs: number;
  /** What the boot clock, which counts sleep too, is ahead of the monotonic one. */
  sleptMs: number;
  /** Either way. */
  wallMs: number;
}

export function noShift(): ClockShift {
  return { monotonicMs: 0, sleptMs: 0, wallMs: 0 };
}

/** How a member's clocks differ from the world's. */
export interface ClockSettings {
  /** How fast its monotonic clock runs: 1.01 gains ten milliseconds a second. Larger than 0. */
  readonly rate: number;
  /** What the monotonic clock shows when the member starts, in ms. */
  readonly monotonicOriginMs: number;
  /** What the wall clock shows when the member starts, in ms since the epoch. It may be anything. */
  readonly wallOriginMs: number;
  readonly shift?: ClockShift;
}

/** A timer that is armed: what it waits for, on its own clock. */
interface ArmedTimer {
  readonly clock: SimulatedClock;
  readonly due: number;
  readonly callback: () => void;
  event: ScheduledEvent | undefined;
}

export const idealClock: ClockSettings = { rate: 1, monotonicOriginMs: 0, wallOriginMs: 0 };

/** The clocks of one incarnation, and the timers that follow them. */
export class SimulatedClock implements Clock, Timers {
  readonly #world: World;
  readonly #scope: Scope;
  readonly #settings: ClockSettings;
  readonly #startMicros: number;
  readonly #shift: ClockShift;

  constructor(world: World, scope: Scope, settings: ClockSettings) {
    this.#world = world;
    this.#scope = scope;
    this.#settings = settings;
    this.#startMicros = world.nowMicros;
    this.#shift = settings.shift ?? noShift();
  }

  monotonicMs(): number {
    return this.#monotonicAt(this.#world.nowMicros);
  }

  /** The two clocks agree but for the time that the machine has slept. */
  bootMs(): number {
    return this.monotonicMs() + this.#shift.sleptMs;
  }

  wallMs(): number {
    return this.#settings.wallOriginMs + this.bootMs() - this.#settings.monotonicOriginMs + this.#shift.wallMs;
  }

  after(delayMs: number, callback: () => void): TimerHandle {
    const due = this.monotonicMs() + Math.max(0, delayMs);
    const timer: ArmedTimer = { clock: this, due, callback, event: undefined };
    this.#arm(timer, Math.max(0, delayMs));
    return timer;
  }

  cancel(handle: TimerHandle): void {
    const { event } = handle as ArmedTimer;
    if (event !== undefined) this.#world.cancel(event);
  }

  /** A timer never fires before its time on its own clock, and that may have stood still. */
  fire(timer: ArmedTimer): void {
    const missing = timer.due - this.monotonicMs();
    if (missing > 0) this.#arm(timer, missing);
    else timer.callback();
  }

  #arm(timer: ArmedTimer, delayMs: number): void {
    let at = this.#world.nowMicros + Math.ceil((delayMs * 1000) / this.#settings.rate);
    // The division above may round down.
    while (this.#monotonicAt(at) < timer.due) at++;
    timer.event = this.#world.scheduleAt(at, "timer", this.#scope, fire, timer);
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
    const { monotonicOriginMs, rate } = this.#settings;
    return monotonicOriginMs + ((micros - this.#startMicros) / 1000) * rate + this.#shift.monotonicMs;
  }
}

function fire(timer: ArmedTimer): void {
  timer.clock.fire(timer);
}

function call(callback: () => void): void {
  callback();
}
