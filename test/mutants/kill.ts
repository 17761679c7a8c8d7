import { describeRun, killPlantedBug, recordSeed, runSeed, shrink } from "@quorate/simulator";
import type { Kill, PlantedBug, RunFile } from "@quorate/simulator";

/** Seeds of one start and of the next lie so far apart. */
const startStride = 100_000;

/** How many of the runs that failed are shrunk; the smallest schedule of them is told. */
const shrunkRuns = 3;

/** A schedule of so few events is small enough: the other runs need not be shrunk. */
const fewEvents = 3;

/** How a planted bug fared: killed from each of several first seeds, or not within its budget. */
export interface Fate {
  readonly bug: PlantedBug;
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
export function killFrom(bug: PlantedBug, { starts, shrinkSeconds }: KillOptions): Fate {
  const kills: Kill[] = [];
  for (let start = 0; start < starts; start++) {
    const kill = killPlantedBug(bug, { from: 1 + start * startStride, count: bug.seeds });
    if (kill !== undefined) kills.push(kill);
  }
  const isShrunk = bug.replayed !== true;
  const smallest = isShrunk ? smallestRun(bug, kills.slice(0, shrunkRuns), shrinkSeconds) : undefined;
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

function smallestRun(bug: PlantedBug, kills: readonly Kill[], seconds: number): RunFile | undefined {
  let smallest: RunFile | undefined;
  for (const { seed } of kills) {
    const plan = { world: bug.world ?? ("core" as const), seed, bug, safetyOnly: bug.stalls !== true };
    const recorded = recordSeed(plan, { version: "" });
    if (recorded.outcome !== "failed") continue;
    const until = performance.now() + seconds * 1000;
    const { file } = shrink(recorded.file, { keepGoing: () => performance.now() < until });
    if (smallest === undefined || file.events.length < smallest.events.length) smallest = file;
    if (smallest.events.length <= fewEvents) break;
  }
  return smallest;
}

/** The real code under the conditions that a bug is given: what falls, or nothing. */
export function controlOf({ adjust, world = "core" }: PlantedBug, seeds: number): string | undefined {
  if (adjust === undefined) return undefined;
  const control: PlantedBug = { name: "none", breaks: "core", adjust, caughtBy: [], seeds };
  for (let seed = 1; seed <= seeds; seed++) {
    const { violation } = runSeed({ world, seed, bug: control });
    if (violation !== undefined) return `seed ${seed}: ${violation.message}`;
  }
  return undefined;
}
