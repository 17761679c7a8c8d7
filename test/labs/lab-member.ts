import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { closeSync, existsSync, openSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { MemberSetup } from "./member-setup.ts";

const program = fileURLToPath(new URL("./member-program.ts", import.meta.url));
const startWithinMs = 120_000;

/** A line of a member's log. */
export interface LogLine {
  readonly time: string;
  readonly level: string;
  readonly message: string;
  readonly [field: string]: unknown;
}

/** One member as a process of its own, running the built packages. */
export class LabMember {
  readonly setup: MemberSetup;
  readonly logPath: string;
  #child: ChildProcess | undefined;
  #exited: Promise<string> = Promise.resolve("not started");

  constructor(setup: MemberSetup, logPath: string) {
    this.setup = setup;
    this.logPath = logPath;
  }

  get name(): string {
    return this.setup.name;
  }

  get endpoint(): string {
    return `127.0.0.1:${this.setup.clientPort}`;
  }

  get peerUrl(): string {
    return `http://127.0.0.1:${this.setup.peerPort}`;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Resolves when it serves. */
  async start(): Promise<void> {
    const log = openSync(this.logPath, "a");
    // The channel ends with this process, and a member whose starter is gone stops.
    const child = spawn(
      process.execPath,
      ["--disable-warning=ExperimentalWarning", program, JSON.stringify(this.setup)],
      { stdio: ["ignore", log, log, "ipc"] },
    );
    closeSync(log);
    this.#child = child;
    this.#exited = new Promise((resolve) => {
      child.once("exit", (code, signal) => {
        if (this.#child === child) this.#child = undefined;
        resolve(signal ?? `code ${code}`);
      });
    });
    const serving = new Promise<"serving">((resolve) => child.once("message", () => resolve("serving")));
    let limit: NodeJS.Timeout | undefined;
    const late = new Promise<"late">((resolve) => {
      limit = setTimeout(() => resolve("late"), startWithinMs);
    });
    const how = await Promise.race([serving, this.#exited, late]);
    clearTimeout(limit);
    if (how === "serving") return;
    await this.kill();
    throw new Error(`${this.name} did not start (${how}):\n${this.#logText().split("\n").slice(-8).join("\n")}`);
  }

  signal(signal: NodeJS.Signals): void {
    if (this.#child?.kill(signal) !== true) throw new Error(`${this.name} does not run`);
  }

  /** SIGKILL; resolves when it is gone. */
  async kill(): Promise<void> {
    this.#child?.kill("SIGKILL");
    await this.#exited;
  }

  /** SIGTERM, and the way it ended. */
  async stop(): Promise<string> {
    this.signal("SIGTERM");
    return this.#exited;
  }

  /** Whole lines only. */
  logLines(): readonly LogLine[] {
    const text = this.#logText();
    return text
      .slice(0, text.lastIndexOf("\n") + 1)
      .split("\n")
      .filter((line) => line.startsWith("{"))
      .map((line) => JSON.parse(line) as LogLine);
  }

  /** The values of /metrics that have no labels; undefined when it does not answer in time. */
  async metrics(): Promise<ReadonlyMap<string, number> | undefined> {
    try {
      const answer = await fetch(`http://${this.endpoint}/metrics`, { signal: AbortSignal.timeout(10_000) });
      const values = [...(await answer.text()).matchAll(/^(\w+) (\S+)$/gm)];
      return new Map(values.map(([, name = "", value]) => [name, Number(value)]));
    } catch {
      return undefined;
    }
  }

  /** What it holds in memory of its own, in bytes, and what it maps of its state's files besides; 0 while it does not run. */
  get memory(): { readonly ownBytes: number; readonly fileBytes: number } {
    if (this.pid === undefined) return { ownBytes: 0, fileBytes: 0 };
    const status = readFileSync(`/proc/${this.pid}/status`, "utf8");
    const bytes = (name: string): number =>
      Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(status)?.[1] ?? 0) * 1024;
    return { ownBytes: bytes("RssAnon"), fileBytes: bytes("RssFile") };
  }

  get descriptors(): number {
    return this.pid === undefined ? 0 : readdirSync(`/proc/${this.pid}/fd`).length;
  }

  get logBytes(): number {
    return bytesIn(join(this.setup.dataDir, "log"));
  }

  get dataBytes(): number {
    return bytesIn(this.setup.dataDir);
  }

  #logText(): string {
    return existsSync(this.logPath) ? readFileSync(this.logPath, "utf8") : "";
  }
}

/** Of all files below a folder; those that vanish meanwhile are left out. */
function bytesIn(folder: string): number {
  if (!existsSync(folder)) return 0;
  return readdirSync(folder, { recursive: true }).reduce((sum: number, name) => {
    const stat = statSync(join(folder, String(name)), { throwIfNoEntry: false });
    return sum + (stat?.isFile() === true ? stat.size : 0);
  }, 0);
}
