import type { CommandResult, KeyValueStore } from "@quorate/store";
import { ReplicaCluster } from "../replica/replica-cluster.ts";
import { runSimulation, type SimulationResult } from "../simulation.ts";
import { drawSwarm, type Pace, type SwarmOptions } from "../swarm.ts";
import { World } from "../world.ts";
import type { BrokenWatches } from "./broken-watches.ts";
import { WatchBook } from "./watch-book.ts";
import { drawWatchOperation, WatchClients } from "./watch-clients.ts";
import { ReplicatedWatches } from "./watch-member.ts";

export interface WatchSimulationOptions {
  readonly seed: number;
  readonly broken?: BrokenWatches;
  readonly adjust?: (swarm: SwarmOptions) => SwarmOptions;
  /** Skips the liveness phase. */
  readonly safetyOnly?: boolean;
  readonly trace?: (line: string) => void;
}

export interface WatchRun extends SimulationResult {
  readonly revision: number;
  /** Events that watches were told of. */
  readonly told: number;
  /** Streams that clients have opened. */
  readonly connections: number;
  /** Watches that were ended because what they lacked was compacted. */
  readonly endings: number;
  /** States that members took from others while they were watched. */
  readonly statesTaken: number;
}

/**
 * One run of production members whose keys are watched: core, log, live loop, store and its watches, on simulated hosts, under the
 * faults that the seed draws. Clients change keys through all members, and watch them on streams that rest, break and go on at
 * other members; the book knows from the log what each is to be told.
 */
export function simulateWatches(options: WatchSimulationOptions): WatchRun {
  const { seed, broken = {}, adjust, safetyOnly = false } = options;
  const world = new World(seed);
  world.trace = options.trace;
  const random = world.streams.stream("watches");
  const drawn = forWatches(drawSwarm(world.streams.stream("swarm")), world);
  const swarm = adjust?.(drawn) ?? drawn;
  const limits = {
    maxJournalBytes: random.pick([1, 2000, longJournal]),
    maxWatcherEvents: random.pick([1, 5, 1000]),
    checkpointsWhenCompacted: world.streams.stream("checkpoints of watches").chance(0.5),
  };
  const book = new WatchBook(limits.maxJournalBytes === longJournal);
  const replicated = new ReplicatedWatches(book, limits, broken);
  const cluster = new ReplicaCluster<KeyValueStore, CommandResult>(world, swarm, {}, replicated);
  const clients = new WatchClients(cluster, book, swarm, broken);
  const atTheEnd = (): void => clients.checkAtTheEnd();
  const result = runSimulation({ world, swarm, cluster, clients, draw: drawWatchOperation, safetyOnly, atTheEnd });
  const { statesTaken } = replicated;
  return { ...result, ...clients.counts, revision: book.revision, told: book.told, statesTaken };
}

/** Bytes that no run fills. */
const longJournal = 1_000_000;

/** The swarm that a seed draws, with logs that are pruned in half of the runs, so that states are sent. */
function forWatches(swarm: SwarmOptions, world: World): SwarmOptions {
  const random = world.streams.stream("swarm of watches");
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
