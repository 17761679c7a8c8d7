import {
  bugOf,
  describeRun,
  killPlantedBug,
  killWorkloadBug,
  playWorkload,
  recordSeed,
  recordWorkloadSeed,
  runPlan,
  runSeed,
  shrink,
  simulateWorkload,
} from "@quorate/simulator";
import type { Kill, PlantedBug, Play, Recorded, RunFile, SeedRange, Violation, WorkloadBug } from "@quorate/simulator";

/** Seeds of one start and of the next lie so far apart. */
const startStride = 100_000;

/** How many of the runs that failed are shrunk; the smallest schedule of them is told. */
const shrunkRuns = 3;

/** A schedule of so few events is small enough: the other runs need not be shrunk. */
const fewEvents = 3;

/** A planted bug, wherever it is planted. */
export interface Mutant {
  readonly name: string;
  /** Cores, whole members, or the workload that it is a bug of. */
  readonly place: string;
  readonly breaks: string;
  readonly caughtBy: readonly string[];
  readonly seeds: number;
  /** Each seed is run twice, and the two runs compared. */
  readonly isReplayed: boolean;
  readonly kill: (range: SeedRange) => Kill | undefined;
  readonly record: (seed: number) => Recorded;
  readonly play: Play;
  /** The real code under the conditions that the bug is given; undefined where these are no special ones. */
  readonly control: ((seed: number) => Violation | undefined) | undefined;
}

/** A bug of the simulator's own worlds. */
export function plantedMutant(bug: PlantedBug): Mutant {
  const { name, breaks, caughtBy, seeds, adjust, world = "core", replayed = false } = bug;
  const sound: PlantedBug = { name: "none", breaks: "core", caughtBy: [], seeds, ...(adjust && { adjust }) };
  const safetyOnly = bug.stalls !== true;
  return {
    name,
    place: world === "core" ? "cores" : "members",
    breaks,
    caughtBy,
    seeds,
    isReplayed: replayed,
    kill: (range) => killPlantedBug(bug, range),
    record: (seed) => recordSeed({ world, seed, bug, safetyOnly }, { version: "" }),
    play: (plan, trace) => runPlan(plan, bugOf(plan), trace),
    control: adjust && ((seed) => runSeed({ world, seed, bug: sound }).violation),
  };
}

/** A bug of what the store is used for. */
export function workloadMutant(bug: WorkloadBug): Mutant {
  const { name, workload, caughtBy, seeds, adjust } = bug;
  return {
    name,
    place: workload,
    breaks: "store",
    caughtBy,
    seeds,
    isReplayed: false,
    kill: (range) => killWorkloadBug(bug, range),
    record: (seed) => recordWorkloadSeed(bug, seed),
    play: playWorkload(bug),
    control: adjust && ((seed) => simulateWorkload(workload, { seed, adjust }).violation),
  };
}

/** How a planted bug fared: killed from each of several first seeds, or not within its budget. */
export interface Fate {
  readonly bug: Mutant;
  readonly kills: readonly Kill[];
  /** First seeds from which nothing was noticed within the budget. */
  readonly survived: number;
  /** Ascending. */
  readonly events: readonly number[];
  /** Which property fell first, and in how many of the starts, most often first. */
  readonly properties: readonly (readonly [property: string, times: number])[];
  /** The smallest run found in which it shows; none of a bug that only two runs together show. */
  readonly smallest: RunFile | undefined;
  /** The smallest schedule for people, one line each; or what was seen. */
  readonly steps: readonly string[];
}

export interface KillOptions {
  readonly starts: number;
  readonly shrinkSeconds: number;
}

/** Runs one planted bug from several first seeds until something notices, and shrinks what was found. */
export function killFrom(bug: Mutant, { starts, shrinkSeconds }: KillOptions): Fate {
  const kills: Kill[] = [];
  for (let start = 0; start < starts; start++) {
    const kill = bug.kill({ from: 1 + start * startStride, count: bug.seeds });
    if (kill !== undefined) kills.push(kill);
  }
  const smallest = bug.isReplayed ? undefined : smallestRun(bug, kills.slice(0, shrunkRuns), shrinkSeconds);
  const seen = kills.slice(0, 1).map(({ message }) => message);
  const times = new Map<string, number>();
  for (const { property } of kills) times.set(property, (times.get(property) ?? 0) + 1);
  return {
    bug,
    kills,
    survived: starts - kills.length,
    events: kills.map(({ events }) => events).sort((a, b) => a - b),
    properties: [...times].sort(([, a], [, b]) => b - a),
    smallest,
    steps: smallest === undefined ? seen : describeRun(smallest),
  };
}

function smallestRun(bug: Mutant, kills: readonly Kill[], seconds: number): RunFile | undefined {
  let smallest: RunFile | undefined;
  for (const { seed } of kills) {
    const recorded = bug.record(seed);
    if (recorded.outcome !== "failed") continue;
    const until = performance.now() + seconds * 1000;
    const { file } = shrink(recorded.file, { keepGoing: () => performance.now() < until }, bug.play);
    if (smallest === undefined || file.events.length < smallest.events.length) smallest = file;
    if (smallest.events.length <= fewEvents) break;
  }
  return smallest;
}

/** The real code under the conditions that a bug is given: what falls, or nothing. */
export function controlOf({ control }: Mutant, seeds: number): string | undefined {
  if (control === undefined) return undefined;
  for (let seed = 1; seed <= seeds; seed++) {
    const violation = control(seed);
    if (violation !== undefined) return `seed ${seed}: ${violation.message}`;
  }
  return undefined;
}
