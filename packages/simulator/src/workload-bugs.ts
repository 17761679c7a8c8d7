import { compactionBugs } from "./compactions/compaction-bugs.ts";
import { simulateCompaction } from "./compactions/compaction-simulation.ts";
import { leaseKeepingBugs } from "./leases/lease-bugs.ts";
import { simulateLeases } from "./leases/lease-simulation.ts";
import { permissionBugs } from "./permissions/permission-bugs.ts";
import { simulatePermissions } from "./permissions/permission-simulation.ts";
import { recorded } from "./reproduction/reproduce.ts";
import type { Recorded } from "./reproduction/reproduce.ts";
import type { Play } from "./reproduction/run-plan.ts";
import type { Kill, SeedRange } from "./run-seeds.ts";
import type { SwarmOptions } from "./swarm.ts";
import { watchBugs } from "./watches/watch-bugs.ts";
import { simulateWatches } from "./watches/watch-simulation.ts";
import type { WorkloadOptions, WorkloadRun } from "./workload-run.ts";

/** What clients do to whole members that replicate the production store; each has checkers of its own. */
export const workloads = ["watches", "leases", "compaction", "permissions"] as const;
export type WorkloadName = (typeof workloads)[number];

/** A bug planted into what the store is used for. */
export interface WorkloadBug {
  readonly name: string;
  readonly workload: WorkloadName;
  /** The faults that it needs more of than a run draws on average. */
  readonly adjust?: ((swarm: SwarmOptions) => SwarmOptions) | undefined;
  /** What may fall first, the most likely first. */
  readonly caughtBy: readonly string[];
  /** It is caught within this many seeds, counted from 1. */
  readonly seeds: number;
  /** One run with it, of what a seed or a script says. */
  readonly run: (options: WorkloadOptions) => WorkloadRun;
}

/** One run of a workload with nothing broken. */
export function simulateWorkload(name: WorkloadName, options: WorkloadOptions): WorkloadRun {
  return simulations[name](options);
}

const simulations: Readonly<Record<WorkloadName, (options: WorkloadOptions) => WorkloadRun>> = {
  watches: simulateWatches,
  leases: simulateLeases,
  compaction: simulateCompaction,
  permissions: simulatePermissions,
};

export const workloadBugs: readonly WorkloadBug[] = [
  ...watchBugs.map(({ name, caughtBy, seeds, ...broken }): WorkloadBug => {
    return { name, workload: "watches", caughtBy, seeds, run: (options) => simulateWatches({ ...options, broken }) };
  }),
  ...leaseKeepingBugs.map(({ name, caughtBy, seeds, adjust, ...broken }): WorkloadBug => {
    const run = (options: WorkloadOptions): WorkloadRun => simulateLeases({ adjust, ...options, broken });
    return { name, workload: "leases", adjust, caughtBy, seeds, run };
  }),
  ...compactionBugs.map(({ name, seeds, ...broken }): WorkloadBug => {
    const run = (options: WorkloadOptions): WorkloadRun => simulateCompaction({ ...options, broken });
    // A member that misses what it should hold stops, and says so.
    return { name, workload: "compaction", caughtBy: ["compaction", "member"], seeds, run };
  }),
  ...permissionBugs.map(({ name, seeds, ...broken }): WorkloadBug => {
    const run = (options: WorkloadOptions): WorkloadRun => simulatePermissions({ ...options, broken });
    return { name, workload: "permissions", caughtBy: ["permissions"], seeds, run };
  }),
];

/** Runs a planted bug until something notices. */
export function killWorkloadBug({ run }: WorkloadBug, { from, count }: SeedRange): Kill | undefined {
  let events = 0;
  for (let seed = from; seed < from + count; seed++) {
    const result = run({ seed });
    events += result.events;
    const { violation } = result;
    if (violation !== undefined) return { seed, seeds: seed - from + 1, events, ...violation };
  }
  return undefined;
}

/** Runs a seed, and makes a file of it when something falls (`recordSeed`). */
export function recordWorkloadSeed(bug: WorkloadBug, seed: number): Recorded {
  const result = bug.run({ seed, record: true });
  const { name, workload: service } = bug;
  const { swarm, external: events } = result;
  const plan = { world: "replica", service, seed, bug: name, safetyOnly: false, swarm, events } as const;
  return recorded(result, plan, playWorkload(bug), { version: "" });
}

/** Plays what was recorded of a bug. */
export function playWorkload({ run }: WorkloadBug): Play {
  return ({ seed, swarm, events, safetyOnly }, trace) => run({ seed, swarm, script: events, safetyOnly, trace });
}
