import { spawn } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePorts } from "../../harness/free-ports.ts";
import { runProgram } from "../../harness/quorate-command.ts";
import { TcpProxy, type Cut } from "../../harness/tcp-proxy.ts";
import { until } from "../../harness/until.ts";

export type EtcdLogger = "capnslog" | "zap";

export interface EtcdLabOptions {
  readonly members: number;
  readonly logger: EtcdLogger;
  readonly heartbeatMs?: number;
  readonly electionMs?: number;
  /** More arguments, for every member. */
  readonly arguments?: readonly string[];
  /** Each member's command begins with these words: a tracer that makes its disk slow, say. */
  readonly under?: (member: number) => readonly string[];
}

interface Running {
  readonly pid: number;
  readonly exited: Promise<unknown>;
}

interface Member {
  readonly name: string;
  readonly proxy: TcpProxy;
  readonly command: readonly string[];
  readonly logPath: string;
  running: Running | undefined;
}

/**
 * A cluster of etcd's own server whose peers talk through proxies, so that each direction of each link can be cut or made
 * slow, and whose logs are kept. Members are numbered from 0.
 */
export class EtcdLab {
  readonly folder: string;
  readonly endpoints: readonly string[];
  readonly #members: readonly Member[];
  readonly #cuts = new Map<string, Cut["delayMs"] | "blocked">();

  private constructor(folder: string, endpoints: readonly string[], members: readonly Member[]) {
    this.folder = folder;
    this.endpoints = endpoints;
    this.#members = members;
  }

  static async open(options: EtcdLabOptions): Promise<EtcdLab> {
    const folder = mkdtempSync(join(tmpdir(), "etcd-lab-"));
    const ports = await freePorts(options.members * 3);
    const port = (at: number): number => ports[at] ?? 0;
    const numbers = Array.from({ length: options.members }, (_, at) => at);
    const advertised = (at: number): string => `http://127.0.0.1:${port(3 * at + 2)}`;
    const initial = numbers.map((at) => `m${at + 1}=${advertised(at)}`).join(",");
    const members: Member[] = [];
    for (const at of numbers) {
      const client = `http://127.0.0.1:${port(3 * at)}`;
      const name = `m${at + 1}`;
      const { heartbeatMs = 100, electionMs = 1000, logger } = options;
      members.push({
        name,
        proxy: await TcpProxy.open(port(3 * at + 2), port(3 * at + 1), () =>
          members.map(({ running }) => running?.pid ?? 0),
        ),
        logPath: join(folder, `${name}.log`),
        running: undefined,
        command: [
          ...(options.under?.(at) ?? []),
          "etcd",
          `--name=${name}`,
          `--data-dir=${join(folder, name)}`,
          `--listen-client-urls=${client}`,
          `--advertise-client-urls=${client}`,
          `--listen-peer-urls=http://127.0.0.1:${port(3 * at + 1)}`,
          `--initial-advertise-peer-urls=${advertised(at)}`,
          `--initial-cluster=${initial}`,
          `--heartbeat-interval=${heartbeatMs}`,
          `--election-timeout=${electionMs}`,
          `--logger=${logger}`,
          ...(logger === "zap" ? ["--log-outputs=stderr"] : []),
          ...(options.arguments ?? []),
        ],
      });
    }
    const endpoints = numbers.map((at) => `127.0.0.1:${port(3 * at)}`);
    return new EtcdLab(folder, endpoints, members);
  }

