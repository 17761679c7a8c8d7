import type { Rules } from "@quorate/raft";
import type { DriveSettings } from "../drive.ts";
import { runSimulation } from "../simulation.ts";
import type { SimulationResult } from "../simulation.ts";
import { drawSwarm } from "../swarm.ts";
import type { SwarmOptions } from "../swarm.ts";
import { World } from "../world.ts";
import { ReplicaClients } from "./replica-clients.ts";
import { ReplicaCluster } from "./replica-cluster.ts";

export interface ReplicaSimulationOptions {
  readonly seed: number;
  /** What to change in the swarm that the seed draws. */
  readonly adjust?: (swarm: SwarmOptions) => SwarmOptions;
  /** Broken rules, to show that this world notices too. */
  readonly rules?: Rules;
  /** What every member's disk does, beyond what the seed draws; until everything is healed. */
  readonly drive?: Partial<DriveSettings>;
  readonly trace?: (line: string) => void;
}

/** One run of production members: core, durable log, live loop and a state machine, on simulated hosts. */
export function simulateReplicas(options: ReplicaSimulationOptions): SimulationResult {
  const world = new World(options.seed);
  world.trace = options.trace;
  const drawn = drawSwarm(world.streams.stream("swarm"));
  const swarm = options.adjust?.(drawn) ?? drawn;
  const cluster = new ReplicaCluster(world, swarm, options);
  const clients = new ReplicaClients(cluster, swarm.load);
  return runSimulation({ world, swarm, cluster, clients, safetyOnly: false, atTheEnd: () => clients.checkAtTheEnd() });
}
