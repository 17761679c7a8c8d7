import { ConfigurationTable } from "./configuration-table.ts";
import { Frontier } from "./frontier.ts";
import type { Model } from "./model.ts";
import { Placement } from "./placement.ts";
import type { Timeline } from "./timeline.ts";

export interface SearchLimits {
  /** Calls of the model's `step`, about. */
  readonly steps: number;
  /** Configurations and states kept. */
  readonly configurations: number;
  /** Called now and then with the steps so far. */
  readonly onSteps?: (steps: number) => void;
}

export type SearchOutcome = { readonly steps: number; readonly configurations: number } & (
  | { readonly verdict: "linearizable"; readonly order: readonly number[] }
  | { readonly verdict: "unknown"; readonly exhausted: "steps" | "configurations" }
  | {
      readonly verdict: "not-linearizable";
      /** The closed operation before whose return no order gets. */
      readonly blocked: number;
      /** The longest orders that get to this return, at least one, at most four. */
      readonly prefixes: readonly (readonly number[])[];
    }
);

const keptPrefixes = 4;
const stepsPerReport = 1 << 18;

/**
 * Looks for an order of one partition's operations that the model accepts: the search of Wing and Gong (1993) with Lowe's
 * cache (2017). Orders name closed operations by their number in the timeline, and open ones by complement (`~number`).
 */
export function searchOrder<State, Input, Output>(
  model: Model<State, Input, Output>,
  partition: string,
  timeline: Timeline<Input, Output>,
  limits: SearchLimits,
): SearchOutcome {
  return new OrderSearch(new Placement(model, partition, timeline), limits).run();
}

class OrderSearch<State, Input, Output> {
  readonly #placement: Placement<State, Input, Output>;
  readonly #limits: SearchLimits;
  readonly #table: ConfigurationTable;
  readonly #frontier: Frontier;
  /** The deepest of the configurations with the greatest base. */
  #furthest: number[] = [];
  #nextReport = stepsPerReport;

  constructor(placement: Placement<State, Input, Output>, limits: SearchLimits) {
    this.#placement = placement;
    this.#limits = limits;
    this.#table = new ConfigurationTable(placement.here, limits.configurations);
    this.#frontier = new Frontier(this.#table);
  }

  run(): SearchOutcome {
    const placement = this.#placement;
    placement.begin();
    if (placement.complete) return this.#found(-1, []);
    this.#frontier.descend(this.#reached(-1, 0));
    for (;;) {
      const exhausted = this.#exhausted();
      if (exhausted !== undefined) return { verdict: "unknown", exhausted, ...this.#cost() };
      const entry = this.#frontier.current();
      if (entry === -1) return this.#notFound();
      const last = this.#tryClosed(entry) ?? this.#tryOpen(entry);
      if (last !== undefined && placement.complete) return this.#found(entry, [last]);
    }
  }

  /** Descends by the next closed operation that leads to something new, and returns it; undefined when there is none. */
  #tryClosed(entry: number): number | undefined {
    const placement = this.#placement;
    const table = this.#table;
    table.load(entry, placement.here);
    let operation = table.lastTried(entry);
    for (;;) {
      operation = placement.nextClosed(operation);
      if (operation === -1) return undefined;
      const state = placement.stateAfter(operation);
      if (state === -1) continue;
      placement.place(operation, state);
      if (placement.complete) return operation;
      table.setLastTried(entry, operation);
      const child = this.#reached(entry, operation);
      if (child !== -1) {
        this.#frontier.descend(child);
        return operation;
      }
      table.load(entry, placement.here);
    }
  }

  /** Leaves a configuration behind, having noted where its open operations lead. Returns the one that completes an order. */
  #tryOpen(entry: number): number | undefined {
    const placement = this.#placement;
    this.#frontier.leave();
    for (let number = placement.nextOpen(-1); number !== -1; number = placement.nextOpen(number)) {
      const state = placement.stateAfter(~number);
      // One that changes nothing might as well not happen.
      if (state === -1 || state === placement.here.state) continue;
      placement.place(~number, state);
      if (placement.complete) return ~number;
      const child = this.#reached(entry, ~number);
      if (child !== -1) this.#frontier.keep(child);
      if (this.#table.full) return undefined;
      this.#table.load(entry, placement.here);
    }
    return undefined;
  }

  /** Adds the configuration that the placement stands at; -1 when a known one covers it. */
  #reached(parent: number, operation: number): number {
    const { here } = this.#placement;
    const table = this.#table;
    const entry = table.add(here, parent, operation);
    if (entry === -1) return -1;
    const known = this.#furthest[0];
    if (known === undefined || table.base(known) < here.base) {
      this.#furthest = [entry];
    } else if (table.base(known) === here.base) {
      const deepest = [...this.#furthest, entry].sort((a, b) => table.depth(b) - table.depth(a));
      this.#furthest = deepest.slice(0, keptPrefixes);
    }
    return entry;
  }

  #exhausted(): "steps" | "configurations" | undefined {
    const { steps, states } = this.#placement;
    if (steps >= this.#nextReport) {
      this.#nextReport = steps + stepsPerReport;
      this.#limits.onSteps?.(steps);
    }
    if (steps >= this.#limits.steps) return "steps";
    if (this.#table.full || states.size > this.#limits.configurations) return "configurations";
    return undefined;
  }

  #found(entry: number, last: readonly number[]): SearchOutcome {
    return { verdict: "linearizable", order: this.#orderTo(entry, last), ...this.#cost() };
  }

  #notFound(): SearchOutcome {
    const blocked = this.#table.base(this.#furthest[0] as number);
    const prefixes = this.#furthest.map((entry) => this.#orderTo(entry, []));
    return { verdict: "not-linearizable", blocked, prefixes, ...this.#cost() };
  }

  #cost() {
    return { steps: this.#placement.steps, configurations: this.#table.size };
  }

  /** The order that led to a configuration and went on from there with `last`. */
  #orderTo(entry: number, last: readonly number[]): number[] {
    const table = this.#table;
    const placement = this.#placement;
    const chosen: number[] = [];
    for (let at = entry; at !== -1 && table.parent(at) !== -1; at = table.parent(at)) chosen.push(table.operation(at));
    const order: number[] = [];
    placement.trace = order;
    placement.begin();
    for (const operation of [...chosen.reverse(), ...last]) placement.place(operation, placement.stateAfter(operation));
    placement.trace = undefined;
    return order;
  }
}
