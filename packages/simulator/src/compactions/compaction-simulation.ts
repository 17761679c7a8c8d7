import type { CommandResult, KeyValueStore } from "@quorate/store";
import { ReplicaCluster } from "../replica/replica-cluster.ts";
import { runSimulation, type SimulationResult } from "../simulation.ts";
import { drawSwarm, type Pace, type SwarmOptions } from "../swarm.ts";
import { World } from "../world.ts";
import { CompactionBook } from "./compaction-book.ts";
import { CompactionClients, drawCompactionOperation } from "./compaction-clients.ts";
import { ReplicatedCompaction, type BrokenCompaction } from "./compaction-member.ts";

export interface CompactionSimulationOptions {
  readonly seed: number;
  readonly broken?: BrokenCompaction;
  readonly trace?: (line: string) => void;
}

export interface CompactionRun extends SimulationResult {
  /** What was looked at: reads, hashes, scrubs; compactions; and engines from which something was removed. */
  readonly counts: CompactionBook["counts"];
}

/**
 * One run of production members that compact, under the faults that the seed draws: core, log, live loop and store on simulated hosts.
 * What any of them shows is held against a plain model that keeps every revision.
 */
export function simulateCompaction({ seed, broken = {}, trace }: CompactionSimulationOptions): CompactionRun {
  const world = new World(seed);
  world.trace = trace;
  const swarm = forCompaction(drawSwarm(world.streams.stream("swarm")), world);
  const random = world.streams.stream("bounds of stores");
  const book = new CompactionBook();
  const limits = {
    // By the journal, by the whole history, and by the one when the other is forgotten.
    changeLookupBytes: random.pick([0, 0, 10, Number.MAX_SAFE_INTEGER]),
    maxJournalBytes: random.pick([1000, 100_000, 100_000]),
  };
  const members = new ReplicatedCompaction(book, limits, broken);
  const cluster = new ReplicaCluster<KeyValueStore, CommandResult>(world, swarm, {}, members);
  const clients = new CompactionClients(cluster, book, swarm);
  const atTheEnd = (): void => {
    clients.checkAtTheEnd();
    members.checkEngines();
  };
  const parts = { world, swarm, cluster, clients, draw: drawCompactionOperation, safetyOnly: false, atTheEnd };
  const result = runSimulation(parts);
  return { ...result, counts: book.counts };
}

/** The swarm that a seed draws, with logs that are pruned in most runs, so that states are sent. */
function forCompaction(swarm: SwarmOptions, world: World): SwarmOptions {
  const random = world.streams.stream("swarm of compaction");
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
