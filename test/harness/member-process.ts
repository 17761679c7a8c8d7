import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { quorateCommand } from "./quorate-command.ts";

export interface MemberProcessOptions {
  readonly name: string;
  readonly dataDir: string;
  readonly logPath: string;
  readonly clientPort: number;
  /** The address where it listens for peers, and the one that it tells them (a proxy's, in some tests). */
  readonly peerPort: number;
  readonly advertisedPeerPort: number;
  readonly initialCluster: string;
  /** Both ports speak TLS; how is in `extraArguments`. */
  readonly isSecure?: boolean;
  /** Client URLs of the cluster that it joins with `quorate join`, instead of beginning one. */
  readonly joins?: string;
  readonly token: string;
  readonly electionTimeoutMs: number;
  readonly extraArguments: readonly string[];
  /** Added to this process's own environment. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** One real `quorate serve`, which can be killed, stopped for a while and started again on the same data. */
export class MemberProcess {
  options: MemberProcessOptions;
  #child: ChildProcess | undefined;
  #exited: Promise<string> = Promise.resolve("not started");

  constructor(options: MemberProcessOptions) {
    this.options = options;
  }

  get name(): string {
    return this.options.name;
  }

  /** "host:port" for clients. */
  get endpoint(): string {
    return `127.0.0.1:${this.options.clientPort}`;
  }

  get clientUrl(): string {
    return `${this.#scheme}://${this.endpoint}`;
  }

  get #scheme(): string {
    return this.options.isSecure === true ? "https" : "http";
  }

  /** Undefined while it does not run. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Everything it has logged, over all its lives. */
  get log(): string {
    return readFileSync(this.options.logPath, "utf8");
  }

  get peerUrl(): string {
    return `${this.#scheme}://127.0.0.1:${this.options.advertisedPeerPort}`;
  }

  get arguments(): readonly string[] {
    const { initialCluster, joins } = this.options;
    return this.#argumentsOf(joins === undefined ? ["serve", `--initial-cluster=${initialCluster}`] : ["join", joins]);
  }

  /** `beginning`: the command, and how the member finds its cluster, instead of what its options say. */
  start(beginning?: readonly string[]): void {
    if (this.#child !== undefined) throw new Error(`${this.name} runs already`);
    const [program, ...first] = quorateCommand();
    const log = openSync(this.options.logPath, "a");
    // The IPC channel ends with this process, and a member whose supervisor is gone stops: nothing is left behind,
    // however this process ends.
    const child = spawn(
      program,
      [...first, ...(beginning === undefined ? this.arguments : this.#argumentsOf(beginning))],
      {
        stdio: ["ignore", log, log, "ipc"],
        env: { ...process.env, ...this.options.environment },
      },
    );
    closeSync(log);
    child.on("message", () => {});
    this.#child = child;
    this.#exited = new Promise((resolve) => {
      child.once("exit", (code, signal) => {
        if (this.#child === child) this.#child = undefined;
        resolve(signal ?? `code ${code}`);
      });
    });
  }

  /** Sends a signal to the running process. */
  signal(signal: NodeJS.Signals): void {
    if (this.#child?.kill(signal) !== true) throw new Error(`${this.name} does not run`);
  }

  /** Resolves with how the process ended: a signal, or "code N". */
  exited(): Promise<string> {
    return this.#exited;
  }

  /** SIGKILL, as a crash; resolves when the process is gone. */
  async kill(): Promise<void> {
    this.#child?.kill("SIGKILL");
    await this.#exited;
  }

  /** SIGTERM, and the way it ended. */
  async stop(): Promise<string> {
    this.signal("SIGTERM");
    return this.#exited;
  }

  #argumentsOf(beginning: readonly string[]): readonly string[] {
    const { name, dataDir, peerPort, advertisedPeerPort, token, electionTimeoutMs } = this.options;
    return [
      ...beginning,
      `--name=${name}`,
      `--data-dir=${dataDir}`,
      `--listen-client-urls=${this.clientUrl}`,
      `--advertise-client-urls=${this.clientUrl}`,
      `--listen-peer-urls=${this.#scheme}://127.0.0.1:${peerPort}`,
      `--initial-advertise-peer-urls=${this.#scheme}://127.0.0.1:${advertisedPeerPort}`,
      `--initial-cluster-token=${token}`,
      `--election-timeout=${electionTimeoutMs}`,
      "--log-format=json",
      ...this.options.extraArguments,
    ];
  }
}
