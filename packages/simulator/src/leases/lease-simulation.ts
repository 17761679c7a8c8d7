import type { MemberId } from "@quorate/raft";
import type { CommandResult } from "@quorate/store";
import { ReplicaCluster } from "../replica/replica-cluster.ts";
import { requestTimeouts } from "../replica/replica-member-options.ts";
import { around } from "../stand-in.ts";
import type { SwarmOptions } from "../swarm.ts";
import { drawStoreSwarm, readingByFitClocks, withElectionTimeout } from "../swarm-stores.ts";
import type { World } from "../world.ts";
import { runWorkload, workloadWorld, type WorkloadOptions, type WorkloadRun } from "../workload-run.ts";
import type { BrokenLeases } from "./broken-leases.ts";
import { LeaseBook } from "./lease-book.ts";
import { drawLeaseOperation, LeaseClients } from "./lease-clients.ts";
import { ReplicatedLeases, type LeaseMember } from "./lease-member.ts";

export interface LeaseSimulationOptions extends WorkloadOptions {
  readonly broken?: BrokenLeases;
}

export interface LeaseRun extends WorkloadRun {
  /** Leases that ran out, renewals that were answered with a time, and states that members took from others. */
  readonly counts: LeaseBook["counts"];
}

/**
 * One run of production members that keep leases: core, log, live loop, store and lessor, on simulated hosts, under the faults that
 * the seed draws. Clients grant, renew and revoke a few leases through all members; the book knows what they may count on.
 */
export function simulateLeases(options: LeaseSimulationOptions): LeaseRun {
  const { world, swarm } = workloadWorld(options, forLeases);
  const { electionTimeoutMs } = swarm.timing;
  const book = new LeaseBook(() => world.nowMs, [...swarm.clockRates, ...(swarm.operators?.spareClockRates ?? [])]);
  const plan = {
    checkpointMs: 500,
    timeoutMs: (requestTimeouts - 2) * electionTimeoutMs,
    maxJournalBytes: world.streams.stream("bounds of stores").pick([1, 2000, 100_000]),
  };
  const replicated = new ReplicatedLeases(book, plan, options.broken ?? {});
  const members = new ReplicaCluster<LeaseMember, CommandResult>(world, swarm, {}, replicated);
  const clients = new LeaseClients(members, book, swarm);
  const cluster = around(members, {
    jumpClock: (id: MemberId, monotonicMs: number, wallMs: number): void => {
      if (members.member(id).status?.role === "leader") book.leaderJumped(Math.max(0, monotonicMs));
      members.jumpClock(id, monotonicMs, wallMs);
    },
  });
  const result = runWorkload(options, { world, swarm, cluster, clients, draw: drawLeaseOperation });
  return { ...result, counts: book.counts };
}

/** Election timeouts against which leases of seconds are short enough to end in a run, and yet outlive an election. */
const electionTimeouts = [100, 150, 300] as const;
/** What operators ask of the members of one run, about: whoever leaves never comes back. */
const operationsPerRun = 20;

/** The world that a seed draws for the store, long enough for leases to end, with clocks as far apart as they may be. */
function forLeases(world: World): SwarmOptions {
  const random = world.streams.stream("leases");
  const swarm = withElectionTimeout(drawStoreSwarm(world, random), random.pick(electionTimeouts));
  const { electionTimeoutMs } = swarm.timing;
  const durationMs = random.between(6000, 14_000);
  const { spareClockRates = [], operationEveryMs, ...operators } = swarm.operators ?? {};
  const isWithinBound = !random.chance(0.08);
  const rate = (): number => (isWithinBound ? random.between(0.95, 1.05) : random.between(0.6, 1.7));
  return readingByFitClocks({
    ...swarm,
    timing: { electionTimeoutMs, clockDriftPpm: 100_000 },
    clockRates: swarm.clockRates.map(rate),
    load: { ...swarm.load, readEveryMs: 5 * electionTimeoutMs },
    registers: { ...swarm.registers, everyMs: random.pick([8, 20]) },
    operators: {
      ...operators,
      spareClockRates: spareClockRates.map(rate),
      handOverEveryMs: electionTimeoutMs * random.between(2, 10),
      ...(operationEveryMs === undefined
        ? {}
        : { operationEveryMs: Math.max(operationEveryMs, durationMs / operationsPerRun) }),
    },
    durationMs,
  });
}
