import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { HostError } from "@quorate/host";
import { failureOf } from "./errno.ts";
import { firstLog } from "./level-manifest.ts";
import { readRecords, recordBeginsAfter } from "./level-records.ts";

/*
 * A log of LevelDB holds the batches that are in no table yet, each one a record. When it opens a database LevelDB 1.20 reads
 * its logs and passes over what it cannot read, with the rest of that block, without a word (this binding cannot ask for
 * more): batches in the middle would be gone, and later ones, with the applied index, would be there. So the logs are read
 * here before. Each batch was synced before the next one was written, and the engine writes none after one that failed: so a
 * power cut can break the last record of all, and no other. A broken one that a whole one follows was durable.
 */

/** @throws HostError `corrupt` when a batch that was durable cannot be read. */
export async function checkLogs(directory: string): Promise<void> {
  const found = await findDamage(directory);
  if (found === undefined) return;
  // A process that has the database open may have been writing meanwhile (LevelDB refuses then): damage stays where it is.
  const again = await findDamage(directory);
  if (again?.path !== found.path || again.offset !== found.offset) return;
  throw new HostError(
    "corrupt",
    directory,
    `the database in ${directory} is damaged: what was written to ${found.path} at ${found.offset} cannot be read, and later ` +
      "writes can; the state in it must be rebuilt",
  );
}

interface Broken {
  readonly path: string;
  readonly offset: number;
}

async function findDamage(directory: string): Promise<Broken | undefined> {
  const first = await firstLog(directory);
  if (first === undefined) return undefined;
  const logs = (await readdir(directory))
    .filter((name) => /^\d+\.log$/.test(name) && Number.parseInt(name, 10) >= first)
    .sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10));
  let broken: Broken | undefined;
  for (const name of logs) {
    const path = join(directory, name);
    const bytes = await readUnlessGone(path);
    const read = readRecords(bytes);
    if (broken !== undefined && read.records.length > 0) return broken;
    if (read.broken === undefined) continue;
    broken ??= { path, offset: read.broken };
    if (recordBeginsAfter(bytes, read.stop)) return broken;
  }
  return undefined;
}

/** A log that goes while we look is one of a database that another process has open: LevelDB will say so. */
async function readUnlessGone(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (error) {
    if (failureOf(error).code === "not-found") return new Uint8Array(0);
    throw error;
  }
}
