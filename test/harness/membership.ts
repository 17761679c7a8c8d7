import assert from "node:assert/strict";
import { admin } from "@quorate/etcd";
import { ClusterCalls } from "../../packages/cli/src/members/cluster.ts";
import type { Cluster } from "./cluster.ts";
import { runQuorate, type Ended } from "./quorate-command.ts";
import { until } from "./until.ts";

/** The commands about members, as an operator of a test's cluster gives them. Members are named as the cluster names them. */
export class Operator {
  readonly #cluster: Cluster;
  readonly #asks: (name: string) => boolean;

  /** `asks` leaves members out that would not answer. */
  constructor(cluster: Cluster, asks: (name: string) => boolean = () => true) {
    this.#cluster = cluster;
    this.#asks = asks;
  }

  /** Runs a command against whichever member answers. */
  run(...args: readonly string[]): Promise<Ended> {
    const endpoints = this.#running().map(({ endpoint }) => endpoint);
    return runQuorate([...args, `--endpoints=${endpoints.join()}`], { timeoutMs: 60_000 });
  }

  /** What it printed; it must succeed. */
  async done(...args: readonly string[]): Promise<string> {
    const ended = await this.run(...args);
    assert.equal(ended.code, 0, `quorate ${args.join(" ")}: ${ended.stderr}`);
    return ended.stdout;
  }

  /** What the leader says of the cluster. */
  async describe(): Promise<admin.DescribeResponse> {
    const endpoints = this.#running().map(({ endpoint }) => endpoint);
    const calls = new ClusterCalls({ endpoints, timeoutMs: 5000 });
    try {
      return await calls.describe();
    } finally {
      calls.close();
    }
  }

  /** Names of those that vote, sorted. */
  async voters(): Promise<string[]> {
    const { members } = await this.describe();
    const voters = members.filter(({ role }) => role !== admin.Role.LEARNER);
    return voters.map(({ name }) => name).sort();
  }

  /** Starts the members as soon as the cluster has them as learners. */
  async startWhenAdded(...names: readonly string[]): Promise<void> {
    await until(`${names.join()} are added`, 30_000, async () => {
      const { members } = await this.describe();
      return names.every((name) => members.some((member) => member.name === name)) ? true : undefined;
    });
    for (const name of names) this.#cluster.member(memberNumber(name)).start();
  }

  #running() {
    return this.#cluster.members.filter(({ name, pid }) => pid !== undefined && this.#asks(name));
  }
}

/** The number of a harness's member, from 0. */
export function memberNumber(name: string): number {
  return Number(name.slice(1)) - 1;
}
