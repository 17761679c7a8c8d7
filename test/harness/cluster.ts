import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Access } from "../../packages/cli/src/client/access.ts";
import { MemberClient } from "./member-client.ts";
import type { MemberState } from "./member-client.ts";
import { freePorts } from "./free-ports.ts";
import { MemberProcess } from "./member-process.ts";
import { until } from "./until.ts";

export interface ClusterOptions {
  readonly members?: number;
  /** Where peers reach member `index`, which listens on `peerPort`: the port of a proxy, say. */
  readonly advertisedPeerPort?: (index: number, peerPort: number) => Promise<number>;
  readonly electionTimeoutMs?: number;
  readonly extraArguments?: readonly string[] | ((index: number) => readonly string[]);
  /** Both ports of every member speak TLS, and these let a client in. */
  readonly access?: Access;
  /** Added to the environment of member `index`; `folder` is the cluster's. */
  readonly environment?: (index: number, folder: string) => Readonly<Record<string, string>>;
}

/** Who ends what was started: a test's context, say. */
export interface Cleanup {
  after(end: () => unknown): void;
}

/** A cluster of real processes on loopback, in a temporary folder. The test that started it also ends it. */
export class Cluster {
  readonly folder: string;
  readonly #members: MemberProcess[];
  readonly #clients: MemberClient[];

  private constructor(folder: string, members: readonly MemberProcess[], access: Access | undefined) {
    this.folder = folder;
    this.#members = [...members];
    this.#clients = members.map((member) =>
      access === undefined ? new MemberClient(member.endpoint) : new MemberClient(member.clientUrl, 5000, access),
    );
  }

  get members(): readonly MemberProcess[] {
    return this.#members;
  }

  get clients(): readonly MemberClient[] {
    return this.#clients;
  }

  /** A further member, which joins through the first of these endpoints that answers once it is started; with its number. */
  async newMember(endpoints: readonly string[]): Promise<number> {
    const [clientPort = 0, peerPort = 0] = await freePorts(2);
    const index = this.#members.length;
    const name = `m${index + 1}`;
    const member = new MemberProcess({
      ...this.member(0).options,
      name,
      dataDir: join(this.folder, name),
      logPath: join(this.folder, "logs", `${name}.log`),
      clientPort,
      peerPort,
      advertisedPeerPort: peerPort,
      joins: endpoints.join(","),
    });
    this.#members.push(member);
    this.#clients.push(new MemberClient(member.endpoint));
    return index;
  }

  /** Starts the members and waits until they serve. Everything is ended and removed when the test is. */
  static async start(context: Cleanup, options: ClusterOptions = {}): Promise<Cluster> {
    const cluster = await Cluster.prepare(context, options);
    for (const member of cluster.members) member.start();
    await cluster.untilServing();
    return cluster;
  }

  /** The same without starting. */
  static async prepare(context: Cleanup, options: ClusterOptions = {}): Promise<Cluster> {
    const count = options.members ?? 3;
    const folder = mkdtempSync(join(tmpdir(), "quorate-cluster-"));
    const ports = await freePorts(count * 2);
    const advertise = options.advertisedPeerPort ?? ((_, peerPort) => Promise.resolve(peerPort));
    const peerPorts = ports.slice(count);
    const advertised = await Promise.all(peerPorts.map((port, index) => advertise(index, port)));
    const scheme = options.access === undefined ? "http" : "https";
    const { extraArguments = [] } = options;
    const initialCluster = advertised.map((port, index) => `m${index + 1}=${scheme}://127.0.0.1:${port}`).join(",");
    mkdirSync(join(folder, "logs"));
    const members = peerPorts.map(
      (peerPort, index) =>
        new MemberProcess({
          name: `m${index + 1}`,
          dataDir: join(folder, `m${index + 1}`),
          logPath: join(folder, "logs", `m${index + 1}.log`),
          clientPort: ports[index] ?? 0,
          peerPort,
          advertisedPeerPort: advertised[index] ?? 0,
          initialCluster,
          token: folder,
          electionTimeoutMs: options.electionTimeoutMs ?? 1000,
          extraArguments: typeof extraArguments === "function" ? extraArguments(index) : extraArguments,
          isSecure: options.access !== undefined,
          environment: options.environment?.(index, folder) ?? {},
        }),
    );
    const cluster = new Cluster(folder, members, options.access);
    context.after(() => cluster.destroy());
    return cluster;
  }

  /** Every running member names the same leader, which says it leads. Gives the leader's number, from 0. */
  async untilServing(withinMs = 30_000): Promise<number> {
    const probe = async () => {
      const states = await this.states();
      const leader = states.findIndex((state) => state !== undefined && state.leader === state.memberId);
      const id = states[leader]?.memberId;
      const running = states.filter((_, index) => this.members[index]?.pid !== undefined);
      return id !== undefined && running.every((state) => state?.leader === id) ? leader : undefined;
    };
    return until("the members agree on a leader", withinMs, probe, () => this.#ends());
  }

  /** Every running member has applied as much as the one that has applied most, and they agree on a leader. */
  async untilCaughtUp(withinMs = 30_000): Promise<void> {
    await this.untilServing(withinMs);
    const probe = async () => {
      const states = await this.states();
      const running = states.filter((_, index) => this.members[index]?.pid !== undefined);
      const applied = running.map((state) => state?.appliedIndex ?? -1);
      return applied.every((index) => index >= 0 && index === applied[0]) ? true : undefined;
    };
    await until("the members have applied the same", withinMs, probe, () => this.#ends());
  }

  /** The last that each member has logged, for the message of a failed test. */
  #ends(): string {
    return this.members
      .map(({ name, pid, log }) => `\n--- ${name} (pid ${pid ?? "none"}):\n${lastLines(log)}`)
      .join("");
  }

  /** What each member says of itself; undefined for those that do not answer. */
  states(): Promise<readonly (MemberState | undefined)[]> {
    return Promise.all(
      this.clients.map(async (client, index) =>
        this.members[index]?.pid === undefined ? undefined : client.state().catch(() => undefined),
      ),
    );
  }

  member(index: number): MemberProcess {
    const member = this.members[index];
    if (member === undefined) throw new Error(`there is no member ${index}`);
    return member;
  }

  client(index: number): MemberClient {
    const client = this.clients[index];
    if (client === undefined) throw new Error(`there is no member ${index}`);
    return client;
  }

  /** Kills every process and removes every file. */
  async destroy(): Promise<void> {
    for (const client of this.clients) client.close();
    await Promise.all(this.members.map((member) => member.kill()));
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

function lastLines(log: string): string {
  return log.trimEnd().split("\n").slice(-12).join("\n");
}
