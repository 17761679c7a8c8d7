import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { runProgram } from "../../harness/quorate-command.ts";
import type { Onlooker } from "../run-load.ts";

/** Lets perf name JavaScript functions: V8 writes them to /tmp/perf-PID.map, where perf looks. */
export const perfFlags = "--perf-basic-prof-only-functions --interpreted-frames-native-stack";

/** Linux's perf, recording one process between the two looks. */
export class PerfRecording implements Onlooker {
  readonly #pid: number;
  readonly #path: string;
  #child: ChildProcess | undefined;

  /** The samples are written to `path`. */
  constructor(pid: number, path: string) {
    this.#pid = pid;
    this.#path = path;
  }

  begin(): void {
    const args = ["record", "--freq=1999", "--call-graph=fp", `--output=${this.#path}`, `--pid=${this.#pid}`];
    this.#child = spawn("perf", args, { stdio: "ignore" });
    this.#child.once("error", () => {});
  }

  async end(): Promise<void> {
    const child = this.#child;
    if (child?.pid === undefined) throw new Error("perf cannot be started: is it installed?");
    const exited = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGINT");
    await exited;
  }

  /** perf's table of symbols by self time; `perf report -i PATH` shows more. */
  async report(): Promise<string> {
    const report = await runProgram("perf", [
      "report",
      `--input=${this.#path}`,
      "--stdio",
      "--no-children",
      "--call-graph=none",
      "--sort=comm,dso,symbol",
      "--percent-limit=0.4",
    ]);
    if (report.code !== 0) throw new Error(`perf report failed: ${report.stderr}`);
    return report.stdout
      .split("\n")
      .filter((line) => line.trim() !== "" && !line.startsWith("#"))
      .slice(0, 80)
      .map((line) => line.replace(/[\s-]+$/, ""))
      .join("\n");
  }
}
