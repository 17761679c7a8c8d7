/** A timer that has not fired. `position` is its place in the heap; -1 when it is in none. */
export interface HeapTimer {
  readonly dueMs: number;
  readonly sequence: number;
  readonly callback: () => void;
  position: number;
}

/** Timers by their time, equal ones by their age: a binary heap that also gives up any of its members in O(log n). */
export class TimerHeap {
  readonly #timers: HeapTimer[] = [];

  get first(): HeapTimer | undefined {
    return this.#timers[0];
  }

  push(timer: HeapTimer): void {
    timer.position = this.#timers.length;
    this.#timers.push(timer);
    this.#rise(timer);
  }

  remove(timer: HeapTimer): void {
    if (this.#timers[timer.position] !== timer) return;
    const last = this.#timers.pop();
    if (last !== undefined && last !== timer) {
      this.#place(last, timer.position);
      this.#rise(last);
      this.#sink(last);
    }
    timer.position = -1;
  }

  #rise(timer: HeapTimer): void {
    while (timer.position > 0) {
      const parent = this.#timers[(timer.position - 1) >> 1];
      if (parent === undefined || !isBefore(timer, parent)) return;
      this.#swap(parent, timer);
    }
  }

  #sink(timer: HeapTimer): void {
    for (;;) {
      const left = this.#timers[timer.position * 2 + 1];
      const right = this.#timers[timer.position * 2 + 2];
      const child = left !== undefined && right !== undefined && isBefore(right, left) ? right : left;
      if (child === undefined || !isBefore(child, timer)) return;
      this.#swap(timer, child);
    }
  }

  #swap(parent: HeapTimer, child: HeapTimer): void {
    const position = parent.position;
    this.#place(parent, child.position);
    this.#place(child, position);
  }

  #place(timer: HeapTimer, position: number): void {
    timer.position = position;
    this.#timers[position] = timer;
  }
}

function isBefore(a: HeapTimer, b: HeapTimer): boolean {
  return a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.sequence < b.sequence);
}
