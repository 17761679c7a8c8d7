import { recorded, replay } from "../reproduction/reproduce.ts";
import type { Recorded, Replay } from "../reproduction/reproduce.ts";
import type { RunFile } from "../reproduction/run-file.ts";
import type { Play, RunPlan } from "../reproduction/run-plan.ts";
import { shrink } from "../reproduction/shrink.ts";
import type { Shrunk, ShrinkOptions } from "../reproduction/shrink.ts";
import type { SwarmOptions } from "../swarm.ts";
import type { AnyService, Service } from "./service.ts";
import { simulateService } from "./simulate-service.ts";
import type { ServiceRun } from "./simulate-service.ts";

/** What a seed's run of a service is, besides the seed. */
export interface SeedRunOptions {
  /** One line for every event. */
  readonly trace?: ((line: string) => void) | undefined;
  /** What to change in the world that the seed draws. */
  readonly adjust?: ((swarm: SwarmOptions) => SwarmOptions) | undefined;
}

/** Everything that can be done with a service in the deterministic world. */
export interface Simulation {
  readonly service: string;
  runSeed(seed: number, options?: SeedRunOptions): ServiceRun;
  /** Runs a seed, and makes a file of it when something falls: that needs no seed to be drawn from again. */
  recordSeed(seed: number, options?: SeedRunOptions): Recorded;
  /** Runs a kept run twice, and compares. @throws RangeError when it is one of another service */
  replay(file: RunFile): Replay;
  /** The smallest run in which the same falls. @throws RangeError when it is of another service, or nothing falls any more */
  shrink(file: RunFile, options: ShrinkOptions): Shrunk;
  /** Runs a kept run once. @throws RangeError when it is one of another service */
  readonly play: Play;
}

export function simulationOf<Machine, Operation, Answer, ModelState>(
  typed: Service<Machine, Operation, Answer, ModelState>,
  quorate: RunFile["quorate"] = { version: "0.1.0" },
): Simulation {
  // What a service gives is only ever handed back to the same service.
  const service = typed as unknown as AnyService;
  const { name } = service;
  const play: Play = ({ service: recordedName, seed, swarm, events, safetyOnly }, trace) => {
    if (recordedName !== name)
      throw new RangeError(`this is a run of "${recordedName ?? "no service"}", not of "${name}"`);
    return simulateService(service, { seed, swarm, script: events, safetyOnly, trace }).result;
  };
  return {
    service: name,
    play,
    runSeed: (seed, options = {}) => simulateService(service, { seed, ...options }),
    recordSeed: (seed, options = {}) => {
      const { result, swarm } = simulateService(service, { seed, ...options, record: true });
      const plan: RunPlan = {
        world: "replica",
        service: name,
        seed,
        safetyOnly: false,
        swarm,
        events: result.external,
      };
      return recorded(result, plan, play, quorate);
    },
    replay: (file) => replay(file, play),
    shrink: (file, options) => shrink(file, options, play),
  };
}
