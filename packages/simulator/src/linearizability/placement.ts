import { emptyConfiguration } from "./configuration-table.ts";
import type { Configuration } from "./configuration-table.ts";
import { rejected } from "./model.ts";
import type { Model } from "./model.ts";
import { PendingOperations } from "./pending-operations.ts";
import { StateTable } from "./state-table.ts";
import type { Timeline } from "./timeline.ts";

/** The one configuration that the search stands at, and the moves from it. Open operations go by their complement. */
export class Placement<State, Input, Output> {
  readonly here: Configuration;
  readonly states: StateTable<State>;
  /** Calls of the model's `step`. */
  steps = 0;
  /** Where operations are noted as they are placed. */
  trace: number[] | undefined;
  readonly #model: Model<State, Input, Output>;
  readonly #initial: number;
  readonly #timeline: Timeline<Input, Output>;
  readonly #pending: PendingOperations;

  constructor(model: Model<State, Input, Output>, partition: string, timeline: Timeline<Input, Output>) {
    this.#model = model;
    this.#timeline = timeline;
    this.#pending = new PendingOperations(timeline);
    this.here = emptyConfiguration(timeline.slots, timeline.open.length);
    this.states = new StateTable<State>(model);
    this.#initial = this.states.intern(model.init(partition));
  }

  /** True once every closed operation has its place. */
  get complete(): boolean {
    return this.here.base === this.#timeline.closed.length;
  }

  /** Goes to the beginning, where nothing is placed but what changes nothing. */
  begin(): void {
    const { here } = this;
    here.base = 0;
    here.state = this.#initial;
    here.depth = 0;
    here.opens = 0;
    here.slotBits.fill(0);
    here.openBits.fill(0);
    this.#settle();
  }

  /** The number of the state after an operation, or -1 when the operation does not fit here. */
  stateAfter(operation: number): number {
    this.steps++;
    const { closed, open } = this.#timeline;
    const { input, output } = (operation >= 0 ? closed[operation] : open[~operation]) as (typeof closed)[number];
    const next = this.#model.step(this.states.state(this.here.state), input, output);
    return next === rejected ? -1 : this.states.intern(next);
  }

  /** Places an operation that leads to `state`, and everything that changes nothing and fits then. */
  place(operation: number, state: number): void {
    this.here.state = state;
    this.#mark(operation);
    this.#settle();
  }

  /** The operation under way that returns next after `tried`, changes something, and has no place yet; -1: none. */
  nextClosed(tried: number): number {
    this.#pending.moveTo(this.here.base);
    const { slots } = this.#pending;
    const { readOnly } = this.#timeline;
    let next = -1;
    for (let slot = 0; slot < slots.length; slot++) {
      const operation = slots[slot] as number;
      if (operation <= tried || (next !== -1 && operation > next)) continue;
      if (readOnly[operation] === 0 && !hasBit(this.here.slotBits, slot)) next = operation;
    }
    return next;
  }

  /** The open operation after `tried` (a count from 0; -1 to begin) that was called by now and has no place; -1: none. */
  nextOpen(tried: number): number {
    const called = this.#timeline.openCalled[this.here.base] as number;
    for (let number = tried + 1; number < called; number++) {
      if (!hasBit(this.here.openBits, number)) return number;
    }
    return -1;
  }

  /**
   * Places all that is under way, changes nothing and fits, and moves the base to the first operation without a place.
   * An operation that changes nothing and fits can as well come now as later, so no alternative is lost.
   */
  #settle(): void {
    const { closed, readOnly, slotOf } = this.#timeline;
    const { here } = this;
    const { slots } = this.#pending;
    while (here.base < closed.length) {
      this.#pending.moveTo(here.base);
      for (let slot = 0; slot < slots.length; slot++) {
        const operation = slots[slot] as number;
        if (operation < 0 || readOnly[operation] === 0 || hasBit(here.slotBits, slot)) continue;
        if (this.stateAfter(operation) !== -1) this.#mark(operation);
      }
      const before = here.base;
      while (here.base < closed.length && hasBit(here.slotBits, slotOf[here.base] as number)) {
        clearBit(here.slotBits, slotOf[here.base++] as number);
      }
      if (here.base === before) return;
    }
  }

  #mark(operation: number): void {
    this.trace?.push(operation);
    if (operation >= 0) {
      setBit(this.here.slotBits, this.#timeline.slotOf[operation] as number);
      this.here.depth++;
    } else {
      setBit(this.here.openBits, ~operation);
      this.here.opens++;
    }
  }
}

function hasBit(bits: Int32Array, at: number): boolean {
  return ((bits[at >>> 5] as number) & (1 << (at & 31))) !== 0;
}

function setBit(bits: Int32Array, at: number): void {
  bits[at >>> 5] = (bits[at >>> 5] as number) | (1 << (at & 31));
}

function clearBit(bits: Int32Array, at: number): void {
  bits[at >>> 5] = (bits[at >>> 5] as number) & ~(1 << (at & 31));
}
