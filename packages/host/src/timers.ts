/** An armed timer. Opaque: only the `Timers` that made it can read it. */
export type TimerHandle = object;

export interface Timers {
  /**
   * Calls `callback` once, no earlier than `delayMs` (0 or more, fractional allowed) of monotonic time from now.
   * A pending timer does not by itself keep a process alive.
   */
  after(delayMs: number, callback: () => void): TimerHandle;
  /** Disarms. Harmless when the timer has fired or was cancelled before. */
  cancel(handle: TimerHandle): void;
  /**
   * Calls `callback` once, after the input that the host already holds (bytes in socket buffers, disk completions) has
   * been delivered. This is how a late timer looks before it leaps: the leader's heartbeat may be waiting in a socket.
   */
  afterPendingInput(callback: () => void): void;
  /** Calls `callback` once, at the end of the current turn, before any other event. Batches what one turn gathered. */
  endOfTurn(callback: () => void): void;
  /**
   * Calls `callback` once, in a turn of its own, after the events that the host has found together with the present one:
   * batches what many connections bring at the same time. It never waits for an event that is still to come.
   */
  endOfRound(callback: () => void): void;
}
