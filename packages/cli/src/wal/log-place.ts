import { existsSync, readdirSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { UsageError } from "../errors.ts";

/** A log's directory, and one segment of it when only that was asked for. */
export interface LogPlace {
  readonly directory: string;
  readonly segment: number | undefined;
}

const segmentPattern = /^(\d{16})\.wal(?:\.damaged)?$/;

/** Finds the log that a person means: a member's data directory, the log's own directory in it, or one of its segments. */
export function findLog(path: string): LogPlace {
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
  for (const directory of [join(given, "log"), given]) {
    if (existsSync(directory) && statSync(directory).isDirectory() && holdsLog(directory)) {
      return { directory, segment: undefined };
    }
  }
  throw new UsageError(
    `${path} holds no log: give a member's data directory (what "serve --data-dir" was given), or a segment.`,
  );
}

function holdsLog(directory: string): boolean {
  return readdirSync(directory).some((name) => segmentPattern.test(name) || name === "marks");
}