  start(...which: readonly number[]): void {
    for (const at of which.length > 0 ? which : this.#members.keys()) this.startWith(at, []);
  }

  /** Later arguments overrule earlier ones. */
  startWith(at: number, more: readonly string[]): void {
    const member = this.#member(at);
    const log = openSync(member.logPath, "a");
    const [program = "etcd", ...rest] = member.command;
    const child = spawn(program, [...rest, ...more], { stdio: ["ignore", log, log] });
    const exited = new Promise((resolve) => child.once("exit", resolve).once("error", resolve));
    member.running = { pid: child.pid ?? 0, exited };
    child.once("exit", () => {
      if (member.running?.pid === child.pid) member.running = undefined;
    });
    closeSync(log);
    this.#apply();
  }

  async serves(): Promise<void> {
    await until("etcd serves", 60_000, async () =>
      (await this.ctl(["endpoint", "health"])).code === 0 ? true : undefined,
    );
  }

  /** Who leads, as the others say; -1 while nobody does. */
  async leader(): Promise<number> {
    const { stdout } = await this.ctl(["endpoint", "status", "-w", "json"]);
    interface Row {
      readonly Endpoint: string;
      readonly Status: { readonly header: { readonly member_id: number }; readonly leader?: number };
    }
    const rows = JSON.parse(stdout === "" ? "[]" : stdout) as readonly Row[];
    const leader = rows.find(({ Status }) => Status.leader !== undefined)?.Status.leader;
    const row = rows.find(({ Status }) => Status.header.member_id === leader);
    return row === undefined ? -1 : this.endpoints.indexOf(row.Endpoint);
  }

  async hasLeader(): Promise<number> {
    return until("a leader", 30_000, async () => {
      const leader = await this.leader();
      return leader < 0 ? undefined : leader;
    });
  }

  ctl(args: readonly string[], endpoints: readonly string[] = this.endpoints): ReturnType<typeof runProgram> {
    return runProgram("etcdctl", [`--endpoints=${endpoints.join(",")}`, "--command-timeout=5s", ...args], {
      env: { ETCDCTL_API: "3" },
    });
  }

  /** So many keys of so many bytes, through one member, several at a time. */
  async put(count: number, bytes: number, through = 0): Promise<void> {
    const endpoint = this.endpoints[through] ?? "";
    const value = Buffer.alloc(bytes, 120).toString("base64");
    let next = 0;
    const one = async (): Promise<void> => {
      while (next < count) {
        const key = Buffer.from(`key-${next++ % 1000}`).toString("base64");
        await fetch(`http://${endpoint}/v3/kv/put`, {
          method: "POST",
          body: JSON.stringify({ key, value }),
          signal: AbortSignal.timeout(8000),
        }).then(
          (response) => response.arrayBuffer(),
          () => undefined,
        );
      }
    };
    await Promise.all(Array.from({ length: 32 }, one));
  }

  signal(at: number, signal: NodeJS.Signals): void {
    const { running } = this.#member(at);
    if (running !== undefined && running.pid > 0) process.kill(running.pid, signal);
  }

  async kill(at: number): Promise<void> {
    const { running } = this.#member(at);
    this.signal(at, "SIGKILL");
    await running?.exited;
  }

  /** Nothing that `from` says reaches `to`. */
  block(from: number, to: number): void {
    this.#cuts.set(`${from}>${to}`, "blocked");
    this.#apply();
  }

  isolate(at: number): void {
    for (const other of this.#members.keys()) {
      if (other === at) continue;
      this.block(at, other);
      this.block(other, at);
    }
  }

  /** Everything takes so long, each way. */
  slow(delayMs: number): void {
    for (const from of this.#members.keys()) {
      for (const to of this.#members.keys()) {
        if (from !== to) this.#cuts.set(`${from}>${to}`, { fromClient: delayMs, toClient: delayMs });
      }
    }
    this.#apply();
  }

  heal(): void {
    this.#cuts.clear();
    this.#apply();
  }

  log(at: number): string {
    return readFileSync(this.#member(at).logPath, "utf8");
  }

  dataDirectory(at: number): string {
    return join(this.folder, this.#member(at).name);
  }

  async destroy(): Promise<void> {
    await Promise.all([...this.#members.keys()].map((at) => this.kill(at)));
    for (const { proxy } of this.#members) proxy.close();
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }

  /** A message goes on a connection of either's making: both directions of both proxies are looked after. */
  #apply(): void {
    for (const [at, { proxy }] of this.#members.entries()) {
      proxy.cut((clientPid) => {
        const client = this.#members.findIndex(({ running }) => running?.pid === clientPid);
        const inwards = this.#cuts.get(`${client}>${at}`);
        const outwards = this.#cuts.get(`${at}>${client}`);
        const delay = typeof inwards === "object" ? inwards : typeof outwards === "object" ? outwards : undefined;
        return {
          fromClient: inwards === "blocked",
          toClient: outwards === "blocked",
          ...(delay === undefined ? {} : { delayMs: delay }),
        };
      });
    }
  }

  #member(at: number): Member {
    const member = this.#members[at];
    if (member === undefined) throw new RangeError(`there is no member ${at}`);
    return member;
  }
}
