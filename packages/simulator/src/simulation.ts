import { majority } from "@quorate/raft";
import type { MemberId } from "@quorate/raft";
import type { ClusterRecord } from "./cluster-record.ts";
import type { Marks } from "./marks.ts";
import { Nemesis } from "./nemesis.ts";
import type { FaultTarget } from "./nemesis.ts";
import { perfectLink } from "./network-conditions.ts";
import { SafetyViolation } from "./observation.ts";
import type { LastingFault, SwarmOptions } from "./swarm.ts";
import { EventLimitError } from "./world.ts";
import { Workload } from "./workload.ts";
import type { DrawOperation, RequestTarget } from "./workload.ts";
import { Operators } from "./operators.ts";
import type { OperatedCluster } from "./operators.ts";
import { Recorder } from "./reproduction/recorder.ts";
import { playScript } from "./reproduction/script.ts";
import type { ExternalEvent } from "./reproduction/external-event.ts";
import type { World } from "./world.ts";

/**
 * Within how many election timeouts after everything is healed there must be one leader, all members must have applied
 * the same, and a new command must have got through. An election takes up to 2 T and may be split, a restarted voter is
 * silent for T. Connections and catching up take their own time (`reconnectMs`, `catchUpMsPerEntry`).
 */
export const convergenceTimeouts = 20;

/** The smallest limits that are drawn send one entry at a time: a round trip and a sync each, in ms. */
const catchUpMsPerEntry = 1;

/** How long nothing may change after that, in election timeouts. */
const stableTimeouts = 3;

/**
 * How long it takes to notice a dead connection and to make a new one, at most, in ms: the simulated network of messages,
 * and the transport, which waits up to a second between attempts, on byte streams that try again what a link lost.
 */
const reconnectMs = { messages: 500, transport: 2500 };

/** Commands by which the healed cluster shows that it takes one have numbers above all others. */
const firstProbe = 1_000_000_000;

/**
 * What a run takes at most, in events: sixty times the average, so that a storm of messages shows. So many for the longest safety
 * phase that is drawn (`drawSwarm`), in election timeouts; a longer one, as leases need, has as many more.
 */
const maxEvents = { events: 300_000, timeouts: 25 };

/** Somebody who looks on while a run runs, and may take the world over in the middle of it. */
export interface Onlooker<Cluster> {
  /** Called when everybody is there, and before anything happens. */
  readonly begins: (world: World, cluster: Cluster) => void;
  /** See `RunParts`. */
  readonly leaveAtMicros?: number | undefined;
}

/** Members of any kind in one world, as a run of a seed sees them. */
export interface SimulatedCluster extends FaultTarget, OperatedCluster {
  readonly record: ClusterRecord;
  /** Members that should get along from now on: all of them, until some are left behind for good. */
  expected: ReadonlySet<MemberId>;
  /** Members whose logs have lost something that has not come back yet, and those that will never start again. */
  damaged(): ReadonlySet<MemberId>;
  beyondRepair(): ReadonlySet<MemberId>;
  /** Everybody expected is up, follows one leader, and has applied the same: everything there is. */
  hasConverged(): boolean;
  /** From now on disks are fast and make no errors. */
  healDisks(): void;
  /** How each member stands, on one line. */
  describe(): string;
}

export interface SimulationResult {
  readonly seed: number;
  readonly events: number;
  readonly virtualMs: number;
  /** Of the whole history: the same seed gives the same. */
  readonly hash: string;
  /** The same after every `eventsPerDigest` events: where two runs part (`checkReplay`). */
  readonly digests: readonly string[];
  readonly marks: Marks;
  readonly elections: number;
  /** How long the healed cluster took to converge, in election timeouts; undefined where it was not asked to. */
  readonly convergedIn: number | undefined;
  readonly violation: Violation | undefined;
  /** What the outside did, where `record` asked for it, or `script` told it to. */
  readonly external: readonly ExternalEvent[];
}

export interface Violation {
  /** The checker's name; "invariant" for the core's own checks; "liveness". */
  readonly property: string;
  readonly message: string;
}

