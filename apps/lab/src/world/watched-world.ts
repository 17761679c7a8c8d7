import { LabActionError } from "./lab-action.ts";
import type { LabRun } from "./lab-run.ts";
import { LabWorld } from "./lab-world.ts";
import type { Tape } from "./tape.ts";

/** A world of whatever kind that is written down as it goes. */
export interface WatchedWorld {
  readonly run: LabRun;
  readonly electionTimeoutMs: number;
  /** When what is worth seeing began, in µs of virtual time. */
  readonly beganAt: number;
  readonly tape: Tape;
  /** Why nothing more can happen; undefined while something can. */
  readonly end: string | undefined;
  /** Why the reader can do nothing to it; undefined where he can. */
  readonly untouchable?: string | undefined;
  /** Lets everything happen up to this moment, in µs of virtual time, the reader's actions included. */
  advance(untilMicros: number): void;
}

/** Makes worlds of the simulator's own runs: its code comes when the first of them is opened. */
let simulated: ((run: LabRun) => WatchedWorld) | undefined;

export async function loadSimulatedWorlds(): Promise<void> {
  const { SimulatedWorld } = await import("./simulated-world.ts");
  simulated = (run) => new SimulatedWorld(run);
}

/** @throws LabActionError for a run that does not exist, or whose code is not here yet (`loadSimulatedWorlds`) */
export function makeWorld(run: LabRun): WatchedWorld {
  if (run.setup.kind !== "simulated") return new LabWorld(run);
  if (simulated === undefined) throw new LabActionError("the simulator's own worlds are not loaded yet");
  return simulated(run);
}
