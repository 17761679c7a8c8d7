import { mkdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { silentLogger, type Host } from "@quorate/host";
import { createNodeHost, type NodeHost } from "@quorate/host-node";
import {
  memoryMachine,
  openReplica,
  parsePeerUrl,
  ReplicaStartError,
  type NetworkFactory,
  type Replica,
  type ReplicaOptions,
  type StateMachine,
} from "@quorate/replica";
import { createPeerTransport } from "@quorate/transport";
import type { Member, MemberOptions } from "./member-options.ts";
import { derivedClusterId, joinedConfiguration, newConfiguration } from "./new-cluster.ts";

/**
 * Starts a member of a cluster in this process: its files under `directory`, its peers over TCP. A new directory begins a
 * new member of a new cluster; one that was used before goes on where it stopped, however it stopped.
 *
 * @throws ReplicaStartError when the options are wrong, or files and cluster do not belong together
 * @throws HostError when the directory or the address is in use
 */
export async function startMember<Result>(options: MemberOptions<Result>): Promise<Member<Result>> {
  const url = options.members[options.id];
  const listen = options.listen ?? (url === undefined ? undefined : parsePeerUrl(url));
  if (options.isJoining === true && options.clusterId === undefined) {
    const message = "isJoining needs the clusterId of the cluster that runs: `status.clusterId` of any of its members";
    throw new ReplicaStartError("invalid-option", message);
  }
  if (listen === undefined) {
    const message = `members[${options.id}] is ${url === undefined ? "missing" : `"${url}"`}: it must be "http://host:port"`;
    throw new ReplicaStartError("invalid-option", message);
  }
  const directory = resolve(options.directory);
  await mkdir(directory, { recursive: true });
  const host = createNodeHost();
  try {
    // Before anything in the directory is touched; closing the host lets go of it.
    await lock(host, directory);
    const stateMachine = await openState(options, host, directory);
    const network: NetworkFactory = (setup, done) => createPeerTransport({ ...setup, host, listen, peers: [] }, done);
    const replica = await open({ ...replicaOptions(options), host, directory, stateMachine, network });
    return member(replica, host);
  } catch (error) {
    await host.close();
    throw error;
  }
}

function lock(host: Host, directory: string): Promise<void> {
  return new Promise((resolve, reject) => {
    host.disk.lock(directory, (error) => (error === undefined ? resolve() : reject(error)));
  });
}

function openState<Result>(
  { state }: MemberOptions<Result>,
  host: Host,
  directory: string,
): Promise<StateMachine<Result>> {
  if (typeof state === "function") return state(host);
  return new Promise((resolve, reject) => {
    const place = { disk: host.disk, directory: join(directory, "state") };
    memoryMachine(state, place, (error, machine) => (error === undefined ? resolve(machine) : reject(error)));
  });
}

type FixedOptions = "host" | "directory" | "stateMachine" | "network";

function replicaOptions<Result>(options: MemberOptions<Result>): Omit<ReplicaOptions<Result>, FixedOptions> {
  const { id, members, timing, isJoining, limits, checkpoint, transfer, reads, requestTimeoutMs } = options;
  return {
    clusterId: options.clusterId ?? derivedClusterId(members),
    memberId: id,
    initialConfiguration:
      isJoining === true ? joinedConfiguration(id, members, timing) : newConfiguration(members, timing),
    isJoining: isJoining === true,
    logger: options.logger ?? silentLogger,
    ...(limits === undefined ? {} : { limits }),
    ...(checkpoint === undefined ? {} : { checkpoint }),
    ...(transfer === undefined ? {} : { transfer }),
    ...(reads === undefined ? {} : { reads }),
    ...(requestTimeoutMs === undefined ? {} : { requestTimeoutMs }),
  };
}

function open<Result>(options: ReplicaOptions<Result>): Promise<Replica<Result>> {
  return new Promise((resolve, reject) => {
    openReplica(options, (error, replica) => (error === undefined ? resolve(replica) : reject(error)));
  });
}

function member<Result>(replica: Replica<Result>, host: NodeHost): Member<Result> {
  const closed = (): Promise<void> =>
    new Promise((resolve, reject) => {
      replica.close((error) => (error === undefined ? resolve() : reject(error)));
    });
  return {
    submit: (command) => replica.submit(command),
    read: () => replica.read(),
    change: (operation) => replica.carryOut(operation),
    transferLeadership: async (to) => {
      await replica.carryOut({ kind: "transfer", to });
    },
    get status() {
      return replica.status;
    },
    replica,
    close: async () => {
      try {
        await closed();
      } finally {
        await host.close();
      }
    },
  };
}
