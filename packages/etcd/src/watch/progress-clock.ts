/** Who is told when notifications of progress are due. */
interface Notified {
  notifyProgress(): void;
}

/** The first tick comes up to a tenth later, so that streams that began together are not all told together. */
const jitter = 0.1;

/** Tells each stream in intervals of its own that notifications of progress are due. */
export class ProgressClock {
  readonly #intervalMs: number;
  readonly #timers = new Map<Notified, NodeJS.Timeout>();

  constructor(intervalMs: number) {
    this.#intervalMs = intervalMs;
  }

  add(stream: Notified): void {
    const intervalMs = this.#intervalMs * (1 + jitter * Math.random());
    const timer = setInterval(() => stream.notifyProgress(), intervalMs);
    timer.unref();
    this.#timers.set(stream, timer);
  }

  delete(stream: Notified): void {
    clearInterval(this.#timers.get(stream));
    this.#timers.delete(stream);
  }

  stop(): void {
    for (const timer of this.#timers.values()) clearInterval(timer);
    this.#timers.clear();
  }
}
