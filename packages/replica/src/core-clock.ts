import type { Clock, Logger, Timers } from "@quorate/host";
import type { RaftCore, TimeMs } from "@quorate/raft";
import { DeadlineTimer } from "./deadline-timer.ts";
import { SuspensionWatch } from "./suspension-watch.ts";

/** A timer that fires later than this, in ms, looks at what the sockets hold before the core hears that time has passed. */
const lateMs = 5;

/** The least time between two ticks, in ms. */
const smallestTickMs = 0.1;

/** What the clock of a core needs from the rest of the member. */
export interface CoreClockParts {
  readonly core: RaftCore;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly logger: Logger;
  /** The largest smoothed round-trip time to any peer, in ms; 0 when none is known. */
  readonly roundTripMs: () => number;
  /** Runs an input to the core, and ends the turn with its effects. */
  readonly input: (input: () => void) => void;
}

/** Lets the core know that time passes: when it asked for it, and not before the host was asked what waits. */
export class CoreClock {
  readonly #parts: CoreClockParts;
  readonly #timer: DeadlineTimer;
  readonly #suspension: SuspensionWatch;
  #tickedAt: TimeMs = Number.NEGATIVE_INFINITY;
  readonly #tick = (): void => {
    const { core, clock, roundTripMs } = this.#parts;
    this.lookForSuspension();
    core.observeRoundTrip(roundTripMs());
    this.#tickedAt = clock.monotonicMs();
    core.tick(this.#tickedAt);
  };

  constructor(parts: CoreClockParts) {
    const { clock, logger, timers, input } = parts;
    this.#parts = parts;
    this.#suspension = new SuspensionWatch(clock, logger);
    this.#timer = new DeadlineTimer(parts, (late) => {
      // The leader's heartbeat may be waiting in a socket: look before concluding that it is gone (DESIGN §3).
      if (late > lateMs) timers.afterPendingInput(() => input(this.#tick));
      else input(this.#tick);
    });
  }

  /** At the end of each turn: the core may want to be woken at another time now. */
  arm(): void {
    // Rounding may leave a deadline where it was after a tick at that very time: never wake twice for one instant.
    this.#timer.wakeAt(Math.max(this.#parts.core.deadline(), this.#tickedAt + smallestTickMs));
  }

  /** Lets the core know when the machine was suspended; looking takes a few µs (see Node's `bootMs`). */
  lookForSuspension(): void {
    const { core, clock } = this.#parts;
    if (this.#suspension.look() > 0) core.dropLease(clock.monotonicMs());
  }

  stop(): void {
    this.#timer.cancel();
  }
}
