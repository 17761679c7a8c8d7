import type { Rules } from "@quorate/raft";
import { allCheckers } from "../checkers/index.ts";
import type { WatchedCluster } from "../checkers/index.ts";
import type { Checker } from "../observation.ts";
import type { ExternalEvent } from "../reproduction/external-event.ts";
import { runSimulation } from "../simulation.ts";
import type { Onlooker, SimulationResult } from "../simulation.ts";
import { drawnSwarm } from "../swarm.ts";
import type { SwarmOptions } from "../swarm.ts";
import { World } from "../world.ts";
import { CoreClients } from "./core-clients.ts";
import { CoreCluster } from "./core-cluster.ts";
import type { CoreFactory, Distortion } from "./core-member-options.ts";
import type { DeviceBugs } from "./log-device.ts";

export interface CoreSimulationOptions {
  readonly seed: number;
  readonly rules?: Rules;
  readonly deviceBugs?: DeviceBugs;
  readonly distort?: Distortion;
  readonly createCore?: CoreFactory;
  /** What to change in the swarm that the seed draws. */
  readonly adjust?: (swarm: SwarmOptions) => SwarmOptions;
  readonly checkers?: (cluster: WatchedCluster) => readonly Checker[];
  /** Skips the liveness phase, which a broken rule may fail in its own way. */
  readonly safetyOnly?: boolean;
  readonly trace?: (line: string) => void;
  /** Everything that the seed would draw for the whole run, given instead; `adjust` is then not asked. */
  readonly swarm?: SwarmOptions;
  /** What the outside does, given instead of drawn. */
  readonly script?: readonly ExternalEvent[];
  /** Writes down what the outside does (`SimulationResult.external`). */
  readonly record?: boolean;
  readonly onlooker?: Onlooker<CoreCluster>;
}

/** One run of the core on modelled logs. */
export function simulateCore(options: CoreSimulationOptions): SimulationResult {
  const world = new World(options.seed);
  world.trace = options.trace;
  const swarm = options.swarm ?? drawnSwarm(world, "cores", options.adjust);
  const cluster = new CoreCluster(world, {
    swarm,
    checkers: options.checkers ?? allCheckers,
    ...(options.rules === undefined ? {} : { rules: options.rules }),
    ...(options.distort === undefined ? {} : { distort: options.distort }),
    ...(options.createCore === undefined ? {} : { createCore: options.createCore }),
    ...(options.deviceBugs === undefined ? {} : { deviceBugs: options.deviceBugs }),
  });
  const clients = new CoreClients(cluster);
  const { script, record, safetyOnly = false, onlooker } = options;
  const leaveAtMicros = onlooker?.leaveAtMicros;
  onlooker?.begins(world, cluster);
  return runSimulation({ world, swarm, cluster, clients, script, record, safetyOnly, leaveAtMicros });
}
