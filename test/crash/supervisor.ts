import { existsSync, readFileSync } from "node:fs";
import type { Cluster } from "../harness/cluster.ts";

const stopWithinMs = 30_000;
/** A younger process may not know yet what to do on SIGTERM, and ends by it. */
const grownUpMs = 5000;

/** Starts and ends the members, and tells an end that was asked for from one that was not. */
export class Supervisor {
  readonly #cluster: Cluster;
  readonly #finding: (text: string) => void;
  readonly #endAsked = new Set<number>();
  readonly #startedMs: number[] = [];
  readonly #logsReadTo: number[] = [];

  constructor(cluster: Cluster, finding: (text: string) => void) {
    this.#cluster = cluster;
    this.#finding = finding;
  }

  /** Does nothing when it runs already. */
  start(index: number): void {
    const member = this.#cluster.member(index);
    if (member.pid !== undefined) return;
    this.#endAsked.delete(index);
    member.start();
    this.#startedMs[index] = performance.now();
    const { pid } = member;
    void this.#watch(index, pid, member.exited());
  }

  /** It is about to be removed, and then ends by itself. */
  mayEnd(index: number): void {
    this.#endAsked.add(index);
  }

  async #watch(index: number, pid: number | undefined, exited: Promise<string>): Promise<void> {
    const how = await exited;
    const { name } = this.#cluster.member(index);
    if (!this.#endAsked.has(index)) this.#finding(`${name} (pid ${pid}) ended by itself: ${how}`);
  }

  /** Members that were started, and ended without having been asked to. */
  get missing(): readonly string[] {
    return this.#cluster.members
      .filter(
        ({ pid }, index) => pid === undefined && this.#startedMs[index] !== undefined && !this.#endAsked.has(index),
      )
      .map(({ name }) => name);
  }

  /** SIGKILL; resolves when it is gone. Does nothing when it does not run. */
  async kill(index: number): Promise<void> {
    this.#endAsked.add(index);
    await this.#cluster.member(index).kill();
  }

  /** SIGTERM; a member that does not end by that, or not well, is a finding. */
  async stop(index: number): Promise<void> {
    const member = this.#cluster.member(index);
    if (member.pid === undefined || this.#endAsked.has(index)) return;
    this.#endAsked.add(index);
    const young = performance.now() - (this.#startedMs[index] ?? 0) < grownUpMs;
    let limit: NodeJS.Timeout | undefined;
    const late = new Promise<string>((resolve) => {
      limit = setTimeout(() => resolve("late"), stopWithinMs);
    });
    const how = await Promise.race([member.stop(), late]);
    clearTimeout(limit);
    if (how === "late") {
      this.#finding(`${member.name} did not end within ${stopWithinMs / 1000} s of SIGTERM`);
      await member.kill();
    } else if (how !== "code 0" && how !== "SIGKILL" && !(young && how === "SIGTERM")) {
      this.#finding(`${member.name} ended with ${how} after SIGTERM`);
    }
  }

  /** SIGSTOP, and what resumes that very process; nothing when it does not run. */
  suspend(index: number): () => void {
    const member = this.#cluster.member(index);
    const { pid } = member;
    if (pid === undefined) return () => {};
    signalIfThere(pid, "SIGSTOP");
    return () => {
      if (member.pid === pid) signalIfThere(pid, "SIGCONT");
    };
  }

  /** Lines of level error or above in the members' logs that were not given yet. */
  newErrors(): readonly string[] {
    return this.#cluster.members.flatMap(({ options: { logPath, name } }, index) => {
      if (!existsSync(logPath)) return [];
      const log = readFileSync(logPath);
      // Whole lines: the last may still be growing.
      const end = log.lastIndexOf("\n") + 1;
      const text = log.subarray(this.#logsReadTo[index] ?? 0, end).toString("utf8");
      this.#logsReadTo[index] = end;
      const isError = (line: string) =>
        /"level":"(?:error|fatal)"/.test(line) || (line !== "" && !line.startsWith("{"));
      return text
        .split("\n")
        .filter(isError)
        .map((line) => `${name} logged: ${line.slice(0, 1000)}`);
    });
  }
}

/** A child keeps its number until this process has learned of its end, so no stranger is meant. */
function signalIfThere(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
