import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";

const ticksPerSecond = Number(execFileSync("getconf", ["CLK_TCK"], { encoding: "utf8" }));

/** Processor time of one thread. */
export interface ThreadTime {
  readonly name: string;
  readonly seconds: number;
}

/** Seconds of processor that the whole process has used, all its threads, in user and kernel mode (steps of 10 ms). */
export function processSeconds(pid: number): number {
  return secondsOf(`/proc/${pid}/stat`, 13, 14);
}

/** The same for the children of this process that have ended. */
export function endedChildrenSeconds(): number {
  return secondsOf("/proc/self/stat", 15, 16);
}

/** The same for each thread of a process, by its number. */
export function threadSeconds(pid: number): ReadonlyMap<string, ThreadTime> {
  const threads = readdirSync(`/proc/${pid}/task`).map((thread) => {
    const folder = `/proc/${pid}/task/${thread}`;
    const name = readFileSync(`${folder}/comm`, "utf8").trim();
    return [thread, { name, seconds: secondsOf(`${folder}/stat`, 13, 14) }] as const;
  });
  return new Map(threads);
}

/** How often threads of a process began to run, and how long they had waited for a processor by then, in seconds (schedstat). */
export interface ProcessorWaits {
  readonly turns: number;
  readonly waitedSeconds: number;
}

export function processorWaits(pid: number): ProcessorWaits {
  let turns = 0;
  let waitedSeconds = 0;
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    const [, waited, began] = readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8").trim().split(" ");
    waitedSeconds += Number(waited) / 1e9;
    turns += Number(began);
  }
  return { turns, waitedSeconds };
}

/** Bytes of memory that the process held at most since `forgetPeakMemory`. */
export function peakMemory(pid: number): number {
  const kibibytes = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  if (kibibytes === undefined) throw new Error(`/proc/${pid}/status has no VmHWM`);
  return Number(kibibytes) * 1024;
}

/** Peaks are counted from what is held now (see proc(5), clear_refs). */
export function forgetPeakMemory(pid: number): void {
  writeFileSync(`/proc/${pid}/clear_refs`, "5");
}

/** The sum of two fields of a stat file, numbered from 0, in clock ticks. The name before them may contain spaces. */
function secondsOf(path: string, ...fields: readonly number[]): number {
  const text = readFileSync(path, "utf8");
  const afterName = text
    .slice(text.lastIndexOf(")") + 2)
    .trim()
    .split(" ");
  // The number and the name of the process are fields 0 and 1.
  const ticks = fields.map((field) => Number(afterName[field - 2])).reduce((sum, one) => sum + one, 0);
  return ticks / ticksPerSecond;
}
