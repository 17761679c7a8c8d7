import { signal } from "@preact/signals";

/** How fast virtual time passes: so many virtual ms in a real one. */
export const speeds = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10] as const;

/** A page that was hidden goes on from where it was, and not by minutes at once. */
const longestFrameMs = 100;

/** Whether time passes on the screen, and how fast; for one world or for two side by side. */
export class PlayClock {
  readonly isPlaying = signal(false);
  readonly speed = signal<number>(0.05);
  readonly #pass: (micros: number) => void;
  #frame = 0;
  #lastMs = 0;

  /** `pass` lets so many µs of virtual time pass. */
  constructor(pass: (micros: number) => void) {
    this.#pass = pass;
  }

  toggle(): void {
    if (this.isPlaying.value) this.pause();
    else this.play();
  }

  play(): void {
    if (this.isPlaying.value) return;
    this.isPlaying.value = true;
    this.#lastMs = performance.now();
    const tick = (nowMs: number): void => {
      if (!this.isPlaying.value) return;
      const passedMs = Math.min(longestFrameMs, Math.max(0, nowMs - this.#lastMs));
      this.#lastMs = nowMs;
      this.#pass(passedMs * 1000 * this.speed.value);
      this.#frame = requestAnimationFrame(tick);
    };
    this.#frame = requestAnimationFrame(tick);
  }

  pause(): void {
    this.isPlaying.value = false;
    cancelAnimationFrame(this.#frame);
  }

  faster(by: 1 | -1): void {
    const at = speeds.indexOf(this.speed.value as (typeof speeds)[number]);
    this.speed.value = speeds[Math.min(speeds.length - 1, Math.max(0, at + by))] ?? this.speed.value;
  }
}
