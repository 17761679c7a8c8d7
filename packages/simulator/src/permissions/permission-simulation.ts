import type { CommandResult, KeyValueStore } from "@quorate/store";
import { ReplicaCluster } from "../replica/replica-cluster.ts";
import { drawStoreSwarm } from "../swarm-stores.ts";
import { runWorkload, workloadWorld, type WorkloadOptions, type WorkloadRun } from "../workload-run.ts";
import { PermissionBook } from "./permission-book.ts";
import { drawPermissionOperation, PermissionClients } from "./permission-clients.ts";
import { ReplicatedPermissions, type BrokenPermissions } from "./permission-member.ts";

export interface PermissionSimulationOptions extends WorkloadOptions {
  readonly broken?: BrokenPermissions;
}

export interface PermissionRun extends WorkloadRun {
  /** Commands by what became of them: "ok", "permission-denied" and so on. */
  readonly outcomes: ReadonlyMap<string, number>;
}

/**
 * One run of production members with users and permissions: core, log, live loop and store, on simulated hosts, under the faults
 * that the seed draws. Each command that the log holds must have the same outcome at every member, in every replay and after
 * every transfer of a state, and the one that a plain model of the rules gives.
 */
export function simulatePermissions(options: PermissionSimulationOptions): PermissionRun {
  const { world, swarm } = workloadWorld(options, (made) =>
    drawStoreSwarm(made, made.streams.stream("swarm of permissions")),
  );
  const book = new PermissionBook();
  const cluster = new ReplicaCluster<KeyValueStore, CommandResult>(
    world,
    swarm,
    {},
    new ReplicatedPermissions(book, options.broken ?? {}),
  );
  const clients = new PermissionClients(cluster, swarm);
  const result = runWorkload(options, { world, swarm, cluster, clients, draw: drawPermissionOperation });
  return { ...result, outcomes: book.counts };
}
