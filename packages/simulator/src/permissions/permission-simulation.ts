import type { CommandResult, KeyValueStore } from "@quorate/store";
import { ReplicaCluster } from "../replica/replica-cluster.ts";
import { runSimulation, type SimulationResult } from "../simulation.ts";
import { drawSwarm, type Pace, type SwarmOptions } from "../swarm.ts";
import { World } from "../world.ts";
import { PermissionBook } from "./permission-book.ts";
import { drawPermissionOperation, PermissionClients } from "./permission-clients.ts";
import { ReplicatedPermissions, type BrokenPermissions } from "./permission-member.ts";

export interface PermissionSimulationOptions {
  readonly seed: number;
  readonly broken?: BrokenPermissions;
  readonly trace?: (line: string) => void;
}

export interface PermissionRun extends SimulationResult {
  /** Commands by what became of them: "ok", "permission-denied" and so on. */
  readonly outcomes: ReadonlyMap<string, number>;
}

/**
 * One run of production members with users and permissions: core, log, live loop and store, on simulated hosts, under the faults
 * that the seed draws. Each command that the log holds must have the same outcome at every member, in every replay and after
 * every transfer of a state, and the one that a plain model of the rules gives.
 */
export function simulatePermissions({ seed, broken = {}, trace }: PermissionSimulationOptions): PermissionRun {
  const world = new World(seed);
  world.trace = trace;
  const swarm = forPermissions(drawSwarm(world.streams.stream("swarm")), world);
  const book = new PermissionBook();
  const cluster = new ReplicaCluster<KeyValueStore, CommandResult>(
    world,
    swarm,
    {},
    new ReplicatedPermissions(book, broken),
  );
  const clients = new PermissionClients(cluster, swarm);
  const atTheEnd = (): void => clients.checkAtTheEnd();
  const parts = { world, swarm, cluster, clients, draw: drawPermissionOperation, safetyOnly: false, atTheEnd };
  const result = runSimulation(parts);
  return { ...result, outcomes: book.counts };
}

/** The swarm that a seed draws, with logs that are pruned in most runs, so that states are sent. */
function forPermissions(swarm: SwarmOptions, world: World): SwarmOptions {
  const random = world.streams.stream("swarm of permissions");
  const { electionTimeoutMs } = swarm.timing;
  const faults: Record<string, Pace> = {};
  for (const [name, pace] of Object.entries(swarm.faults)) if (!leftOut.has(name)) faults[name] = pace as Pace;
  const { states: _, operators: __, ...rest } = swarm;
  return {
    ...rest,
    faults,
    registers: { ...swarm.registers, processes: 4, everyMs: electionTimeoutMs / random.pick([20, 60]), again: 0 },
    operators: { spareClockRates: [], handOverEveryMs: electionTimeoutMs * random.between(5, 30) },
    ...(random.chance(0.6) ? { states: { keptEntries: random.integer(0, 8), stateBytes: 1000, chunks: 3 } } : {}),
  };
}

/** The state lies in memory, apart from the disk that these take away. */
const leftOut: ReadonlySet<string> = new Set(["damage", "damagedMarks", "damagedState", "wipedDisk", "oldCopy"]);
