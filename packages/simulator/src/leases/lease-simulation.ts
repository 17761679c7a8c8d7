import type { CommandResult } from "@quorate/store";
import { ReplicaCluster } from "../replica/replica-cluster.ts";
import { requestTimeouts } from "../replica/replica-member-options.ts";
import { runSimulation } from "../simulation.ts";
import type { SimulationResult } from "../simulation.ts";
import { drawSwarm, type Pace, type SwarmOptions } from "../swarm.ts";
import { World } from "../world.ts";
import type { BrokenLeases } from "./broken-leases.ts";
import { LeaseBook } from "./lease-book.ts";
import { drawLeaseOperation, LeaseClients } from "./lease-clients.ts";
import { ReplicatedLeases, type LeaseMember } from "./lease-member.ts";

export interface LeaseSimulationOptions {
  readonly seed: number;
  readonly broken?: BrokenLeases;
  readonly adjust?: ((swarm: SwarmOptions) => SwarmOptions) | undefined;
  /** Skips the liveness phase. */
  readonly safetyOnly?: boolean;
  readonly trace?: (line: string) => void;
}

export interface LeaseRun extends SimulationResult {
  /** Leases that ran out. */
  readonly expired: number;
  /** Renewals that were answered with a time. */
  readonly renewals: number;
}

/**
 * One run of production members that keep leases: core, log, live loop, store and lessor, on simulated hosts, under the faults that
 * the seed draws. Clients grant, renew and revoke a few leases through all members; the book knows what they may count on.
 */
export function simulateLeases(options: LeaseSimulationOptions): LeaseRun {
  const { seed, broken = {}, adjust, safetyOnly = false } = options;
  const world = new World(seed);
  world.trace = options.trace;
  const drawn = forLeases(drawSwarm(world.streams.stream("swarm")), world);
  const swarm = adjust?.(drawn) ?? drawn;
  const { electionTimeoutMs } = swarm.timing;
  const book = new LeaseBook(() => world.nowMs, swarm.clockRates);
  const plan = { checkpointMs: 500, timeoutMs: (requestTimeouts - 2) * electionTimeoutMs };
  const replicated = new ReplicatedLeases(book, plan, broken);
  const cluster = new ReplicaCluster<LeaseMember, CommandResult>(world, swarm, {}, replicated);
  const clients = new LeaseClients(cluster, book, swarm);
  const atTheEnd = (): void => clients.checkAtTheEnd();
  const result = runSimulation({ world, swarm, cluster, clients, draw: drawLeaseOperation, safetyOnly, atTheEnd });
  return { ...result, expired: book.expired, renewals: book.renewals };
}

/** Election timeouts against which leases of seconds are short enough to end in a run, and yet outlive an election. */
const electionTimeouts = [100, 150, 300] as const;

/** The swarm that a seed draws, long enough for leases to end, with clocks that keep their bound, and states that stay what they were. */
function forLeases(swarm: SwarmOptions, world: World): SwarmOptions {
  const random = world.streams.stream("leases");
  const electionTimeoutMs = random.pick(electionTimeouts);
  const stretch = electionTimeoutMs / swarm.timing.electionTimeoutMs;
  const faults: Record<string, Pace> = {};
  for (const [name, pace] of Object.entries(swarm.faults)) {
    if (!leftOut.has(name)) faults[name] = { everyMs: pace.everyMs * stretch, lastsMs: pace.lastsMs * stretch };
  }
  return {
    ...swarm,
    timing: { electionTimeoutMs, clockDriftPpm: 100_000 },
    clockRates: swarm.clockRates.map(() => random.between(0.95, 1.05)),
    faults,
    load: { ...swarm.load, readEveryMs: 5 * electionTimeoutMs },
    registers: { ...swarm.registers, everyMs: random.pick([8, 20]), again: 0 },
    operators: { spareClockRates: [], handOverEveryMs: electionTimeoutMs * random.between(2, 10) },
    durationMs: random.between(6000, 14_000),
  };
}

/** Clocks that jump keep no bound; and what is damaged of a state needs a home to be sent another (which others try). */
const leftOut: ReadonlySet<string> = new Set([
  "clockJump",
  "damage",
  "damagedMarks",
  "damagedState",
  "wipedDisk",
  "oldCopy",
]);
