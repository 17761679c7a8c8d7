import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { cpus, loadavg, release, tmpdir, totalmem, type } from "node:os";
import { root } from "../harness/quorate-command.ts";

/** Where and when something was measured. */
export interface Conditions {
  /** "2026-11-21" */
  readonly date: string;
  /** With "+ changes" when the files differ from it. */
  readonly commit: string;
  readonly processors: string;
  readonly memoryGib: number;
  readonly system: string;
  readonly filesystem: string;
  readonly node: string;
  readonly etcd: string;
  readonly h2load: string;
}

export function conditions(): Conditions {
  return {
    date: new Date().toISOString().slice(0, 10),
    commit: commit(),
    processors: `${cpus().length} x ${cpus()[0]?.model ?? "unknown"}`,
    memoryGib: Math.round(totalmem() / 2 ** 30),
    system: `${type()} ${release()}`,
    filesystem: filesystemOf(tmpdir()),
    node: process.version,
    etcd: firstLine("etcd", "--version"),
    h2load: firstLine("h2load", "--version"),
  };
}

/** One minute, five, fifteen. */
export function loadAverages(): string {
  return loadavg()
    .map((one) => one.toFixed(1))
    .join(" ");
}

function firstLine(program: string, ...args: readonly string[]): string {
  return execFileSync(program, args, { encoding: "utf8" }).split("\n")[0]?.trim() ?? "";
}

function commit(): string {
  const git = (...args: readonly string[]) => execFileSync("git", args, { cwd: root, encoding: "utf8" }).trim();
  try {
    return `${git("rev-parse", "--short=10", "HEAD")}${git("status", "--porcelain") === "" ? "" : " + changes"}`;
  } catch {
    return "unknown";
  }
}

/** The type of the filesystem that holds a folder: of the longest mount point above it. */
function filesystemOf(folder: string): string {
  const mounts = readFileSync("/proc/mounts", "utf8")
    .split("\n")
    .map((line) => line.split(" "))
    .filter(([, point]) => point !== undefined && `${folder}/`.startsWith(point === "/" ? "/" : `${point}/`))
    .sort(([, left = ""], [, right = ""]) => right.length - left.length);
  return mounts[0]?.[2] ?? "unknown";
}
