/** Allows so much at once, and so much per second in the long run. */
export class TokenBucket {
  readonly #burst: number;
  readonly #perSecond: number;
  #tokens: number;

  constructor(burst: number, perSecond: number) {
    this.#burst = burst;
    this.#perSecond = perSecond;
    this.#tokens = burst;
  }

  /** False when there are not so many left; they are gone all the same. */
  take(tokens: number): boolean {
    this.#tokens -= tokens;
    return this.#tokens >= 0;
  }

  give(tokens: number): void {
    this.#tokens = Math.min(this.#burst, this.#tokens + tokens);
  }

  passed(ms: number): void {
    this.give((ms / 1000) * this.#perSecond);
  }
}
