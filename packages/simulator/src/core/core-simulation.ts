import type { Rules } from "@quorate/raft";
import { allCheckers } from "../checkers/index.ts";
import type { WatchedCluster } from "../checkers/index.ts";
import type { Checker } from "../observation.ts";
import { runSimulation } from "../simulation.ts";
import type { SimulationResult } from "../simulation.ts";
import { drawSwarm } from "../swarm.ts";
import type { SwarmOptions } from "../swarm.ts";
import { World } from "../world.ts";
import { CoreClients } from "./core-clients.ts";
import { CoreCluster } from "./core-cluster.ts";
import type { DeviceBugs } from "./log-device.ts";

export interface CoreSimulationOptions {
  readonly seed: number;
  readonly rules?: Rules;
  readonly deviceBugs?: DeviceBugs;
  /** What to change in the swarm that the seed draws. */
  readonly adjust?: (swarm: SwarmOptions) => SwarmOptions;
  readonly checkers?: (cluster: WatchedCluster) => readonly Checker[];
  /** Skips the liveness phase, which a broken rule may fail in its own way. */
  readonly safetyOnly?: boolean;
  readonly trace?: (line: string) => void;
}

/** One run of the core on modelled logs. */
export function simulateCore(options: CoreSimulationOptions): SimulationResult {
  const world = new World(options.seed);
  world.trace = options.trace;
  const drawn = drawSwarm(world.streams.stream("swarm"));
  const swarm = options.adjust?.(drawn) ?? drawn;
  const cluster = new CoreCluster(world, {
    swarm,
    checkers: options.checkers ?? allCheckers,
    ...(options.rules === undefined ? {} : { rules: options.rules }),
    ...(options.deviceBugs === undefined ? {} : { deviceBugs: options.deviceBugs }),
  });
  const clients = new CoreClients(cluster, swarm.load);
  return runSimulation({ world, swarm, cluster, clients, safetyOnly: options.safetyOnly ?? false });
}
