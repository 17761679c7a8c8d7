import { readdirSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { UsageError } from "../errors.ts";
import { unreadable } from "./unreadable.ts";

/** A log's directory, and one segment of it when only that was asked for. */
export interface LogPlace {
  readonly directory: string;
  readonly segment: number | undefined;
}

const segmentPattern = /^(\d{16})\.wal(?:\.damaged)?$/;

/**
 * Finds the log that a person means: a member's data directory, the log's own directory in it, or one of its segments. There
 * need not be anything in it.
 */
export function findLog(path: string): LogPlace {
  try {
    return find(path);
  } catch (error) {
    if (error instanceof UsageError || !(error instanceof Error && "code" in error)) throw error;
    throw unreadable(error);
  }
}

function find(path: string): LogPlace {
  const given = resolve(path);
  const found = statSync(given, { throwIfNoEntry: false });
  if (found === undefined) throw new UsageError(`${path}: there is no such file or directory.`);
  if (!found.isDirectory()) {
    const number = segmentPattern.exec(basename(given))?.[1];
    if (number === undefined || given.endsWith(".damaged")) {
      throw new UsageError(`${path} is not a segment of a log: those are named like 0000000000000001.wal.`);
    }
    return { directory: dirname(given), segment: Number(number) };
  }
  const within = join(given, "log");
  if (isDirectory(within) || isDirectory(join(given, "state"))) return { directory: within, segment: undefined };
  if (basename(given) === "log" || holdsLog(given)) return { directory: given, segment: undefined };
  throw new UsageError(
    `${path} holds no log: give a member's data directory (what "serve --data-dir" was given), or a segment.`,
  );
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

function holdsLog(directory: string): boolean {
  return readdirSync(directory).some((name) => segmentPattern.test(name) || name === "marks");
}
