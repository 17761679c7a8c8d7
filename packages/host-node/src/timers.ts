import type { TimerHandle, Timers } from "@quorate/host";
import { TimerHeap } from "./timer-heap.ts";
import type { HeapTimer } from "./timer-heap.ts";
import type { TurnEnd } from "./turn-end.ts";

/** The longest delay that Node.js knows; a longer timer wakes up in between. */
const longestDelayMs = 2 ** 31 - 1;

/**
 * Timers on Node.js: a heap of their own and one `setTimeout` for the earliest. Node's own timers count whole
 * milliseconds from a clock that it reads once a turn, so they may fire early and in another order than their times.
 */
export class NodeTimers implements Timers {
  readonly #nowMs: () => number;
  readonly #turnEnd: TurnEnd;
  readonly #heap = new TimerHeap();
  #sequence = 0;
  #wakeup: { readonly atMs: number; readonly timeout: NodeJS.Timeout } | undefined;

  constructor(nowMs: () => number, turnEnd: TurnEnd) {
    this.#nowMs = nowMs;
    this.#turnEnd = turnEnd;
  }

  after(delayMs: number, callback: () => void): TimerHandle {
    const timer: HeapTimer = {
      dueMs: this.#nowMs() + Math.max(0, delayMs),
      sequence: this.#sequence++,
      callback,
      position: -1,
    };
    this.#heap.push(timer);
    if (this.#heap.first === timer) this.#wakeAt(timer.dueMs);
    return timer;
  }

  cancel(handle: TimerHandle): void {
    // A wake-up for nothing costs less than moving the one that is set.
    this.#heap.remove(handle as HeapTimer);
  }

  afterPendingInput(callback: () => void): void {
    // The first comes before or after this round of polling, the second after a whole one.
    setImmediate(() => setImmediate(callback));
  }

  endOfTurn(callback: () => void): void {
    this.#turnEnd.add(callback);
  }

  endOfRound(callback: () => void): void {
    // Comes when the events of this round of polling have had their callbacks, before the next round.
    setImmediate(callback);
  }

  #wakeAt(dueMs: number): void {
    if (this.#wakeup !== undefined) {
      if (this.#wakeup.atMs <= dueMs) return;
      clearTimeout(this.#wakeup.timeout);
    }
    const delayMs = Math.min(longestDelayMs, Math.max(0, Math.ceil(dueMs - this.#nowMs())));
    const timeout = setTimeout(() => this.#wake(), delayMs);
    timeout.unref();
    this.#wakeup = { atMs: dueMs, timeout };
  }

  /** Fires what is due now; what callbacks arm is for a later turn, so that timers never starve the other events. */
  #wake(): void {
    this.#wakeup = undefined;
    const nowMs = this.#nowMs();
    const newest = this.#sequence;
    try {
      for (;;) {
        const { first } = this.#heap;
        if (first === undefined || first.dueMs > nowMs || first.sequence >= newest) return;
        this.#heap.remove(first);
        first.callback();
        this.#turnEnd.run();
      }
    } finally {
      const { first } = this.#heap;
      if (first !== undefined) this.#wakeAt(first.dueMs);
    }
  }
}
