import { figure3Checkers } from "./checkers/index.ts";
import type { SimulationResult, Violation } from "./simulation.ts";
import { Marks } from "./marks.ts";
import type { PlantedBug } from "./planted-bugs.ts";
import { checkReplay } from "./replay-check.ts";
import { runSeed } from "./reproduction/run-plan.ts";

export interface SeedRange {
  /** The first seed, an integer from 0. */
  readonly from: number;
  readonly count: number;
}

export interface SeedsOptions extends SeedRange {
  readonly simulate: (seed: number) => SimulationResult;
  /** The command that runs one seed again, for people; the seed is put in place of `SEED`. */
  readonly command: string;
  /** Stop at the first failing seed. */
  readonly stopAtFirst?: boolean;
  /** Called after each seed. */
  readonly progress?: (done: { readonly seeds: number; readonly events: number; readonly failures: number }) => void;
}

/** What a run of many seeds came to. */
export interface SeedsReport {
  readonly seeds: number;
  readonly events: number;
  readonly virtualMs: number;
  readonly elections: number;
  readonly marks: Marks;
  /** How long the healed clusters took to converge, in election timeouts, ascending. */
  readonly convergedIn: readonly number[];
  /** One line each, with the command that does it again. */
  readonly failures: readonly SeedFailure[];
}

export interface SeedFailure {
  readonly seed: number;
  readonly property: string;
  /** One line: what fell, and how to see it again. */
  readonly line: string;
}

/** Runs one simulation for each seed of a range. */
export function runSeeds(options: SeedsOptions): SeedsReport {
  const totals = { seeds: 0, events: 0, virtualMs: 0, elections: 0 };
  const marks = new Marks();
  const failures: SeedFailure[] = [];
  const convergedIn: number[] = [];
  for (let seed = options.from; seed < options.from + options.count; seed++) {
    const result = options.simulate(seed);
    totals.seeds++;
    totals.events += result.events;
    totals.virtualMs += result.virtualMs;
    totals.elections += result.elections;
    marks.addAll(result.marks);
    if (result.convergedIn !== undefined) convergedIn.push(result.convergedIn);
    if (result.violation !== undefined) failures.push(failureOf(seed, result.violation, options.command));
    options.progress?.({ ...totals, failures: failures.length });
    if (failures.length > 0 && options.stopAtFirst === true) break;
  }
  convergedIn.sort((a, b) => a - b);
  return { ...totals, marks, convergedIn, failures };
}

function failureOf(seed: number, { property, message }: Violation, command: string): SeedFailure {
  return { seed, property, line: `seed ${seed}: ${message} (again: ${command.replace("SEED", String(seed))})` };
}

/** How a planted bug was found out. */
export interface Kill {
  readonly seed: number;
  /** How many seeds and how many events it took, that seed's included. */
  readonly seeds: number;
  readonly events: number;
  readonly property: string;
  readonly message: string;
}

/**
 * Runs a planted bug until something notices. With `onlyFigure3` only the five properties of the Raft paper's Figure 3
 * watch (and the core's own invariants), not the checkers that look at means.
 */
export function killPlantedBug(bug: PlantedBug, range: SeedRange, onlyFigure3 = false): Kill | undefined {
  let events = 0;
  const run = (seed: number, trace?: (line: string) => void): SimulationResult => {
    const result = runSeed({
      world: bug.world ?? "core",
      seed,
      bug,
      safetyOnly: bug.stalls !== true,
      ...(onlyFigure3 ? { checkers: figure3Checkers } : {}),
      trace,
    });
    events += result.events;
    return result;
  };
  for (let seed = range.from; seed < range.from + range.count; seed++) {
    const violation = bug.replayed ? checkReplay((trace) => run(seed, trace)) : run(seed).violation;
    if (violation !== undefined) return { seed, seeds: seed - range.from + 1, events, ...violation };
  }
  return undefined;
}
