import { put } from "../../packages/cli/src/client/etcd-methods.ts";
import { openCalls } from "../../packages/cli/src/client/calls.ts";
import type { Cleanup, ClusterOptions } from "../harness/cluster.ts";
import { Cluster } from "../harness/cluster.ts";
import type { EtcdCluster } from "../harness/etcd-cluster.ts";
import { startEtcdCluster } from "../harness/etcd-cluster.ts";
import { MemberClient } from "../harness/member-client.ts";
import { until } from "../harness/until.ts";
import { seeds } from "./operations.ts";

/** T of both systems, whose heartbeats come every T/10: the default of both. */
export const electionTimeoutMs = 1000;

/** etcd is started with its defaults but for Pre-Vote, which Quorate always does, and the quota that stops long runs. */
export const etcdArguments = [
  "--pre-vote",
  `--election-timeout=${electionTimeoutMs}`,
  `--heartbeat-interval=${electionTimeoutMs / 10}`,
  `--quota-backend-bytes=${8 * 2 ** 30}`,
];

/** One of the two systems under load, with all its members running. */
export interface Contender {
  readonly name: "Quorate" | "etcd";
  readonly members: readonly ContendingMember[];
  /** The number in `members` of the one that leads now. Fails when the members do not agree. */
  leader(): Promise<number>;
  destroy(): Promise<void>;
}

export interface ContendingMember {
  /** "host:port" for clients. */
  readonly endpoint: string;
  readonly pid: number;
  readonly client: MemberClient;
  /** What it has printed so far; etcd's is thrown away. */
  readonly log: () => string;
}

export async function startQuorate(options: ClusterOptions = {}): Promise<Contender> {
  const ends: (() => unknown)[] = [];
  const cleanup: Cleanup = { after: (end) => ends.push(end) };
  const destroy = async () => {
    for (const end of ends) await end();
  };
  try {
    const cluster = await Cluster.start(cleanup, { electionTimeoutMs, ...options });
    const members = cluster.members.map((member, index) => {
      if (member.pid === undefined) throw new Error(`${member.name} has ended:\n${member.log}`);
      return { endpoint: member.endpoint, pid: member.pid, client: cluster.client(index), log: () => member.log };
    });
    await plant(members);
    return { name: "Quorate", members, leader: () => leaderOf(members), destroy };
  } catch (error) {
    await destroy();
    throw error;
  }
}

export async function startEtcd(): Promise<Contender> {
  const cluster: EtcdCluster = await startEtcdCluster(3, etcdArguments);
  const members = cluster.members.map(({ endpoint, pid }) => ({
    endpoint,
    pid,
    client: new MemberClient(endpoint),
    log: () => "",
  }));
  const destroy = async () => {
    for (const { client } of members) client.close();
    await cluster.destroy();
  };
  try {
    await plant(members);
    return { name: "etcd", members, leader: () => leaderOf(members), destroy };
  } catch (error) {
    await destroy();
    throw error;
  }
}

async function leaderOf(members: readonly ContendingMember[]): Promise<number> {
  return until("the members agree on a leader", 20_000, async () => {
    const states = await Promise.all(members.map(({ client }) => client.state()));
    const leader = states.findIndex((state) => state.memberId === state.leader);
    const agreed = states.every((state) => state.leader === states[leader]?.memberId);
    return leader >= 0 && agreed ? leader : undefined;
  });
}

/** Writes what the operations read. */
async function plant(members: readonly ContendingMember[]): Promise<void> {
  await leaderOf(members);
  const calls = openCalls(
    members.map(({ endpoint }) => endpoint),
    5000,
  );
  try {
    for (const seed of seeds) await calls.call(put, seed);
  } finally {
    calls.close();
  }
}
