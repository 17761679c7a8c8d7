import type { SimulationResult } from "../simulation.ts";
import { minimize } from "./delta-debugging.ts";
import type { ExternalEvent } from "./external-event.ts";
import { fileOf, playOwn } from "./reproduce.ts";
import type { RunFile } from "./run-file.ts";
import type { Play, RunPlan } from "./run-plan.ts";
import { onGrid, smallest, smallestRequests, withoutMembers, worldSimplifications } from "./simplify.ts";
import type { Simplification } from "./simplify.ts";

/** With how many other seeds for its small delays a simpler world is tried before it is given up. */
const otherSeeds = 8;

/** A schedule that a person takes in at a glance: longer ones are worth a search with other seeds. */
const fewEvents = 8;

export interface ShrinkOptions {
  /** Asked before each run; when it says no, the smallest plan found until then is the result. */
  readonly keepGoing: () => boolean;
  /** Called after each run. */
  readonly progress?: (state: ShrinkProgress) => void;
}

export interface ShrinkProgress {
  /** What is being tried. */
  readonly step: string;
  readonly runs: number;
  /** Events from outside, of the smallest plan found. */
  readonly events: number;
}

export interface Shrunk {
  readonly file: RunFile;
  readonly runs: number;
  /** False when it was stopped before nothing more could be taken away. */
  readonly isMinimal: boolean;
}

/**
 * Looks for the smallest run in which the same property falls: first without events from outside, then with fewer members,
 * smaller requests, a plainer world and rounder times, and round again until nothing changes.
 */
export function shrink(file: RunFile, options: ShrinkOptions, play: Play = playOwn): Shrunk {
  return new Shrinking(file, play, options).run();
}

class Shrinking {
  readonly #quorate: RunFile["quorate"];
  readonly #property: string;
  readonly #play: Play;
  readonly #options: ShrinkOptions;
  #plan: RunPlan;
  #result: SimulationResult | undefined;
  #step = "";
  #runs = 0;
  #stopped = false;

  constructor(file: RunFile, play: Play, options: ShrinkOptions) {
    const { quorate, violation, hash: _, executed: __, ...plan } = file;
    this.#quorate = quorate;
    this.#property = violation.property;
    this.#play = play;
    this.#options = options;
    this.#plan = plan;
  }

  run(): Shrunk {
    this.#step = "as it was";
    if (!this.#attempt(this.#plan)) {
      throw new RangeError(`"${this.#property}" does not fall in this run any more: there is nothing to shrink`);
    }
    for (let before = ""; before !== this.#size() && this.#keepGoing(); ) {
      before = this.#size();
      this.#dropKinds();
      this.#dropEvents(1);
      for (const simplification of worldSimplifications) this.#simplify(simplification, otherSeeds);
      if (this.#plan.events.length > fewEvents) this.#dropEvents(otherSeeds);
      this.#dropMembers();
      this.#dropCalls();
      this.#shrinkRequests();
      this.#roundTimes();
    }
    const file = fileOf(this.#plan, this.#result as SimulationResult, this.#quorate);
    return { file, runs: this.#runs, isMinimal: !this.#stopped };
  }

  /** All events of one kind at once: most kinds have no part in it. */
  #dropKinds(): void {
    const kinds = new Set(this.#plan.events.map(kindOf));
    for (const kind of kinds) {
      if (!this.#keepGoing()) return;
      this.#step = `without any "${kind}"`;
      this.#withEvents(this.#plan.events.filter((event) => kindOf(event) !== kind));
    }
  }

  /**
   * Fewer messages take other numbers from the streams of their links, so that one delay or loss that mattered may be
   * gone with an event that did not: hence the other seeds.
   */
  #dropEvents(seeds: number): void {
    this.#step = "fewer events";
    const falls = (events: readonly ExternalEvent[]): boolean => {
      const { seed } = this.#plan;
      for (let other = 0; other < seeds && this.#keepGoing(); other++) {
        if (this.#attempt({ ...this.#plan, events, seed: seed + other })) return true;
      }
      return false;
    };
    minimize(this.#plan.events, falls, () => this.#keepGoing());
  }

  /** One call of an event at a time: one blocked link of a partition. */
  #dropCalls(): void {
    this.#step = "smaller events";
    for (const { id, calls } of this.#plan.events) {
      if (calls.length < 2) continue;
      const fewer = (kept: typeof calls): boolean =>
        this.#withEvents(this.#plan.events.map((event) => (event.id === id ? { ...event, calls: kept } : event)));
      minimize(calls, fewer, () => this.#keepGoing());
    }
  }

  #dropMembers(): void {
    const { members } = this.#plan.swarm;
    const ids = Array.from({ length: members }, (_, at) => at + 1);
    // An even number of members is seldom of use: two at a time keep the cluster odd.
    const pairs = ids.flatMap((a) => ids.filter((b) => b > a).map((b) => [a, b]));
    for (const pair of members > 3 ? pairs : []) {
      if (this.#simplify(withoutMembers(pair), 1)) return this.#dropMembers();
    }
  }

  #shrinkRequests(): void {
    if (this.#simplify(smallestRequests, 1)) return;
    this.#step = "smaller requests";
    for (const event of this.#plan.events) {
      const smaller = smallest(event);
      if (JSON.stringify(smaller) === JSON.stringify(event) || !this.#keepGoing()) continue;
      this.#withEvents(this.#plan.events.map((each) => (each.id === event.id ? smaller : each)));
    }
  }

  #roundTimes(): void {
    const { electionTimeoutMs } = this.#plan.swarm.timing;
    for (const stepMs of [electionTimeoutMs, electionTimeoutMs / 10, 1]) {
      if (this.#simplify(onGrid(stepMs * 1000), 1)) return;
    }
  }

  #simplify(simplification: Simplification, seeds: number): boolean {
    this.#step = simplification.name;
    const simpler = simplification.apply(this.#plan);
    if (simpler === undefined) return false;
    for (let other = 0; other < seeds && this.#keepGoing(); other++) {
      if (this.#attempt({ ...simpler, seed: simpler.seed + other })) return true;
    }
    return false;
  }

  #withEvents(events: readonly ExternalEvent[]): boolean {
    return events.length <= this.#plan.events.length && this.#attempt({ ...this.#plan, events });
  }

  /** Whether the same property falls in a plan, which then is the smallest. */
  #attempt(plan: RunPlan): boolean {
    const result = this.#play(plan);
    this.#runs++;
    const falls = result.violation?.property === this.#property;
    if (falls) {
      this.#result = result;
      this.#plan = shortened(plan, result);
    }
    this.#options.progress?.({ step: this.#step, runs: this.#runs, events: this.#plan.events.length });
    return falls;
  }

  #keepGoing(): boolean {
    if (!this.#stopped && !this.#options.keepGoing()) this.#stopped = true;
    return !this.#stopped;
  }

  #size(): string {
    const { events, swarm } = this.#plan;
    return JSON.stringify([events, swarm.members, swarm.link, swarm.disk, swarm.limits]);
  }
}

/** Ends the run where it fails; one that fails a little later is still found. What comes after it did not happen. */
function shortened(plan: RunPlan, result: SimulationResult): RunPlan {
  const { durationMs, timing } = plan.swarm;
  if (result.virtualMs >= durationMs) return plan;
  return {
    ...plan,
    safetyOnly: true,
    swarm: { ...plan.swarm, durationMs: Math.min(durationMs, Math.ceil(result.virtualMs + timing.electionTimeoutMs)) },
  };
}

function kindOf(event: ExternalEvent): string {
  return event.calls[0]?.do ?? "";
}
