import type { ExternalEvent } from "../reproduction/external-event.ts";
import { runSimulation } from "../simulation.ts";
import type { Onlooker, SimulationResult } from "../simulation.ts";
import { drawnSwarm } from "../swarm.ts";
import type { SwarmOptions } from "../swarm.ts";
import { World } from "../world.ts";
import { ReplicaClients } from "./replica-clients.ts";
import { ReplicaCluster } from "./replica-cluster.ts";
import type { BrokenParts } from "./replica-cluster.ts";

export interface ReplicaSimulationOptions extends BrokenParts {
  readonly seed: number;
  /** What to change in the swarm that the seed draws. */
  readonly adjust?: (swarm: SwarmOptions) => SwarmOptions;
  /** Skips the liveness phase, which a broken rule may fail in its own way. */
  readonly safetyOnly?: boolean;
  readonly trace?: (line: string) => void;
  /** Everything that the seed would draw for the whole run, given instead; `adjust` is then not asked. */
  readonly swarm?: SwarmOptions;
  /** What the outside does, given instead of drawn. */
  readonly script?: readonly ExternalEvent[];
  /** Writes down what the outside does (`SimulationResult.external`). */
  readonly record?: boolean;
  readonly onlooker?: Onlooker<ReplicaCluster>;
}

/** One run of production members: core, durable log, live loop and a state machine, on simulated hosts. */
export function simulateReplicas(options: ReplicaSimulationOptions): SimulationResult {
  const world = new World(options.seed);
  world.trace = options.trace;
  const swarm = options.swarm ?? drawnSwarm(world, "whole members", options.adjust);
  const cluster = new ReplicaCluster(world, swarm, options);
  const clients = new ReplicaClients(cluster, swarm);
  const { script, record, safetyOnly = false, onlooker } = options;
  const leaveAtMicros = onlooker?.leaveAtMicros;
  onlooker?.begins(world, cluster);
  const atTheEnd = (): void => {
    clients.checkAtTheEnd();
    cluster.checkLogs();
  };
  const always = (): void => clients.checkHistories();
  return runSimulation({ world, swarm, cluster, clients, script, record, safetyOnly, leaveAtMicros, atTheEnd, always });
}
