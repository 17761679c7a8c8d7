import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { MemberProcess } from "../harness/member-process.ts";

/** A line of a member's log. */
export interface LogLine {
  readonly time: string;
  readonly level: string;
  readonly msg: string;
  readonly [field: string]: unknown;
}

/** What a member has logged over all its lives: whole lines only. */
export function logLinesOf({ options: { logPath } }: MemberProcess): readonly LogLine[] {
  if (!existsSync(logPath)) return [];
  const text = readFileSync(logPath, "utf8");
  return text
    .slice(0, text.lastIndexOf("\n") + 1)
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line) as LogLine);
}

/** The values of /metrics that have no labels; undefined when it does not answer in time. */
export async function metricsOf({ clientUrl }: MemberProcess): Promise<ReadonlyMap<string, number> | undefined> {
  try {
    const answer = await fetch(`${clientUrl}/metrics`, { signal: AbortSignal.timeout(10_000) });
    const values = [...(await answer.text()).matchAll(/^(\w+) (\S+)$/gm)];
    return new Map(values.map(([, name = "", value]) => [name, Number(value)]));
  } catch {
    return undefined;
  }
}

/** What a process holds in memory of its own, and what it maps of its files besides, in bytes; 0 while it does not run. */
export interface Memory {
  readonly ownBytes: number;
  readonly fileBytes: number;
}

export function memoryOf({ pid }: MemberProcess): Memory {
  if (pid === undefined || !existsSync(`/proc/${pid}`)) return { ownBytes: 0, fileBytes: 0 };
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const bytes = (name: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(status)?.[1] ?? 0) * 1024;
  return { ownBytes: bytes("RssAnon"), fileBytes: bytes("RssFile") };
}

/** 0 while it does not run. */
export function descriptorCountOf({ pid }: MemberProcess): number {
  return pid === undefined || !existsSync(`/proc/${pid}/fd`) ? 0 : readdirSync(`/proc/${pid}/fd`).length;
}

/** Bytes of the files of a member's log. */
export function logBytesOf({ options: { dataDir } }: MemberProcess): number {
  return bytesIn(join(dataDir, "log"));
}

export function dataBytesOf({ options: { dataDir } }: MemberProcess): number {
  return bytesIn(dataDir);
}

/** Of all files below a folder; those that vanish meanwhile are left out. */
function bytesIn(folder: string): number {
  if (!existsSync(folder)) return 0;
  return readdirSync(folder, { recursive: true }).reduce((sum: number, name) => {
    const stat = statSync(join(folder, String(name)), { throwIfNoEntry: false });
    return sum + (stat?.isFile() === true ? stat.size : 0);
  }, 0);
}
