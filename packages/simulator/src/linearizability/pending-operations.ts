import type { Timeline } from "./timeline.ts";

/**
 * The closed operations that are under way just before a given return, by slot. It is moved along the timeline in both
 * directions, since the search goes forth and back in small steps.
 */
export class PendingOperations {
  /** The operation in each slot, or -1. */
  readonly slots: Int32Array;
  readonly #timeline: Timeline<unknown, unknown>;
  #event = 0;

  constructor(timeline: Timeline<unknown, unknown>) {
    this.#timeline = timeline;
    this.slots = new Int32Array(timeline.slots).fill(-1);
  }

  /** Moves to just before the return of a closed operation. */
  moveTo(number: number): void {
    const { events, returnAt, slotOf } = this.#timeline;
    const target = returnAt[number] as number;
    while (this.#event < target) {
      const event = events[this.#event++] as number;
      if (event >= 0) this.slots[slotOf[event] as number] = event;
      else this.slots[slotOf[~event] as number] = -1;
    }
    while (this.#event > target) {
      const event = events[--this.#event] as number;
      if (event >= 0) this.slots[slotOf[event] as number] = -1;
      else this.slots[slotOf[~event] as number] = ~event;
    }
  }
}
