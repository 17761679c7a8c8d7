import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { admin } from "../../packages/etcd/src/index.ts";
import { freePorts } from "../harness/free-ports.ts";
import { MemberClient } from "../harness/member-client.ts";
import { until } from "../harness/until.ts";
import { AdminClient } from "./admin-client.ts";
import type { Description } from "./admin-client.ts";
import { LabMember } from "./lab-member.ts";
import type { MemberSetup } from "./member-setup.ts";

export interface LabClusterOptions {
  readonly members: number;
  readonly electionTimeoutMs: number;
  readonly keepLogBytes: number;
  readonly logSegmentBytes: number;
  readonly transferBytesPerSecond: number;
}

/** A cluster of the laboratories, which grows: in a temporary folder that `destroy` removes. */
export class LabCluster {
  readonly folder = mkdtempSync(join(tmpdir(), "quorate-lab-"));
  readonly members: LabMember[] = [];
  readonly #options: LabClusterOptions;

  constructor(options: LabClusterOptions) {
    this.#options = options;
    mkdirSync(join(this.folder, "logs"));
  }

  /** Starts the first members, and waits until they have a leader. */
  async start(): Promise<void> {
    const ports = await freePorts(this.#options.members * 2);
    const names = Array.from({ length: this.#options.members }, (_, index) => `m${index + 1}`);
    const initialCluster = names.map((name, index) => ({
      name,
      peerUrls: [`http://127.0.0.1:${ports[2 * index + 1]}`],
    }));
    names.forEach((name, index) => {
      const [clientPort = 0, peerPort = 0] = ports.slice(2 * index, 2 * index + 2);
      this.#add({ ...this.#common(name), clientPort, peerPort, initialCluster });
    });
    await Promise.all(this.members.map((member) => member.start()));
    await this.leader();
  }

  /** Adds a learner that is promoted once it has caught up, and starts its process. Gives it as soon as it serves. */
  async join(): Promise<LabMember> {
    const [clientPort = 0, peerPort = 0] = await freePorts(2);
    const name = `m${this.members.length + 1}`;
    const asked = new AdminClient((await this.leader()).endpoint, 30_000);
    const peerUrls = [`http://127.0.0.1:${peerPort}`];
    const { addedId, cluster } = await asked.change({ case: "add", value: { name, peerUrls, isPromotable: true } });
    asked.close();
    if (cluster === undefined) throw new Error("the cluster does not say who its members are");
    const joining = {
      clusterId: Number(cluster.clusterId),
      memberId: Number(addedId),
      members: cluster.members.map(({ id, name, peerUrls }) => ({ id: Number(id), name, peerUrls })),
      voters: cluster.members.filter(({ role }) => role === admin.Role.VOTER).map(({ id }) => Number(id)),
    };
    const member = this.#add({ ...this.#common(name), clientPort, peerPort, initialCluster: [], joining });
    await member.start();
    return member;
  }

  /** The member that leads, by what it says of itself. */
  async leader(withinMs = 60_000): Promise<LabMember> {
    return until("a member leads", withinMs, async () => {
      const descriptions = await this.describe();
      const index = descriptions.findIndex((one) => one !== undefined && one.leader === one.memberId);
      return this.members[index];
    });
  }

  /** What each member says; undefined for those that do not answer. */
  describe(): Promise<readonly (Description | undefined)[]> {
    return Promise.all(
      this.members.map(async (member) => {
        if (member.pid === undefined) return undefined;
        const client = new AdminClient(member.endpoint, 5000);
        return client
          .describe()
          .catch(() => undefined)
          .finally(() => client.close());
      }),
    );
  }

  /** Waits until the running members have applied the same; gives the hash that they agree on. */
  async sameHash(withinMs: number): Promise<string> {
    const running = this.members.filter(({ pid }) => pid !== undefined);
    const clients = running.map(({ endpoint }) => new MemberClient(endpoint, withinMs));
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

  async destroy(): Promise<void> {
    await Promise.all(this.members.map((member) => member.kill()));
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }

  #add(setup: MemberSetup): LabMember {
    const member = new LabMember(setup, join(this.folder, "logs", `${setup.name}.log`));
    this.members.push(member);
    return member;
  }

  #common(name: string) {
    const { electionTimeoutMs, keepLogBytes, logSegmentBytes, transferBytesPerSecond } = this.#options;
    const dataDir = join(this.folder, name);
    return {
      name,
      dataDir,
      token: this.folder,
      electionTimeoutMs,
      keepLogBytes,
      logSegmentBytes,
      transferBytesPerSecond,
    };
  }
}