export interface RunParts {
  readonly world: World;
  readonly swarm: SwarmOptions;
  readonly cluster: SimulatedCluster;
  readonly clients: RequestTarget;
  /** What clients of a user's state machine ask for; the simulator's own requests where there is none. */
  readonly draw?: DrawOperation | undefined;
  /** Happens instead of the faults and requests that the swarm's plans and the seed would draw. */
  readonly script?: readonly ExternalEvent[] | undefined;
  /** Writes down every fault and request, to be given as a `script`. */
  readonly record?: boolean | undefined;
  /** Skips the liveness phase, which a broken rule may fail in its own way. */
  readonly safetyOnly: boolean;
  /** From here on, in µs, the outside does nothing more, and the run is over: an onlooker has taken over. */
  readonly leaveAtMicros?: number | undefined;
  /** Called after the safety phase, or after the liveness phase where there is one. @throws SafetyViolation */
  readonly always?: () => void;
  /** Called when the healed cluster has converged: what must hold in the end. @throws SafetyViolation */
  readonly atTheEnd?: () => void;
}

/** Thrown between two events, and caught by the run. */
class TakenOver extends Error {}

/** One run: a safety phase under the faults that the seed draws, then a liveness phase after they are healed. */
export function runSimulation(parts: RunParts): SimulationResult {
  const { world, swarm, cluster, clients } = parts;
  const timeouts = swarm.durationMs / swarm.timing.electionTimeoutMs;
  world.maxEvents = Math.ceil(maxEvents.events * Math.max(1, timeouts / maxEvents.timeouts));
  const { leaveAtMicros = Number.POSITIVE_INFINITY } = parts;
  const script = parts.script?.filter(({ atMicros }) => atMicros <= leaveAtMicros);
  const recorder = parts.record === true ? new Recorder(world) : undefined;
  const nemesis = new Nemesis(world, recorder?.faults(cluster) ?? cluster);
  const asked = recorder?.requests(clients) ?? clients;
  const workload = new Workload(world, cluster, asked);
  const operators = new Operators(world, cluster, asked);
  let convergedIn: number | undefined;
  let violation: Violation | undefined;
  const { afterEvent } = world;
  if (parts.leaveAtMicros !== undefined) {
    world.afterEvent = (event) => {
      afterEvent?.(event);
      if (world.nowMicros >= leaveAtMicros) throw new TakenOver();
    };
  }
  try {
    for (const id of cluster.ids) cluster.start(id);
    if (script === undefined) {
      workload.begin(swarm.load, swarm.registers, parts.draw);
      nemesis.begin(swarm.faults);
      if (swarm.operators !== undefined) operators.begin(swarm.operators);
    } else {
      playScript(world, script, { faults: cluster, requests: clients });
    }
    world.run(swarm.durationMs);
    workload.stop();
    operators.stop();
    if (!parts.safetyOnly) {
      nemesis.stopAndHeal();
      leaveBehind(parts);
      convergedIn = converge(parts);
      parts.atTheEnd?.();
    }
    parts.always?.();
  } catch (error) {
    if (!(error instanceof TakenOver)) violation = violationOf(error);
  }
  if (parts.leaveAtMicros !== undefined) {
    world.afterEvent = afterEvent;
    workload.stop();
    operators.stop();
    nemesis.stop();
  }
  return {
    seed: world.seed,
    events: world.executed,
    virtualMs: world.nowMs,
    hash: world.hash.digest(),
    digests: world.digests,
    marks: cluster.record.marks,
    elections: cluster.record.elections,
    convergedIn,
    violation,
    external: script ?? recorder?.events ?? [],
  };
}

