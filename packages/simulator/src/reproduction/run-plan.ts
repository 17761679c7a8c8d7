import { simulateCore } from "../core/core-simulation.ts";
import type { PlantedBug } from "../planted-bugs.ts";
import { simulateReplicas } from "../replica/replica-simulation.ts";
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
  readonly safetyOnly: boolean;
  readonly swarm: SwarmOptions;
  readonly events: readonly ExternalEvent[];
}

export interface SeedOptions {
  readonly world: WorldKind;
  readonly seed: number;
  readonly bug?: PlantedBug | undefined;
  readonly safetyOnly?: boolean;
  readonly record?: boolean;
  readonly trace?: ((line: string) => void) | undefined;
}

/** Runs what a seed draws. */
export function runSeed({ world, seed, bug, safetyOnly, record, trace }: SeedOptions): SimulationResult {
  const options = {
    seed,
    ...(bug?.rules === undefined ? {} : { rules: bug.rules }),
    ...(bug?.adjust === undefined ? {} : { adjust: bug.adjust }),
    ...(safetyOnly === undefined ? {} : { safetyOnly }),
    ...(record === undefined ? {} : { record }),
    ...(trace === undefined ? {} : { trace }),
  };
  return world === "replica" ? simulateReplicas(options) : simulateCore({ ...options, ...partsOf(bug) });
}

/** Runs a plan. `bug` is what `plan.bug` names. */
export function runPlan(plan: RunPlan, bug: PlantedBug | undefined, trace?: (line: string) => void): SimulationResult {
  const options = {
    seed: plan.seed,
    swarm: plan.swarm,
    script: plan.events,
    safetyOnly: plan.safetyOnly,
    ...(bug?.rules === undefined ? {} : { rules: bug.rules }),
    ...(trace === undefined ? {} : { trace }),
  };
  return plan.world === "replica" ? simulateReplicas(options) : simulateCore({ ...options, ...partsOf(bug) });
}

function partsOf(bug: PlantedBug | undefined): Pick<PlantedBug, "deviceBugs" | "distort"> {
  return {
    ...(bug?.deviceBugs === undefined ? {} : { deviceBugs: bug.deviceBugs }),
    ...(bug?.distort === undefined ? {} : { distort: bug.distort }),
  };
}
