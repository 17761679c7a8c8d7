import type { Clock, TimerHandle, Timers } from "@quorate/host";

interface Armed {
  readonly at: number;
  readonly order: number;
  readonly callback: () => void;
}

/** Time that passes only when a test says so. */
export class ManualTime implements Clock, Timers {
  #now = 1000;
  #order = 0;
  #armed = new Set<Armed>();
  #turnEnd: (() => void)[] = [];
  suspendedMs = 0;

  get clock(): Clock {
    return this;
  }

  get timers(): Timers {
    return this;
  }

  monotonicMs(): number {
    return this.#now;
  }

  bootMs(): number {
    return this.#now + this.suspendedMs;
  }

  wallMs(): number {
    return this.#now;
  }

  after(delayMs: number, callback: () => void): TimerHandle {
    const armed = { at: this.#now + delayMs, order: this.#order++, callback };
    this.#armed.add(armed);
    return armed;
  }

  cancel(handle: TimerHandle): void {
    this.#armed.delete(handle as Armed);
  }

  afterPendingInput(callback: () => void): void {
    this.after(0, callback);
  }

  endOfTurn(callback: () => void): void {
    this.#turnEnd.push(callback);
  }

  endOfRound(callback: () => void): void {
    this.after(0, callback);
  }

  /** The present turn ends. */
  settle(): void {
    for (let turn = this.#turnEnd.shift(); turn !== undefined; turn = this.#turnEnd.shift()) turn();
  }

  /** Timers that are armed. */
  get armed(): number {
    return this.#armed.size;
  }

  /** Lets time pass, timer by timer. */
  pass(ms: number): void {
    const until = this.#now + ms;
    this.settle();
    for (;;) {
      const due = [...this.#armed].filter((one) => one.at <= until).sort((a, b) => a.at - b.at || a.order - b.order)[0];
      if (due === undefined) break;
      this.#armed.delete(due);
      this.#now = Math.max(this.#now, due.at);
      due.callback();
      this.settle();
    }
    this.#now = until;
  }

  /** Time passes without any timer firing: the process was busy. */
  stall(ms: number): void {
    this.#now += ms;
  }
}
