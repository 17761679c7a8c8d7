import type { Rules } from "@quorate/raft";
import { allCheckers } from "../checkers/index.ts";
import type { WatchedCluster } from "../checkers/index.ts";
import type { Marks } from "../marks.ts";
import { Nemesis } from "../nemesis.ts";
import { perfectLink } from "../network-conditions.ts";
import { SafetyViolation } from "../observation.ts";
import type { Checker } from "../observation.ts";
import { drawSwarm, fastDisk } from "../swarm.ts";
import type { SwarmOptions } from "../swarm.ts";
import { World } from "../world.ts";
import { CoreClients } from "./core-clients.ts";
import { CoreCluster } from "./core-cluster.ts";
import type { DeviceBugs } from "./log-device.ts";

/**
 * Within how many election timeouts after everything is healed there must be one leader, all members must have applied
 * the same, and a new command must have got through. An election takes up to 2 T, a restarted voter is silent for T, and a
 * lost connection takes up to 400 ms to be noticed and made again.
 */
export const convergenceTimeouts = 20;

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

export interface SimulationResult {
  readonly seed: number;
  readonly events: number;
  readonly virtualMs: number;
  /** Of the whole history: the same seed gives the same. */
  readonly hash: string;
  readonly marks: Marks;
  readonly elections: number;
  /** How long the healed cluster took to converge, in election timeouts; undefined where it was not asked to. */
  readonly convergedIn: number | undefined;
  readonly violation: Violation | undefined;
}

export interface Violation {
  /** The checker's name; "invariant" for the core's own checks; "liveness". */
  readonly property: string;
  readonly message: string;
}

/** One run: a safety phase under the faults that the seed draws, then a liveness phase after they are healed. */
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
  const nemesis = new Nemesis(world, cluster);
  let convergedIn: number | undefined;
  let violation: Violation | undefined;
  try {
    for (const id of cluster.ids) cluster.start(id);
    clients.begin();
    nemesis.begin(swarm.faults);
    world.run(swarm.durationMs);
    clients.stop();
    if (options.safetyOnly !== true) convergedIn = converge(cluster, clients, nemesis);
  } catch (error) {
    violation = violationOf(error);
  }
  return {
    seed: options.seed,
    events: world.executed,
    virtualMs: world.nowMs,
    hash: world.hash.digest(),
    marks: cluster.marks,
    elections: cluster.elections,
    convergedIn,
    violation,
  };
}

/** The liveness phase. Returns how many election timeouts it took. @throws SafetyViolation when it takes too long. */
function converge(cluster: CoreCluster, clients: CoreClients, nemesis: Nemesis): number {
  const { world, electionTimeoutMs } = cluster;
  const begin = world.nowMs;
  const limitMs = convergenceTimeouts * electionTimeoutMs + reconnectMs;
  world.note("network", () => "is healed");
  nemesis.stopAndHeal();
  cluster.conditions.setAll(perfectLink);
  for (const member of cluster.members) member.diskPace = fastDisk;
  const done = (): boolean => cluster.hasConverged();
  if (!world.runUntil(done, limitMs)) throw stalled(cluster, "did not converge");
  const before = cluster.committed.lastIndex;
  clients.propose(cluster.member(cluster.leader()));
  const progressed = (): boolean => cluster.committed.lastIndex > before && cluster.hasConverged();
  if (!world.runUntil(progressed, begin + limitMs - world.nowMs)) throw stalled(cluster, "does not take a command");
  return (world.nowMs - begin) / electionTimeoutMs;
}

/** How long the simulated network takes to notice a dead connection and make a new one, at most, in ms. */
const reconnectMs = 500;

function stalled(cluster: CoreCluster, what: string): SafetyViolation {
  const members = cluster.members.map(({ id, status }) =>
    status === undefined
      ? `${id} down`
      : `${id} ${status.role} of term ${status.term}, leader ${status.leader}, last ${status.last.index}, commit ${status.commitIndex}`,
  );
  return new SafetyViolation("liveness", `the healed cluster ${what} in time: ${members.join("; ")}`);
}

function violationOf(error: unknown): Violation {
  if (error instanceof SafetyViolation) return { property: error.checker, message: error.message };
  if (error instanceof Error && error.name === "InvariantViolation") {
    return { property: "invariant", message: error.message };
  }
  throw error;
}
