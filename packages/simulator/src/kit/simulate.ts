import { checkReplay } from "../replay-check.ts";
import { describeViolation } from "../reproduction/describe-run.ts";
import type { RunFile } from "../reproduction/run-file.ts";
import type { Shrunk } from "../reproduction/shrink.ts";
import type { Violation } from "../simulation.ts";
import type { SwarmOptions } from "../swarm.ts";
import type { Service } from "./service.ts";
import { simulationOf } from "./simulation.ts";
import type { Simulation } from "./simulation.ts";

/** How many of the first seeds are run twice, to see that they are the same both times. */
const replayedSeeds = 2;

export interface SimulateOptions<Machine, Operation, Answer, ModelState = unknown>
  extends Service<Machine, Operation, Answer, ModelState> {
  /** How many seeds are run, until one fails. 100 unless given. */
  readonly seeds?: number;
  /** The first of them, an integer from 0. 1 unless given. */
  readonly from?: number;
  /** The command that runs one seed again, for people; the seed is put in place of `SEED`. */
  readonly command?: string;
  /** What to change in the world that a seed draws. */
  readonly adjust?: (swarm: SwarmOptions) => SwarmOptions;
  /** One line for every event of every seed. */
  readonly trace?: (line: string) => void;
  /** Called after each seed. */
  readonly progress?: (seeds: number) => void;
}

/** What the seeds came to, up to the first that failed. */
export interface SimulationReport {
  readonly seeds: number;
  readonly events: number;
  readonly virtualMs: number;
  readonly elections: number;
  /** What clients asked for. */
  readonly operations: number;
  /** Seeds in which the search for an order of the operations gave up. */
  readonly undecided: number;
  /** Of `sometimes`: what no seed has come by. */
  readonly neverReached: readonly string[];
  readonly failure: ServiceFailure | undefined;
  /** All of that for people: one line when everything holds. */
  readonly text: string;
}

export interface ServiceFailure extends Violation {
  readonly seed: number;
  /** What fell, and how to see it again: one line. */
  readonly line: string;
  /** The run, whole; undefined when it did not fail again, which `whyNot` tells of. */
  readonly file: RunFile | undefined;
  readonly whyNot: string | undefined;
  /** Where clients' answers have no order: why not, as an SVG document. */
  readonly picture: string | undefined;
  /** A line for every event of the seed's run. */
  trace(): string[];
  /** Looks for the smallest run that fails in the same way. Undefined without a file. */
  shrink(keepGoing?: () => boolean): Shrunk | undefined;
}

/**
 * Puts a state machine into the deterministic world: whole members with the production core, log and live loop, on disks,
 * networks and clocks that fail as each seed draws it. Stops at the first seed in which something falls: a property of
 * Raft, the agreement of the members' states and answers, an invariant of the service's own, or linearizability.
 *
 * @throws RangeError when `seeds` or `from` is no whole number, or there is no seed to run
 */
export function simulate<Machine, Operation, Answer, ModelState>(
  options: SimulateOptions<Machine, Operation, Answer, ModelState>,
): SimulationReport {
  const { seeds = 100, from = 1, adjust, trace, progress } = options;
  requireSeeds(from, seeds);
  const simulation = simulationOf(options);
  const totals = { seeds: 0, events: 0, virtualMs: 0, elections: 0, operations: 0, undecided: 0 };
  const reached = new Set<string>();
  let failure: ServiceFailure | undefined;
  for (let seed = from; seed < from + seeds && failure === undefined; seed++) {
    const run = simulation.runSeed(seed, { adjust, trace });
    totals.seeds++;
    totals.events += run.result.events;
    totals.virtualMs += run.result.virtualMs;
    totals.elections += run.result.elections;
    totals.operations += run.operations;
    if (run.isUndecided) totals.undecided++;
    for (const name of run.reached) reached.add(name);
    const isReplayed = seed < from + replayedSeeds;
    const violation = run.result.violation ?? (isReplayed ? replayed(simulation, seed, adjust) : undefined);
    if (violation !== undefined) failure = { ...failureOf(simulation, seed, violation, options), picture: run.picture };
    progress?.(totals.seeds);
  }
  const neverReached = Object.keys(options.sometimes ?? {}).filter((name) => !reached.has(name));
  const report = { ...totals, neverReached, failure };
  return { ...report, text: describeReport(options.name, report) };
}

function requireSeeds(from: number, seeds: number): void {
  const known = Number.isSafeInteger(from) && from >= 0 && Number.isSafeInteger(seeds) && seeds >= 1;
  if (known && Number.isSafeInteger(from + seeds)) return;
  throw new RangeError(`seeds are whole numbers from 0, and at least one: not ${seeds} from ${from}`);
}

function replayed(simulation: Simulation, seed: number, adjust: Adjust): Violation | undefined {
  return checkReplay((trace) => simulation.runSeed(seed, { adjust, trace }).result);
}

type Adjust = ((swarm: SwarmOptions) => SwarmOptions) | undefined;

function failureOf(
  simulation: Simulation,
  seed: number,
  violation: Violation,
  { command, adjust }: { readonly command?: string; readonly adjust?: Adjust },
): Omit<ServiceFailure, "picture"> {
  const again = command?.replace("SEED", String(seed)) ?? `simulate({ ..., from: ${seed}, seeds: 1 })`;
  const record = simulation.recordSeed(seed, { adjust });
  const file = record.outcome === "failed" ? record.file : undefined;
  return {
    ...violation,
    seed,
    line: `seed ${seed}: ${violation.message} (again: ${again})`,
    file,
    whyNot: whyNot(record.outcome, record.outcome === "not reproducible" ? record.why : undefined),
    trace: () => {
      const lines: string[] = [];
      simulation.runSeed(seed, { adjust, trace: (line) => lines.push(line) });
      return lines;
    },
    shrink: (keepGoing = () => true) => file && simulation.shrink(file, { keepGoing }),
  };
}

function whyNot(outcome: "clean" | "failed" | "not reproducible", why: string | undefined): string | undefined {
  return outcome === "clean" ? "the same seed was clean when it was run again" : why;
}

function describeReport(name: string, report: Omit<SimulationReport, "text">): string {
  const { seeds, events, operations, elections, undecided, neverReached, virtualMs, failure } = report;
  if (failure !== undefined) {
    const [, ...explanation] = describeViolation(failure);
    const not = failure.whyNot === undefined ? [] : [`  It could not be kept as a file: ${failure.whyNot}.`];
    return [`${name}: failed after ${seeds} seeds`, failure.line, ...explanation, ...not].join("\n");
  }
  const seconds = (virtualMs / 1000).toFixed(0);
  const lines = [
    `${name}: ${seeds} seeds, ${operations} operations, ${elections} elections, ${events} events in ${seconds} s of virtual time: everything holds`,
  ];
  if (undecided > 0) lines.push(`  in ${undecided} of them the search for an order of the operations gave up`);
  for (const mark of neverReached) lines.push(`  never came by "${mark}"`);
  return lines.join("\n");
}
