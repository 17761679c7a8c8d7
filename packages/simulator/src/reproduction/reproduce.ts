import { plantedBugs } from "../planted-bugs.ts";
import type { PlantedBug } from "../planted-bugs.ts";
import type { SimulationResult } from "../simulation.ts";
import { drawnSwarm } from "../swarm.ts";
import { World } from "../world.ts";
import { RunFileError } from "./run-file.ts";
import type { RunFile } from "./run-file.ts";
import { runPlan, runSeed } from "./run-plan.ts";
import type { Play, RunPlan, SeedOptions } from "./run-plan.ts";

/** What running a file twice showed. */
export type Replay =
  /** The same violation and the same history, both times. */
  | { readonly verdict: "same"; readonly result: SimulationResult }
  /** The same property fell, both times in the same way, but the history is not that of the file: the code has changed. */
  | { readonly verdict: "another history"; readonly result: SimulationResult }
  /** Nothing fell, or something else did: fixed, or hidden by a change. */
  | { readonly verdict: "did not fall"; readonly result: SimulationResult }
  /** The two runs differed: something in them reads a real clock, real randomness, or keeps state between runs. */
  | { readonly verdict: "not deterministic"; readonly hashes: readonly [string, string] };

/** The planted bug that a plan names. @throws RunFileError when there is none of that name, or the run is of a user's service */
export function bugOf({ bug, service }: Pick<RunPlan, "bug" | "service">): PlantedBug | undefined {
  if (service !== undefined) {
    throw new RunFileError(`This is a run of the state machine "${service}": only its own simulation can play it.`);
  }
  if (bug === undefined) return undefined;
  const found = plantedBugs.find(({ name }) => name === bug);
  if (found === undefined) throw new RunFileError(`There is no planted bug "${bug}" in this version of Quorate.`);
  return found;
}

/** Plays what the simulator's own worlds have recorded. */
export const playOwn: Play = (plan, trace) => runPlan(plan, bugOf(plan), trace);

/** Runs a file twice and compares: with itself, and with what the file says. */
export function replay(file: RunFile, play: Play = playOwn): Replay {
  const result = play(file);
  const again = play(file);
  if (result.hash !== again.hash || result.violation?.message !== again.violation?.message) {
    return { verdict: "not deterministic", hashes: [result.hash, again.hash] };
  }
  if (result.violation?.property !== file.violation.property) return { verdict: "did not fall", result };
  return { verdict: result.hash === file.hash ? "same" : "another history", result };
}

/** A seed's run, as a file when something fell. */
export type Recorded =
  | { readonly outcome: "clean"; readonly result: SimulationResult }
  | { readonly outcome: "failed"; readonly result: SimulationResult; readonly file: RunFile }
  /** Something fell, but not when the same was played from the list of events, or not both times. */
  | { readonly outcome: "not reproducible"; readonly result: SimulationResult; readonly why: string };

/** Runs a seed, and makes a file of it when something falls. The file has been run twice before it is given. */
export function recordSeed(options: SeedOptions, quorate: RunFile["quorate"]): Recorded {
  const result = runSeed({ ...options, record: true });
  const { world, seed, bug, safetyOnly = false } = options;
  const named = bug === undefined ? {} : { bug: bug.name };
  const swarm = drawnSwarm(new World(seed), world === "core" ? "cores" : "whole members", bug?.adjust);
  const play: Play = (plan) => runPlan(plan, bug);
  return recorded(result, { world, seed, ...named, safetyOnly, swarm, events: result.external }, play, quorate);
}

/** What a run came to that was recorded, and the file of it when something fell. */
export function recorded(result: SimulationResult, plan: RunPlan, play: Play, quorate: RunFile["quorate"]): Recorded {
  const { violation } = result;
  if (violation === undefined) return { outcome: "clean", result };
  const played = play(plan);
  if (played.violation?.property !== violation.property) {
    const instead = played.violation?.message ?? "nothing fell";
    return { outcome: "not reproducible", result, why: `played from its list of events, ${instead}` };
  }
  const again = play(plan);
  if (again.hash !== played.hash) {
    return { outcome: "not reproducible", result, why: `it is not deterministic: ${played.hash}, then ${again.hash}` };
  }
  return { outcome: "failed", result, file: fileOf(plan, played, quorate) };
}

/** @throws RangeError when nothing fell in the run */
export function fileOf(plan: RunPlan, result: SimulationResult, quorate: RunFile["quorate"]): RunFile {
  const { violation, hash, events: executed } = result;
  if (violation === undefined) throw new RangeError("nothing fell in this run");
  return { quorate, ...plan, violation, hash, executed };
}
