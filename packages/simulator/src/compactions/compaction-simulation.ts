import type { CommandResult, KeyValueStore } from "@quorate/store";
import { ReplicaCluster } from "../replica/replica-cluster.ts";
import { drawStoreSwarm } from "../swarm-stores.ts";
import { runWorkload, workloadWorld, type WorkloadOptions, type WorkloadRun } from "../workload-run.ts";
import { CompactionBook } from "./compaction-book.ts";
import { CompactionClients, drawCompactionOperation } from "./compaction-clients.ts";
import { ReplicatedCompaction, type BrokenCompaction } from "./compaction-member.ts";

export interface CompactionSimulationOptions extends WorkloadOptions {
  readonly broken?: BrokenCompaction;
}

export interface CompactionRun extends WorkloadRun {
  /** What was looked at: reads, hashes, scrubs; compactions; and engines from which something was removed. */
  readonly counts: CompactionBook["counts"];
}

/**
 * One run of production members that compact, under the faults that the seed draws: core, log, live loop and store on simulated hosts.
 * What any of them shows is held against a plain model that keeps every revision.
 */
export function simulateCompaction(options: CompactionSimulationOptions): CompactionRun {
  const { world, swarm } = workloadWorld(options, (made) =>
    drawStoreSwarm(made, made.streams.stream("swarm of compaction")),
  );
  const random = world.streams.stream("bounds of stores");
  const book = new CompactionBook();
  const limits = {
    // By the journal, by the whole history, and by the one when the other is forgotten.
    changeLookupBytes: random.pick([0, 0, 10, Number.MAX_SAFE_INTEGER]),
    maxJournalBytes: random.pick([1000, 100_000, 100_000]),
  };
  const members = new ReplicatedCompaction(book, limits, options.broken ?? {});
  const cluster = new ReplicaCluster<KeyValueStore, CommandResult>(world, swarm, {}, members);
  const clients = new CompactionClients(cluster, book, swarm);
  const checkAtTheEnd = (): void => {
    clients.checkAtTheEnd();
    members.checkEngines();
  };
  const asked = { target: clients.target, checkAtTheEnd };
  const result = runWorkload(options, { world, swarm, cluster, clients: asked, draw: drawCompactionOperation });
  return { ...result, counts: book.counts };
}
