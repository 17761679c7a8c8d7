import { ReplicaCluster } from "../replica/replica-cluster.ts";
import { runSimulation } from "../simulation.ts";
import type { SimulationResult } from "../simulation.ts";
import { drawnSwarm } from "../swarm.ts";
import type { SwarmOptions } from "../swarm.ts";
import type { WorkloadOptions } from "../workload-run.ts";
import { World } from "../world.ts";
import { ReplicatedService } from "./replicated-service.ts";
import { ServiceClients } from "./service-clients.ts";
import type { AnyService } from "./service.ts";

/** What one run came to, and what only a user's service has. */
export interface ServiceRun {
  readonly result: SimulationResult;
  readonly swarm: SwarmOptions;
  /** What clients asked for. */
  readonly operations: number;
  /** Whether the search for an order gave up. */
  readonly isUndecided: boolean;
  /** Where it was linearizability that fell: what of the history has no order, as an SVG document. */
  readonly picture: string | undefined;
  /** Of `sometimes`. */
  readonly reached: ReadonlySet<string>;
}

/** One run of production members that replicate a user's state machine: what a seed draws, or what a script says. */
export function simulateService(service: AnyService, options: WorkloadOptions): ServiceRun {
  const world = new World(options.seed);
  world.trace = options.trace;
  const swarm = options.swarm ?? drawnSwarm(world, "services", options.adjust);
  const replicated = new ReplicatedService(service, world);
  const cluster = new ReplicaCluster<unknown, unknown>(world, swarm, {}, replicated);
  const clients = new ServiceClients(service, replicated, cluster, swarm);
  const { script, record, safetyOnly = false } = options;
  const result = runSimulation({
    world,
    swarm,
    cluster,
    clients,
    draw: (random, client, number) => service.workload.draw(random, { client, number }),
    script,
    record,
    safetyOnly,
    atTheEnd: () => clients.checkAtTheEnd(),
    always: () => clients.checkHistory(),
  });
  const { reached } = replicated;
  const { history, isUndecided, picture } = clients;
  return { result, swarm, operations: history.length, isUndecided, picture, reached };
}
