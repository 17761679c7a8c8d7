import type { Clock, Logger, Random, TimerHandle, Timers } from "@quorate/host";
import type { KeyValueStore } from "../store.ts";
import type { ScrubProgress, ScrubReport } from "./scrub.ts";

export interface ScrubbingOptions {
  readonly store: Pick<KeyValueStore, "scrub">;
  readonly clock: Clock;
  readonly timers: Pick<Timers, "after" | "cancel">;
  readonly random: Random;
  readonly logger: Logger;
  /** From the end of one pass to the beginning of the next, in ms, a tenth more or less. */
  readonly intervalMs: number;
}

export interface ScrubbingStatus {
  readonly passes: number;
  /** Passes that met damage: after one the store is closed, so 1 at most. */
  readonly damaged: number;
  /** Of the pass under way; undefined between two. */
  readonly running: Readonly<ScrubProgress> | undefined;
  /** The last pass that was finished, and how long it took in ms. */
  readonly last: { readonly report: ScrubReport; readonly tookMs: number; readonly endedAtMs: number } | undefined;
}

/**
 * Scrubs a store again and again. The first pass begins at a random moment between a fiftieth and an eighth of the interval,
 * so that members that started together do not read together, and one that is restarted daily is scrubbed at all.
 */
export class Scrubbing {
  readonly #options: ScrubbingOptions;
  #timer: TimerHandle | undefined;
  #running: ScrubProgress | undefined;
  #passes = 0;
  #damaged = 0;
  #last: ScrubbingStatus["last"];
  #stopped = false;

  constructor(options: ScrubbingOptions) {
    this.#options = options;
    this.#arm(options.intervalMs * (0.02 + 0.105 * options.random.next()));
  }

  get status(): ScrubbingStatus {
    return { passes: this.#passes, damaged: this.#damaged, running: this.#running, last: this.#last };
  }

  /** Begins no more of them. One that is under way ends when the store is closed. */
  stop(): void {
    this.#stopped = true;
    if (this.#timer !== undefined) this.#options.timers.cancel(this.#timer);
    this.#timer = undefined;
  }

  #arm(delayMs: number): void {
    this.#timer = this.#options.timers.after(delayMs, () => this.#pass());
  }

  #pass(): void {
    const { store, clock, logger, intervalMs, random } = this.#options;
    const progress: ScrubProgress = { records: 0, bytes: 0 };
    const began = clock.monotonicMs();
    this.#running = progress;
    store.scrub(progress, (error, report) => {
      this.#running = undefined;
      if (this.#stopped) return;
      const endedAtMs = clock.monotonicMs();
      const tookMs = Math.round(endedAtMs - began);
      if (error !== undefined || report === undefined) {
        logger.warn(`the scrub of the state could not be finished: ${error?.message ?? "no report"}`);
      } else {
        this.#passes++;
        this.#last = { report, tookMs, endedAtMs };
        const { records, bytes, revision, damage } = report;
        if (damage === undefined) logger.info("scrubbed the state: no damage", { records, bytes, revision, tookMs });
        else {
          this.#damaged++;
          logger.error(`the scrub of the state found damage: ${damage.message}`, { records, bytes, revision });
          return;
        }
      }
      this.#arm(intervalMs * (0.9 + 0.2 * random.next()));
    });
  }
}
