import type { CommandResult, KeyValueStore } from "@quorate/store";
import { ReplicaCluster } from "../replica/replica-cluster.ts";
import { drawStoreSwarm } from "../swarm-stores.ts";
import { runWorkload, workloadWorld, type WorkloadOptions, type WorkloadRun } from "../workload-run.ts";
import type { BrokenWatches } from "./broken-watches.ts";
import { WatchBook } from "./watch-book.ts";
import { drawWatchOperation, WatchClients } from "./watch-clients.ts";
import { ReplicatedWatches } from "./watch-member.ts";

export interface WatchSimulationOptions extends WorkloadOptions {
  readonly broken?: BrokenWatches;
}

export interface WatchRun extends WorkloadRun {
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
  const { broken = {} } = options;
  const { world, swarm } = workloadWorld(options, (made) =>
    drawStoreSwarm(made, made.streams.stream("swarm of watches")),
  );
  const random = world.streams.stream("watches");
  const limits = {
    maxJournalBytes: random.pick([1, 2000, longJournal]),
    maxWatcherEvents: random.pick([1, 5, 1000]),
    checkpointsWhenCompacted: world.streams.stream("checkpoints of watches").chance(0.5),
  };
  const book = new WatchBook(limits.maxJournalBytes === longJournal);
  const replicated = new ReplicatedWatches(book, limits, broken);
  const cluster = new ReplicaCluster<KeyValueStore, CommandResult>(world, swarm, {}, replicated);
  const clients = new WatchClients(cluster, book, swarm, broken);
  const result = runWorkload(options, { world, swarm, cluster, clients, draw: drawWatchOperation });
  const { statesTaken } = replicated;
  return { ...result, ...clients.counts, revision: book.revision, told: book.told, statesTaken };
}

/** Bytes that no run fills. */
const longJournal = 1_000_000;
