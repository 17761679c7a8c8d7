import type { WatchedCluster } from "../checkers/index.ts";
import { simulateCore } from "../core/core-simulation.ts";
import type { Checker } from "../observation.ts";
import { brokenCoreParts, brokenMemberParts } from "../planted-bugs/broken-parts.ts";
import type { PlantedBug } from "../planted-bugs.ts";
import { simulateReplicas } from "../replica/replica-simulation.ts";
import type { ReplicaSimulationOptions } from "../replica/replica-simulation.ts";
import type { SimulationResult } from "../simulation.ts";
import type { SwarmOptions } from "../swarm.ts";
import type { ExternalEvent } from "./external-event.ts";

/** What a simulated member is made of: the core on a modelled log, or a whole production member. */
export const worldKinds = ["core", "replica"] as const;
export type WorldKind = (typeof worldKinds)[number];

/** Everything that a run is decided by: nothing is drawn for a whole run any more. */
export interface RunPlan {
  readonly world: WorldKind;
  /**
   * Feeds the streams of small things: the delay of each message and sync within the bounds of `swarm`, losses, the
   * jitter of election timers. Which faults and requests happen, and when, it decides no more.
   */
  readonly seed: number;
  /** The broken part, by its name in the list of planted bugs; absent for the real code. */
  readonly bug?: string;
  /** A user's service, by its name, whose simulation alone can play it; absent for the simulator's own worlds. */
  readonly service?: string;
  readonly safetyOnly: boolean;
  readonly swarm: SwarmOptions;
  readonly events: readonly ExternalEvent[];
}

/** Runs a plan. */
export type Play = (plan: RunPlan, trace?: (line: string) => void) => SimulationResult;

export interface SeedOptions {
  readonly world: WorldKind;
  readonly seed: number;
  readonly bug?: PlantedBug | undefined;
  readonly safetyOnly?: boolean;
  readonly record?: boolean;
  /** Who watches; all checkers unless given. */
  readonly checkers?: (cluster: WatchedCluster) => readonly Checker[];
  readonly trace?: ((line: string) => void) | undefined;
}

/** Runs what a seed draws. */
export function runSeed({ world, seed, bug, safetyOnly, record, checkers, trace }: SeedOptions): SimulationResult {
  const options = {
    seed,
    ...(bug?.adjust === undefined ? {} : { adjust: bug.adjust }),
    ...(safetyOnly === undefined ? {} : { safetyOnly }),
    ...(record === undefined ? {} : { record }),
    ...(checkers === undefined ? {} : { checkers }),
    ...(trace === undefined ? {} : { trace }),
  };
  return simulate(world, bug, options);
}

/** Runs a plan. `bug` is what `plan.bug` names. */
export function runPlan(plan: RunPlan, bug: PlantedBug | undefined, trace?: (line: string) => void): SimulationResult {
  const options = {
    seed: plan.seed,
    swarm: plan.swarm,
    script: plan.events,
    safetyOnly: plan.safetyOnly,
    ...(trace === undefined ? {} : { trace }),
  };
  return simulate(plan.world, bug, options);
}

/** What both worlds are told alike. */
type CommonOptions = Omit<ReplicaSimulationOptions, "onlooker" | keyof ReturnType<typeof brokenMemberParts>> &
  Pick<ReplicaSimulationOptions, "checkers">;

function simulate(world: WorldKind, bug: PlantedBug | undefined, options: CommonOptions): SimulationResult {
  return world === "replica"
    ? simulateReplicas({ ...options, ...brokenMemberParts(bug) })
    : simulateCore({ ...options, ...brokenCoreParts(bug) });
}
