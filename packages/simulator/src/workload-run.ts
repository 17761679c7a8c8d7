import type { ExternalEvent } from "./reproduction/external-event.ts";
import { runSimulation } from "./simulation.ts";
import type { SimulatedCluster, SimulationResult } from "./simulation.ts";
import type { SwarmOptions } from "./swarm.ts";
import type { DrawOperation, RequestTarget } from "./workload.ts";
import { World } from "./world.ts";

/** How one run of a workload of its own is made: what a seed draws, or what a script says. */
export interface WorkloadOptions {
  readonly seed: number;
  /** What to change in the world that the seed draws. */
  readonly adjust?: ((swarm: SwarmOptions) => SwarmOptions) | undefined;
  /** Skips the liveness phase. */
  readonly safetyOnly?: boolean | undefined;
  readonly trace?: ((line: string) => void) | undefined;
  /** Everything that the seed would draw for the whole run, given instead; `adjust` is then not asked. */
  readonly swarm?: SwarmOptions | undefined;
  /** What the outside does, given instead of drawn. */
  readonly script?: readonly ExternalEvent[] | undefined;
  /** Writes down what the outside does (`SimulationResult.external`). */
  readonly record?: boolean | undefined;
}

export interface WorkloadRun extends SimulationResult {
  /** As it was drawn and changed, or given: for a file of the run. */
  readonly swarm: SwarmOptions;
}

/** Who takes part in a workload. */
export interface WorkloadParts {
  readonly world: World;
  readonly swarm: SwarmOptions;
  readonly cluster: SimulatedCluster;
  readonly clients: {
    readonly target: RequestTarget;
    /** What must hold of the healed cluster. @throws SafetyViolation */
    checkAtTheEnd(): void;
  };
  readonly draw: DrawOperation;
}

/** The world of a seed, and what happens in it unless the options say otherwise. */
export function workloadWorld(
  { seed, adjust, trace, swarm }: WorkloadOptions,
  draw: (world: World) => SwarmOptions,
): Pick<WorkloadParts, "world" | "swarm"> {
  const world = new World(seed);
  world.trace = trace;
  const drawn = draw(world);
  return { world, swarm: swarm ?? adjust?.(drawn) ?? drawn };
}

export function runWorkload(
  { script, record, safetyOnly = false }: WorkloadOptions,
  { world, swarm, cluster, clients, draw }: WorkloadParts,
): WorkloadRun {
  const atTheEnd = (): void => clients.checkAtTheEnd();
  const { target } = clients;
  const run = { world, swarm, cluster, clients: target, draw, script, record, safetyOnly, atTheEnd };
  return { ...runSimulation(run), swarm };
}
