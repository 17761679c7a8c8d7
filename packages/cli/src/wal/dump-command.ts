import type { Entry } from "@quorate/raft";
import { dumpLog, type DumpRow } from "@quorate/wal";
import { exitCodes, UsageError } from "../errors.ts";
import { dumpJson } from "./dump-json.ts";
import { dumpLines } from "./dump-text.ts";
import { findLog } from "./log-place.ts";
import { readOnlyDisk } from "./read-only-disk.ts";
import { unreadable } from "./unreadable.ts";

export interface DumpFlags {
  /** Entries from this index on, and up to this one. */
  readonly from: number | undefined;
  readonly to: number | undefined;
  /** At most so many batches. */
  readonly limit: number | undefined;
  readonly json: boolean | undefined;
}

/** `quorate wal dump`: what lies in a log's files. Exit code 1 when something in them is damaged, 2 when nothing is readable. */
export async function runWalDump(path: string, flags: DumpFlags): Promise<number> {
  const { directory, segment } = findLog(path);
  if (flags.from !== undefined && flags.to !== undefined && flags.from > flags.to) {
    throw new UsageError(`--from ${flags.from} is beyond --to ${flags.to}.`);
  }
  let isSound = true;
  let batches = 0;
  let lines: string[] = [];
  const show = (row: DumpRow): boolean => {
    if (row.type === "damage" || row.type === "remains" || row.type === "strange") isSound = false;
    const entries = row.type === "batch" ? row.entries.filter((entry) => isWanted(entry, flags)) : [];
    const isRange = flags.from !== undefined || flags.to !== undefined;
    if (row.type === "batch" && isRange && entries.length === 0) return true;
    if (row.type === "batch") batches++;
    if (flags.json === true) lines.push(dumpJson(row, entries));
    else if (row.type === "mark" && row.offset === 0) lines.push("", "marks", ...dumpLines(row, entries));
    else lines.push(...dumpLines(row, entries));
    if (lines.length > 1000) flush();
    return flags.limit === undefined || batches < flags.limit;
  };
  const flush = (): void => {
    process.stdout.write(lines.map((line) => `${line}\n`).join(""));
    lines = [];
  };
  // A reader that has seen enough (`| head`) is no failure.
  process.stdout.on("error", () => process.exit(exitCodes.done));
  const error = await new Promise<Error | undefined>((done) => dumpLog(readOnlyDisk(), directory, segment, show, done));
  flush();
  if (error !== undefined) throw unreadable(error);
  return isSound ? exitCodes.done : exitCodes.failure;
}

function isWanted({ index }: Entry, { from = 0, to = Number.MAX_SAFE_INTEGER }: DumpFlags): boolean {
  return index >= from && index <= to;
}
