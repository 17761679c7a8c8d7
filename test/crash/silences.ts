/** A time without any acknowledged write. In milliseconds of `performance.now`. */
interface Silence {
  readonly fromMs: number;
  readonly toMs: number;
}

const notableMs = 20;

/** When no write was acknowledged, in bounded memory: what is older than a quarter of an hour is forgotten. */
export class Silences {
  #last = performance.now();
  #silences: Silence[] = [];

  acknowledged(): void {
    const now = performance.now();
    if (now - this.#last > notableMs) {
      this.#silences.push({ fromMs: this.#last, toMs: now });
      if (this.#silences.length > 20_000) this.#silences = this.#silences.filter(({ toMs }) => toMs > now - 900_000);
    }
    this.#last = now;
  }

  /** For how long none was acknowledged until now. */
  get currentMs(): number {
    return performance.now() - this.#last;
  }

  /** The longest that touches [fromMs, toMs], in full length; 0 when every silence was shorter than 20 ms. */
  longest(fromMs: number, toMs: number): number {
    const current = { fromMs: this.#last, toMs: performance.now() };
    return [...this.#silences, current]
      .filter((silence) => silence.toMs > fromMs && silence.fromMs < toMs)
      .reduce((longest, silence) => Math.max(longest, silence.toMs - silence.fromMs), 0);
  }

  /** How long after `atMs` the next write was acknowledged; 0 when that was within 20 ms. */
  after(atMs: number): number {
    const current = { fromMs: this.#last, toMs: performance.now() };
    const around = [...this.#silences, current].find(({ fromMs, toMs }) => fromMs <= atMs && toMs > atMs);
    return around === undefined || around.toMs - atMs < notableMs ? 0 : around.toMs - atMs;
  }
}
