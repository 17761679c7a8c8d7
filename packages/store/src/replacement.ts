import { HostError, type Callback, type Done } from "@quorate/host";
import type { Engine } from "./engine.ts";
import type { StoreLimits } from "./limits.ts";
import { loadState, type LiveState } from "./load-state.ts";
import type { Pause } from "./steps.ts";

/** Reads that wait for another state are no more than this. */
const mostHeld = 10_000;

/**
 * The state that a store works with, and its change for another one. What reads meanwhile is ended and begun anew on the new
 * state; what comes meanwhile waits for it.
 */
export class Replacement {
  readonly #parts: { readonly limits: StoreLimits; readonly pause: Pause };
  readonly #noted: (error: HostError | undefined) => HostError | undefined;
  readonly #replaced: () => void;
  #live: LiveState;
  #reason: HostError | undefined;
  #failure: HostError | undefined;
  #held: (() => void)[] = [];

  constructor(
    live: LiveState,
    parts: { readonly limits: StoreLimits; readonly pause: Pause },
    noted: (error: HostError | undefined) => HostError | undefined,
    replaced: () => void,
  ) {
    this.#live = live;
    this.#parts = parts;
    this.#noted = noted;
    this.#replaced = replaced;
    this.#goOnRemoving(live);
  }

  get live(): LiveState {
    return this.#live;
  }

  get isUnderWay(): boolean {
    return this.#reason !== undefined;
  }

  /** What a replacement has failed with: there is no state to work with any more. */
  get failure(): HostError | undefined {
    return this.#failure;
  }

  /** Whether `again` waits until the other state is there. Beyond a bound nobody waits, and is answered as by a closed store. */
  holds(again: () => void): boolean {
    if (this.#reason === undefined || this.#held.length >= mostHeld) return false;
    this.#held.push(again);
    return true;
  }

  /** The same for what an error has ended, if it was for this. */
  interrupted(error: HostError | undefined, again: () => void): boolean {
    return error !== undefined && error === this.#reason && this.holds(again);
  }

  /**
   * Ends all reading, lets `change` make another state of the engine or give another engine, and goes on with what is in that.
   * After an error the store can only be closed.
   */
  replace(change: (present: LiveState, done: Callback<Engine>) => void, done: Done): void {
    const reason = new HostError(
      "closed",
      "store",
      "the state is replaced by one that another member has sent: ask again",
    );
    const present = this.#live;
    this.#reason = reason;
    const finish: Done = (error) => {
      const held = this.#held;
      this.#reason = undefined;
      this.#failure = error;
      this.#held = [];
      if (error === undefined) this.#replaced();
      done(this.#noted(error));
      for (const again of held) again();
    };
    const load = (error: HostError | undefined, engine: Engine): void => {
      if (error !== undefined) return finish(error);
      loadState(engine, this.#parts, (error, live) => {
        if (error === undefined) {
          this.#live = live;
          this.#goOnRemoving(live);
        }
        finish(error);
      });
    };
    present.state.endViews(reason, () =>
      present.sources.end(reason, () => present.removal.end(reason, () => change(present, load))),
    );
  }

  /** A state may come with versions that its compaction gave up: from before a crash, or from another member. */
  #goOnRemoving({ removal, record }: LiveState): void {
    removal.onFailure((error) => this.#noted(error));
    removal.advance(record);
  }
}
