import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { chownSync, closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { runProgram } from "../../harness/quorate-command.ts";

export interface PostgresNodeOptions {
  readonly name: string;
  readonly folder: string;
  /** Where PostgreSQL's programs are. */
  readonly programs: string;
  readonly postgresPort: number;
  readonly restPort: number;
  /** The store's members, "host:port". */
  readonly endpoints: readonly string[];
  /** PostgreSQL does not run as root: who it runs as then. */
  readonly user: { readonly uid: number; readonly gid: number } | undefined;
}

/** What Patroni says of a cluster. */
export interface ClusterView {
  readonly members: readonly {
    readonly name: string;
    readonly role: string;
    readonly state: string;
    readonly timeline?: number;
  }[];
}

/** How long a leader's key lives, in seconds: the least that Patroni takes. */
export const ttlSeconds = 20;

/** One PostgreSQL under one Patroni, on loopback. */
export class PostgresNode {
  readonly options: PostgresNodeOptions;
  #patroni: ChildProcess | undefined;

  constructor(options: PostgresNodeOptions) {
    this.options = options;
    mkdirSync(this.#place);
    const config = join(this.#place, "patroni.yml");
    // JSON is YAML.
    writeFileSync(config, JSON.stringify(this.#settings()));
    const { user } = options;
    if (user !== undefined) for (const path of [this.#place, config]) chownSync(path, user.uid, user.gid);
  }

  get name(): string {
    return this.options.name;
  }

  get #place(): string {
    return join(this.options.folder, this.name);
  }

  get #data(): string {
    return join(this.#place, "data");
  }

  start(): void {
    const log = openSync(`${this.#place}.log`, "a");
    this.#patroni = spawn("patroni", [join(this.#place, "patroni.yml")], {
      stdio: ["ignore", log, log],
      cwd: this.#place,
      env: { PATH: process.env["PATH"], HOME: this.#place, LC_ALL: "C.UTF-8" },
      ...this.options.user,
    });
    closeSync(log);
  }

  /** As a machine that loses its power: Patroni and PostgreSQL are gone at once. */
  async kill(): Promise<void> {
    const postmaster = this.#postmaster();
    const patroni = this.#patroni;
    if (patroni !== undefined && patroni.exitCode === null && patroni.signalCode === null) {
      const closed = once(patroni, "close");
      patroni.kill("SIGKILL");
      await closed;
    }
    if (postmaster !== undefined && isAlive(postmaster)) {
      process.kill(postmaster, "SIGKILL");
      while (isAlive(postmaster)) await delay(50);
    }
  }

  /** Of the whole cluster, as this node knows it; undefined while it does not answer. */
  async view(): Promise<ClusterView | undefined> {
    try {
      const response = await fetch(`http://127.0.0.1:${this.options.restPort}/cluster`, {
        signal: AbortSignal.timeout(3000),
      });
      return (await response.json()) as ClusterView;
    } catch {
      return undefined;
    }
  }

  /** Runs SQL here, and gives its output; fails when it is refused. */
  async sql(statement: string): Promise<string> {
    const target = `host=127.0.0.1 port=${this.options.postgresPort} user=postgres dbname=postgres connect_timeout=3`;
    const ended = await runProgram(join(this.options.programs, "psql"), ["-X", "-A", "-t", "-c", statement, target], {
      timeoutMs: 10_000,
    });
    if (ended.code !== 0) throw new Error(ended.stderr.trim());
    return ended.stdout.trim();
  }

  /** The last of what Patroni said. */
  log(lines: number): string {
    return readFileSync(`${this.#place}.log`, "utf8").trimEnd().split("\n").slice(-lines).join("\n");
  }

  #postmaster(): number | undefined {
    try {
      const pid = Number(readFileSync(join(this.#data, "postmaster.pid"), "utf8").split("\n", 1)[0]);
      // A file that a crash left behind may name a process of somebody else by now.
      const command = readFileSync(`/proc/${pid}/cmdline`, "utf8");
      return command.includes(this.#data) ? pid : undefined;
    } catch {
      return undefined;
    }
  }

  #settings() {
    const { name, restPort, postgresPort, programs, endpoints } = this.options;
    const rest = `127.0.0.1:${restPort}`;
    const postgres = `127.0.0.1:${postgresPort}`;
    return {
      scope: "lab",
      name,
      restapi: { listen: rest, connect_address: rest },
      etcd3: { hosts: endpoints },
      bootstrap: {
        dcs: {
          ttl: ttlSeconds,
          loop_wait: 2,
          retry_timeout: 5,
          maximum_lag_on_failover: 1_048_576,
          postgresql: { use_pg_rewind: true, parameters: { shared_buffers: "16MB", max_connections: 30 } },
        },
        initdb: [{ encoding: "UTF8" }, "data-checksums", "no-sync"],
      },
      postgresql: {
        listen: postgres,
        connect_address: postgres,
        data_dir: this.#data,
        bin_dir: programs,
        pgpass: join(this.#place, "pgpass"),
        pg_hba: ["host all all 127.0.0.1/32 trust", "host replication all 127.0.0.1/32 trust"],
        authentication: {
          superuser: { username: "postgres", password: "postgres" },
          replication: { username: "replicator", password: "replicator" },
          rewind: { username: "rewinder", password: "rewinder" },
        },
        parameters: { unix_socket_directories: this.#place },
      },
      watchdog: { mode: "off" },
    };
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
