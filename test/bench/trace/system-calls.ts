import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { join } from "node:path";
import { runProgram } from "../../harness/quorate-command.ts";
import type { Onlooker } from "../run-load.ts";

const names = ["read", "write", "writev", "pwrite64", "fdatasync"] as const;

/** One that has returned. Times are in microseconds of the kernel's clock, which all processes share. */
export interface SystemCall {
  readonly pid: number;
  readonly name: string;
  readonly descriptor: number;
  readonly begin: number;
  readonly end: number;
  /** Bytes, where it moves some; negative for an error. */
  readonly result: number;
}

/** Linux's perf, noting the system calls of some processes between the two looks: about a microsecond each. */
export class SystemCallRecording implements Onlooker {
  readonly #pids: readonly number[];
  readonly #path: string;
  readonly #whileRunning: () => void;
  #child: ChildProcess | undefined;

  /** perf's own record goes into `folder`. `whileRunning` is called at the second look. */
  constructor(pids: readonly number[], folder: string, whileRunning: () => void) {
    this.#pids = pids;
    this.#path = join(folder, "perf.data");
    this.#whileRunning = whileRunning;
  }

  begin(): void {
    const events = names.flatMap((name) => [`syscalls:sys_enter_${name}`, `syscalls:sys_exit_${name}`]).join(",");
    const args = ["record", "--quiet", `--event=${events}`, `--output=${this.#path}`, `--pid=${this.#pids.join(",")}`];
    this.#child = spawn("perf", args, { stdio: ["ignore", "ignore", "inherit"] });
    this.#child.once("error", () => {});
  }

  async end(): Promise<void> {
    this.#whileRunning();
    const child = this.#child;
    if (child?.pid === undefined) throw new Error("perf cannot be started: is it installed?");
    const exited = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGINT");
    await exited;
  }

  async calls(): Promise<readonly SystemCall[]> {
    const args = ["script", "--ns", `--input=${this.#path}`, "--fields=pid,tid,time,event,trace"];
    const script = await runProgram("perf", args, { timeoutMs: 120_000 });
    if (script.code !== 0) throw new Error(`perf script failed: ${script.stderr}`);
    return parseSystemCalls(script.stdout);
  }
}

const enters = /^\s*(\d+)\/(\d+)\s+(\d+)\.(\d{9}):\s+syscalls:sys_enter_(\w+): fd: 0x([0-9a-f]+)/;
const exits = /^\s*(\d+)\/(\d+)\s+(\d+)\.(\d{9}):\s+syscalls:sys_exit_(\w+): (0x[0-9a-f]+|-?\d+)/;

/** From what `perf script` prints; in the order in which they returned. */
export function parseSystemCalls(text: string): readonly SystemCall[] {
  const calls: SystemCall[] = [];
  const entered = new Map<string, { readonly name: string; readonly descriptor: number; readonly begin: number }>();
  for (const line of text.split("\n")) {
    const enter = enters.exec(line);
    if (enter !== null) {
      const [, , thread = "", seconds = "", nanoseconds = "", name = "", descriptor = ""] = enter;
      entered.set(thread, { name, descriptor: Number.parseInt(descriptor, 16), begin: micros(seconds, nanoseconds) });
      continue;
    }
    const exit = exits.exec(line);
    if (exit === null) continue;
    const [, pid = "", thread = "", seconds = "", nanoseconds = "", name = "", result = ""] = exit;
    const before = entered.get(thread);
    if (before?.name === name) {
      calls.push({
        pid: Number(pid),
        ...before,
        end: micros(seconds, nanoseconds),
        result: Number(BigInt.asIntN(64, BigInt(result))),
      });
    }
    entered.delete(thread);
  }
  return calls;
}

/** Times since the machine's start: a double holds them to a nanosecond. */
function micros(seconds: string, nanoseconds: string): number {
  return Number(seconds) * 1e6 + Number(nanoseconds) / 1000;
}