/** The liveness phase. Returns how many election timeouts it took. @throws SafetyViolation when it takes too long. */
function converge({ world, swarm, cluster, clients }: RunParts): number {
  const { electionTimeoutMs } = swarm.timing;
  const begin = world.nowMs;
  const catchUpMs = catchUpMsPerEntry * cluster.record.committed.lastIndex;
  const limitMs = convergenceTimeouts * electionTimeoutMs + reconnectMs[swarm.carrier] + catchUpMs;
  // A leader whose connections turn out to be dead notices a while later that it has no quorum.
  const settleMs = reconnectMs[swarm.carrier] + 2 * electionTimeoutMs;
  world.note("network", () => "is healed");
  // As the network was: on a stream, a member that stays deaf or mute would be cut off in both directions.
  const { style } = cluster.conditions.usual;
  cluster.conditions.setAll({ ...perfectLink, style });
  cluster.healDisks();
  if (!world.runUntil(() => cluster.hasConverged(), limitMs)) throw stalled(cluster, "did not converge");
  const { committed } = cluster.record;
  const before = committed.lastIndex;
  const progressed = (): boolean => committed.lastIndex > before && cluster.hasConverged();
  let probe = firstProbe;
  do {
    if (world.nowMs >= begin + limitMs) throw stalled(cluster, "does not take a command");
    // A leader that is still behind in applying may say "busy": a client asks again.
    const leader = cluster.leader();
    if (committed.lastIndex === before && leader !== 0) clients.submit(leader, probe++, [4]);
  } while (!world.runUntil(progressed, electionTimeoutMs / 10));
  const convergedIn = (world.nowMs - begin) / electionTimeoutMs;
  world.run(Math.max(0, begin + settleMs - world.nowMs));
  if (!world.runUntil(() => cluster.hasConverged(), limitMs)) throw stalled(cluster, "did not stay converged");
  staysStable(world, cluster, electionTimeoutMs);
  return convergedIn;
}

/** Some members are never healed; so few that the others are a quorum of members which hold all that they promised. */
function leaveBehind({ world, swarm, cluster }: RunParts): void {
  const unfit = new Set([...cluster.damaged(), ...cluster.beyondRepair()]);
  const gone = new Set(cluster.beyondRepair());
  for (const { id, fault } of swarm.leftBehind) {
    if (!unfit.has(id) && unfit.size >= majority(cluster.ids.length) - 1) continue;
    unfit.add(id);
    if (gone.has(id)) continue;
    gone.add(id);
    world.note("network", () => `stays as it is: ${id} is ${fault}`);
    breakForGood(cluster, id, fault);
  }
  if (gone.size > 0) cluster.record.marks.reach("converged without some members");
  cluster.expected = new Set(cluster.ids.filter((id) => !gone.has(id)));
}

function breakForGood(cluster: SimulatedCluster, id: MemberId, fault: LastingFault): void {
  if (fault === "down") return cluster.crash(id);
  if (fault === "paused") return cluster.pause(id);
  for (const other of cluster.ids) {
    if (other === id) continue;
    if (fault !== "mute") cluster.conditions.block(other, id);
    if (fault !== "deaf") cluster.conditions.block(id, other);
  }
}

/**
 * Nothing that is still broken costs the others their leader: with Pre-Vote and check-quorum members that hear nobody, or
 * that nobody hears, depose no one (testing-anchors §1.4, invariant 19). @throws SafetyViolation
 */
function staysStable(world: World, cluster: SimulatedCluster, electionTimeoutMs: number): void {
  const { elections } = cluster.record;
  const leader = cluster.leader();
  world.run(stableTimeouts * electionTimeoutMs);
  if (cluster.record.elections === elections && cluster.leader() === leader) return;
  throw new SafetyViolation(
    "stability",
    `the healed cluster changed its leader, member ${leader}, for nothing: ${cluster.describe()}`,
  );
}

function stalled(cluster: SimulatedCluster, what: string): SafetyViolation {
  return new SafetyViolation("liveness", `the healed cluster ${what} in time: ${cluster.describe()}`);
}

function violationOf(error: unknown): Violation {
  if (error instanceof SafetyViolation) return { property: error.checker, message: error.message };
  if (error instanceof EventLimitError) return { property: "liveness", message: `liveness: ${error.message}` };
  if (error instanceof Error && error.name === "InvariantViolation") {
    return { property: "invariant", message: error.message };
  }
  throw error;
}
