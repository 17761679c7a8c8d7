import { formatRunFile, recordSeed, runSeed } from "@quorate/simulator";
import type { PlantedBug, WorldKind } from "@quorate/simulator";
import type { SimChunk, SimChunkResult, SimFailure, SimWorkerData } from "./sim-request.ts";

/** How a seed is run, how a failing one is made a file of, and who is told before either begins. */
export interface SeedRunner {
  readonly run?: typeof runSeed;
  readonly record?: typeof recordSeed;
  readonly begins?: (world: WorldKind, seed: number) => void;
}

/** Runs the seeds of a chunk in each world; a failing one again, to make a file of it. */
export function runChunk(
  { from, count }: SimChunk,
  { worlds, quorate, stopAtFirst }: Omit<SimWorkerData, "bug">,
  bug?: PlantedBug,
  { run = runSeed, record = recordSeed, begins = () => {} }: SeedRunner = {},
): SimChunkResult {
  const totals = { runs: 0, events: 0, virtualMs: 0, elections: 0 };
  const failures: SimFailure[] = [];
  const mostFailures = stopAtFirst ? 1 : Number.POSITIVE_INFINITY;
  const runOne = (world: WorldKind, seed: number): SimFailure | undefined => {
    totals.runs++;
    begins(world, seed);
    const { events, virtualMs, elections, violation } = run({ world, seed, bug });
    totals.events += events;
    totals.virtualMs += virtualMs;
    totals.elections += elections;
    return violation === undefined ? undefined : { world, seed, ...violation, ...fileOf(world, seed) };
  };
  const fileOf = (world: WorldKind, seed: number): Pick<SimFailure, "file" | "why"> => {
    begins(world, seed);
    const recorded = record({ world, seed, bug }, quorate);
    if (recorded.outcome === "failed") return { file: formatRunFile(recorded.file), why: undefined };
    const clean = "it is not deterministic: the second run of this seed was clean";
    return { file: undefined, why: recorded.outcome === "clean" ? clean : recorded.why };
  };
  let seed = from;
  for (; seed < from + count && failures.length < mostFailures; seed++) {
    for (const world of worlds) {
      const failure = orError(world, seed, () => runOne(world, seed));
      if (failure !== undefined) failures.push(failure);
    }
  }
  return { from, seeds: seed - from, ...totals, failures };
}

/** An error of the simulator itself names its seed like any other failure, and the seeds after it are still run. */
function orError(world: WorldKind, seed: number, run: () => SimFailure | undefined): SimFailure | undefined {
  try {
    return run();
  } catch (error) {
    const why = "the run ended with this error, which the seed shows again, with its stack";
    return { world, seed, property: "error", message: `error: ${String(error)}`, file: undefined, why };
  }
}
