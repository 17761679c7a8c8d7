import { fixedTime, measuredTimes, medianAndTail, mostTimedMembers, type Distribution } from "@quorate/planner";
import { UsageError } from "../errors.ts";

/** Round trips and syncs of members, or of zones, by name. */
export interface TimeTable {
  readonly names: readonly string[];
  readonly roundTrips: readonly (readonly Distribution[])[];
  /** One for each name. */
  readonly syncs: readonly Distribution[] | undefined;
}

/** "10,20/80,30": times with commas. */
export function parseTimes(option: string, text: string): readonly Distribution[] {
  return text.split(",").map((part) => parseTime(option, part));
}

/** 10, or 10/40: a median and a p99, in ms. */
function parseTime(option: string, text: string): Distribution {
  const [, p50, p99] = /^\s*(\d+(?:\.\d+)?)(?:\/(\d+(?:\.\d+)?))?\s*$/.exec(text) ?? [];
  if (p50 === undefined) {
    throw new UsageError(
      `${option}: "${text}" is neither a time in ms (10, or median and p99: 10/40) nor a file that can be read.`,
    );
  }
  return p99 === undefined ? fixedTime(Number(p50)) : medianAndTail(Number(p50), Number(p99));
}

/** A table in JSON: rows alone, or `{ members, rtt, fsync }`. Throws `UsageError` with the place that is wrong. */
export function parseTable(file: string, text: string): TimeTable {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new UsageError(`${file} is not JSON: ${(error as Error).message}.`);
  }
  const { rtt, members, fsync } = (Array.isArray(json) ? { rtt: json } : (json ?? {})) as Record<string, unknown>;
  if (!Array.isArray(rtt)) throw new UsageError(`${file} has no table: it is a list of rows, or an object with "rtt".`);
  const n = rtt.length;
  if (n < 1 || n > mostTimedMembers)
    throw new UsageError(`${file} has ${n} rows; from 1 to ${mostTimedMembers} are possible.`);
  const rows = rtt.map((row: unknown, from) => {
    if (!Array.isArray(row) || row.length !== n) {
      throw new UsageError(`${file}: row ${from + 1} of "rtt" is not a list of ${n} times, one for each member.`);
    }
    return row.map((cell: unknown, to) =>
      from === to && (cell === null || cell === "")
        ? fixedTime(0)
        : cellOf(file, `"rtt" row ${from + 1} column ${to + 1}`, cell),
    );
  });
  return { names: namesOf(file, members, n), roundTrips: rows, syncs: syncsOf(file, fsync, n) };
}

function namesOf(file: string, members: unknown, n: number): readonly string[] {
  if (members === undefined) return Array.from({ length: n }, (_, at) => String(at + 1));
  const names = Array.isArray(members) ? members.filter((name) => typeof name === "string" && name !== "") : [];
  if (names.length === n && new Set(names).size === n) return names as string[];
  throw new UsageError(`${file}: "members" is a list of ${n} different names, one for each row of "rtt".`);
}

function syncsOf(file: string, fsync: unknown, n: number): readonly Distribution[] | undefined {
  if (fsync === undefined) return undefined;
  if (!Array.isArray(fsync)) return Array<Distribution>(n).fill(cellOf(file, '"fsync"', fsync));
  if (fsync.length !== n)
    throw new UsageError(`${file}: "fsync" is one time, or a list of ${n}, one for each row of "rtt".`);
  return fsync.map((cell: unknown, at) => cellOf(file, `"fsync" number ${at + 1}`, cell));
}

function cellOf(file: string, where: string, cell: unknown): Distribution {
  if (typeof cell === "number" && cell >= 0) return fixedTime(cell);
  if (typeof cell === "string") return parseTime(`${file}: ${where}`, cell);
  if (Array.isArray(cell) && cell.length > 0 && cell.every((each) => typeof each === "number" && each >= 0)) {
    return measuredTimes(cell as number[]);
  }
  throw new UsageError(`${file}: ${where} is not a time: a number of ms, "p50/p99", or a list of measured ms.`);
}
