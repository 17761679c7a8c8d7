/** How fast an index rises, over a sliding window of its last samples. */
export class AppliedRate {
  #samples: { readonly atMs: number; readonly index: number }[] = [];

  /** Takes one sample; `atMs` is monotonic. An index that falls means a new process: the window starts again. */
  add(atMs: number, index: number): void {
    const last = this.#samples.at(-1);
    if (last !== undefined && index < last.index) this.#samples = [];
    this.#samples.push({ atMs, index });
    while (this.#samples.length > 2 && atMs - (this.#samples[0]?.atMs ?? atMs) > windowMs) this.#samples.shift();
  }

  /** Per second; 0 before two samples. */
  get perSecond(): number {
    const first = this.#samples[0];
    const last = this.#samples.at(-1);
    if (first === undefined || last === undefined || last.atMs === first.atMs) return 0;
    return ((last.index - first.index) * 1000) / (last.atMs - first.atMs);
  }
}

const windowMs = 2000;
