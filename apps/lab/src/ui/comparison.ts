import { batch } from "@preact/signals";
import type { LabRun } from "../world/lab-run.ts";
import { firstDivergence } from "../world/numbers.ts";
import { PlayClock } from "./clock.ts";
import { Player } from "./player.ts";

/** Two players whose moments are one: the same time since each scenario began. */
export class Comparison {
  readonly shipped: Player;
  readonly broken: Player;
  readonly clock: PlayClock;
  /** When the two part, in µs since the beginning; undefined where they never do. */
  readonly divergence: number | undefined;
  /** How long the longer of the two is, in µs. */
  readonly length: number;
  /** What is worth seeing on either side, in µs since the beginning. */
  readonly notable: readonly number[];
  /** When each scenario is over, in µs of its own world. */
  readonly #ends: readonly number[];

  constructor([shipped, broken]: readonly [LabRun, LabRun]) {
    this.shipped = new Player(shipped);
    this.broken = new Player(broken);
    this.#ends = this.#both.map(({ tape }) => tape.endMicros);
    this.length = Math.max(...this.#both.map(({ tape, beganAt }) => tape.endMicros - beganAt));
    this.notable = this.#both
      .flatMap(({ notable, beganAt }) => notable.map((at) => at - beganAt))
      .filter((at) => at >= 0)
      .toSorted((one, other) => one - other);
    this.clock = new PlayClock((micros) => this.show(this.since + micros));
    const parted = firstDivergence(this.shipped.tape, this.broken.tape);
    this.divergence = parted === undefined ? undefined : parted - this.shipped.beganAt;
  }

  /** µs since the scenario began. */
  get since(): number {
    return this.shipped.now.value - this.shipped.beganAt;
  }

  get timeoutsSinceBegin(): number {
    return this.since / (this.shipped.electionTimeoutMs * 1000);
  }

  show(since: number): void {
    const wanted = Math.min(Math.max(0, since), this.length);
    batch(() => {
      // A world that has ended stays at its end while the other goes on.
      for (const [at, player] of this.#both.entries()) {
        player.show(Math.min(player.beganAt + wanted, this.#ends[at] as number));
      }
    });
    if (wanted >= this.length) this.clock.pause();
  }

  showTimeouts(timeouts: number): void {
    this.clock.pause();
    this.show(timeouts * this.shipped.electionTimeoutMs * 1000);
  }

  showEnd(): void {
    this.clock.pause();
    this.show(this.length);
  }

  /** The next event of either world, or the last before this moment. */
  step(by: 1 | -1): void {
    const { since } = this;
    const times = this.#both.map(({ tape, beganAt }) => {
      const found =
        by === 1
          ? tape.events.find(({ at }) => at - beganAt > since)
          : tape.events.findLast(({ at }) => at - beganAt < since);
      return found === undefined ? undefined : found.at - beganAt;
    });
    const known = times.filter((time) => time !== undefined);
    if (known.length > 0) this.show(by === 1 ? Math.min(...known) : Math.max(...known));
  }

  skip(by: 1 | -1): void {
    const { since, notable } = this;
    const found = by === 1 ? notable.find((at) => at > since) : notable.findLast((at) => at < since);
    this.show(found ?? (by === 1 ? this.length : 0));
  }

  get #both(): readonly Player[] {
    return [this.shipped, this.broken];
  }
}
