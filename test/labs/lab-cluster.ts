import type { admin } from "@quorate/etcd";
import { describe } from "../../packages/cli/src/client/admin-methods.ts";
import { openCalls } from "../../packages/cli/src/client/calls.ts";
import { Cluster } from "../harness/cluster.ts";
import { MemberClient } from "../harness/member-client.ts";
import type { MemberProcess } from "../harness/member-process.ts";
import { Operator } from "../harness/membership.ts";
import { until } from "../harness/until.ts";

export interface LabClusterOptions {
  readonly members: number;
  readonly electionTimeoutMs: number;
  readonly extraArguments: readonly string[];
}

/** Real members that a laboratory starts, asks and ends; nothing ends them by itself but the end of this process. */
export class LabCluster {
  readonly cluster: Cluster;
  readonly operator: Operator;

  private constructor(cluster: Cluster) {
    this.cluster = cluster;
    this.operator = new Operator(cluster);
  }

  /** Starts the first members, and waits until they have a leader. */
  static async start(options: LabClusterOptions): Promise<LabCluster> {
    const cluster = await Cluster.prepare({ after: () => {} }, options);
    for (const member of cluster.members) member.start();
    await cluster.untilServing(60_000);
    return new LabCluster(cluster);
  }

  get members(): readonly MemberProcess[] {
    return this.cluster.members;
  }

  get running(): readonly MemberProcess[] {
    return this.members.filter(({ pid }) => pid !== undefined);
  }

  /** Starts a member that joins: it becomes a voter once it has caught up. */
  async join(): Promise<MemberProcess> {
    const index = await this.cluster.newMember(this.running.map(({ endpoint }) => endpoint));
    const member = this.cluster.member(index);
    member.start();
    return member;
  }

  async leader(): Promise<MemberProcess> {
    return this.cluster.member(await this.cluster.untilServing(60_000));
  }

  /** What the leader says of the cluster. */
  describe(): Promise<admin.DescribeResponse> {
    return this.operator.describe();
  }

  /** What a member says of itself; undefined when it does not answer. */
  async stateOf({ endpoint }: MemberProcess): Promise<admin.DescribeResponse | undefined> {
    const calls = openCalls([endpoint], 5000);
    return calls
      .call(describe, {})
      .catch(() => undefined)
      .finally(() => calls.close());
  }

  /** Waits until the running members have applied the same; gives the hash that they agree on. */
  async sameHash(withinMs: number): Promise<string> {
    const clients = this.running.map(({ endpoint }) => new MemberClient(endpoint, withinMs));
    try {
      const revision = await until("the members have the same revision", withinMs, async () => {
        const revisions = await Promise.all(clients.map((client) => client.revision()));
        return new Set(revisions).size === 1 ? revisions[0] : undefined;
      });
      const hashes = await Promise.all(clients.map((client) => client.hash(revision)));
      if (new Set(hashes).size !== 1) throw new Error(`hashes at revision ${revision} differ: ${hashes.join(", ")}`);
      return `${hashes[0]} at revision ${revision}`;
    } finally {
      for (const client of clients) client.close();
    }
  }

  /** Ends the processes; their folders stay. */
  async kill(): Promise<void> {
    await Promise.all(this.members.map((member) => member.kill()));
  }
}
