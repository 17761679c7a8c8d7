import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Cleanup } from "../../harness/cluster.ts";
import { runProgram, type Ended, type RunOptions } from "../../harness/quorate-command.ts";
import { until } from "../../harness/until.ts";

/** One subcommand of etcdctl, and what must hold when it is used against a cluster of three. */
export interface Row {
  /** As `etcdctl help` lists it. */
  readonly command: string;
  /** What is asserted, as a sentence for the documents. */
  readonly holds: string;
  readonly check: (stage: Stage) => Promise<void>;
  /** Takes minutes: only in `npm run verify`. */
  readonly slow?: true;
}

/** etcdctl, a cluster for it, and a folder that is removed with the test. */
export class Stage {
  readonly endpoints: readonly string[];
  readonly folder: string;
  readonly #context: Cleanup;

  constructor(context: Cleanup, endpoints: readonly string[], folder = temporaryFolder(context)) {
    this.#context = context;
    this.endpoints = endpoints;
    this.folder = folder;
  }

  /** The same with one endpoint alone: etcdctl adds those of a second `--endpoints` to the first. */
  at(...endpoints: string[]): Stage {
    return new Stage(this.#context, endpoints, this.folder);
  }

  /** The first endpoint alone. */
  get first(): Stage {
    return this.at(this.endpoints[0] ?? "");
  }

  run(args: readonly string[], options: RunOptions = {}): Promise<Ended> {
    return runProgram("etcdctl", [...this.#common(), ...args], { ...options, env });
  }

  /** Output of a call that must succeed. */
  async ok(...args: string[]): Promise<string> {
    return this.given("", ...args);
  }

  /** The same with standard input. */
  async given(input: string, ...args: string[]): Promise<string> {
    const ended = await this.run(args, { input });
    assert.equal(ended.code, 0, `etcdctl ${args.join(" ")}: ${ended.stderr}${ended.stdout}`);
    return ended.stdout;
  }

  async json<T>(...args: string[]): Promise<T> {
    return JSON.parse(await this.ok(...args, "-w", "json")) as T;
  }

  /** A call that must fail, and what it must say. */
  async refused(says: RegExp, ...args: string[]): Promise<void> {
    const ended = await this.run(args);
    assert.notEqual(ended.code, 0, `etcdctl ${args.join(" ")} was not refused: ${ended.stdout}`);
    assert.match(ended.stderr, says);
  }

  async revision(): Promise<number> {
    return (await this.json<{ header: { revision: number } }>("get", "no such key")).header.revision;
  }

  /** A call that runs on until it is stopped; standard input stays open. */
  start(...args: string[]): Running {
    return new Running(this.#context, [...this.#common(), ...args]);
  }

  #common(): readonly string[] {
    return [`--endpoints=${this.endpoints.join(",")}`, "--command-timeout=20s"];
  }
}

export class Running {
  readonly #child;
  readonly #closed: Promise<unknown>;
  #output = "";

  constructor(context: Cleanup, args: readonly string[]) {
    this.#child = spawn("etcdctl", args, { env: { ...process.env, ...env }, stdio: ["pipe", "pipe", "pipe"] });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => (this.#output += text));
    }
    this.#closed = once(this.#child, "close");
    context.after(() => this.#child.kill("SIGKILL"));
  }

  /** Both of its outputs. */
  get output(): string {
    return this.#output;
  }

  type(line: string): void {
    this.#child.stdin.write(`${line}\n`);
  }

  /** Waits until it has said this. */
  async says(wanted: RegExp): Promise<RegExpExecArray> {
    const probe = async () => wanted.exec(this.#output) ?? undefined;
    return until(`etcdctl says ${String(wanted)}`, 20_000, probe, () => ` It said: ${this.#output}`);
  }

  async stop(): Promise<void> {
    this.#child.kill("SIGINT");
    await this.#closed;
  }

  async ended(): Promise<void> {
    await this.#closed;
  }
}

function temporaryFolder(context: Cleanup): string {
  const folder = mkdtempSync(join(tmpdir(), "quorate-etcdctl-"));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const env = { ETCDCTL_API: "3" };
