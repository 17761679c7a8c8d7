import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { exitCodes } from "../errors.ts";
import type { MemberReport } from "../serve/member-report.ts";
import { isMemberReport } from "../serve/member-report.ts";
import { AppliedRate } from "./applied-rate.ts";
import type { MemberRow } from "./member-row.ts";

export interface SupervisedMemberOptions {
  readonly name: string;
  readonly clientUrl: string;
  /** The program and its arguments. */
  readonly command: readonly [string, ...string[]];
  /** Standard output and error are appended here. */
  readonly logPath: string;
  /** Start again what ended by itself. */
  readonly restart: boolean;
}

/** A process that ran this long is healthy: the next restart waits the shortest time again. */
const healthyAfterMs = 10_000;
const firstDelayMs = 500;
const longestDelayMs = 10_000;
/** A member closes its files and makes a last checkpoint when asked to stop; after this long it is killed. */
const stopWithinMs = 10_000;

/** One member process: started, watched, started again with back-off when it ends by itself, stopped when asked. */
export class SupervisedMember {
  readonly #options: SupervisedMemberOptions;
  readonly #rate = new AppliedRate();
  #child: ChildProcess | undefined;
  #report: MemberReport | undefined;
  #memberId: number | undefined;
  #startedAtMs = 0;
  #delayMs = firstDelayMs;
  #restart: { readonly timer: NodeJS.Timeout; readonly dueMs: number } | undefined;
  #reason = "not started";
  #stopping = false;

  constructor(options: SupervisedMemberOptions) {
    this.#options = options;
  }

  start(): void {
    this.#restart = undefined;
    this.#startedAtMs = performance.now();
    const [program, ...args] = this.#options.command;
    const log = openSync(this.#options.logPath, "a");
    // A session of its own: Ctrl-C in the terminal reaches the supervisor alone, which then stops members in order.
    // The IPC channel carries reports, and its end tells the member that the supervisor is gone.
    const child = spawn(program, args, { detached: true, stdio: ["ignore", log, log, "ipc"] });
    closeSync(log);
    this.#child = child;
    child.on("message", (message) => {
      if (!isMemberReport(message)) return;
      this.#report = message;
      this.#memberId = message.memberId;
      this.#rate.add(performance.now(), message.appliedIndex);
    });
    child.on("error", (error) => this.#ended(child, error.message, undefined));
    child.on("exit", (code, signal) => this.#ended(child, signal ?? `exit code ${code}`, code));
  }

  #ended(child: ChildProcess, how: string, code: number | null | undefined): void {
    if (this.#child !== child) return;
    this.#child = undefined;
    this.#report = undefined;
    this.#reason = `ended (${how}); see ${this.#options.logPath}`;
    if (this.#stopping || !this.#options.restart || code === exitCodes.usage) return;
    if (performance.now() - this.#startedAtMs >= healthyAfterMs) this.#delayMs = firstDelayMs;
    this.#restart = {
      timer: setTimeout(() => this.start(), this.#delayMs),
      dueMs: performance.now() + this.#delayMs,
    };
    this.#delayMs = Math.min(this.#delayMs * 2, longestDelayMs);
  }

  get row(): MemberRow {
    const { name, clientUrl } = this.#options;
    const pid = this.#child?.pid;
    const base = {
      name,
      clientUrl,
      memberId: this.#memberId,
      report: this.#report,
      appliedPerSecond: this.#rate.perSecond,
    };
    if (pid !== undefined) return { ...base, state: { kind: "running", pid } };
    if (this.#restart === undefined) return { ...base, state: { kind: "stopped", reason: this.#reason } };
    const restartInMs = Math.max(0, this.#restart.dueMs - performance.now());
    return { ...base, state: { kind: "waiting", reason: this.#reason, restartInMs } };
  }

  /** Asks the process to stop and resolves when it has; kills it when it does not within its time. */
  stop(): Promise<void> {
    this.#stopping = true;
    clearTimeout(this.#restart?.timer);
    this.#restart = undefined;
    const child = this.#child;
    if (child === undefined) return Promise.resolve();
    return new Promise((resolve) => {
      const killer = setTimeout(() => child.kill("SIGKILL"), stopWithinMs);
      child.once("exit", () => {
        clearTimeout(killer);
        resolve();
      });
      child.kill("SIGTERM");
    });
  }

  /** Ends the process at once, when the person asked twice. */
  kill(): void {
    this.#child?.kill("SIGKILL");
  }
}
