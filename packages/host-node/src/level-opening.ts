import { randomBytes } from "node:crypto";
import { copyFile, link, mkdir, open, readdir, readFile, rename, rm, rmdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { ClassicLevel } from "classic-level";
import { syncDirectory } from "./directory-sync.ts";
import { failureOf } from "./errno.ts";
import { probeLock } from "./level-lock.ts";
import { mendManifest } from "./level-manifest.ts";

/*
 * LevelDB 1.20 makes and opens a database in ways that a power cut can break (test/power-cut showed each):
 *
 * - It does not sync the first MANIFEST before CURRENT names it. After a cut the file may be empty or gone, and LevelDB
 *   never opens that directory again. So a database is made under another name, synced file by file, and then renamed.
 * - Every opening writes a new MANIFEST, renames CURRENT to it and removes the old MANIFEST and the old log, with no sync
 *   of the directory in between. POSIX lets the removals survive without the renaming: CURRENT then names a file that is
 *   gone, or an old state whose newest writes are gone. (File systems with one ordered journal keep that order; not all
 *   have one.) So the old files are kept under second names until the directory has been synced.
 * - A record of the MANIFEST may survive without what it needs: `level-manifest.ts`.
 */

/** Second names of what an opening may remove; a directory in the database's own, which LevelDB does not look at. */
const keptName = "before-opening";

/** Makes the database in `directory`, unless there is something. Its name in its parent is the caller's to sync. */
export async function makeLevel(directory: string): Promise<void> {
  if (!(await isVacant(directory))) return;
  const fresh = `${directory}.new-${randomBytes(6).toString("hex")}`;
  await mkdir(fresh, { mode: 0o700 });
  try {
    const database = new ClassicLevel(fresh);
    await database.open();
    await database.close();
    for (const name of await readdir(fresh)) await syncFile(join(fresh, name));
    await syncDirectory(fresh);
    // An empty directory in its place; Windows renames onto none.
    await rmdir(directory).catch(() => {});
    await rename(fresh, directory);
  } catch (error) {
    await rm(fresh, { recursive: true, force: true });
    // Another process was faster: what it has made is there to be opened.
    if (await isVacant(directory)) throw error;
  }
}

/**
 * Before LevelDB opens the database: puts back what an opening that a power cut ended has removed too early, and keeps
 * what this one may remove. To be followed by `openingIsDurable`. A database that is open elsewhere is left alone: mending is for
 * those that nobody writes to.
 */
export async function prepareOpening(directory: string): Promise<void> {
  await probeLock(directory);
  const kept = join(directory, keptName);
  await putBack(directory, kept);
  await mendManifest(directory);
  await rm(kept, { recursive: true, force: true });
  const unfinished = `${kept}.tmp`;
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(unfinished, { mode: 0o700 });
  for (const name of await readdir(directory)) {
    if (/^(CURRENT|MANIFEST-\d+|\d+\.log)$/.test(name)) await keep(join(directory, name), join(unfinished, name));
  }
  await syncDirectory(unfinished);
  await rename(unfinished, kept);
  await syncDirectory(directory);
}

/** After LevelDB has opened the database and its directory was synced: what was kept, and databases never finished, go. */
export async function openingIsDurable(directory: string): Promise<void> {
  await rm(join(directory, keptName), { recursive: true, force: true });
  const prefix = `${basename(directory)}.new-`;
  for (const name of await readdir(dirname(directory))) {
    if (name.startsWith(prefix)) await rm(join(dirname(directory), name), { recursive: true, force: true });
  }
}

/**
 * While CURRENT names the MANIFEST of then, nothing was written to the database since: LevelDB syncs the directory with
 * each change of the new MANIFEST. So what was kept, and is missing, belongs to it.
 */
async function putBack(directory: string, kept: string): Promise<void> {
  const names = await namesIn(kept);
  if (!names.includes("CURRENT")) return;
  const current = await readFile(join(directory, "CURRENT"));
  if (!current.equals(await readFile(join(kept, "CURRENT")))) return;
  const present = await readdir(directory);
  for (const name of names) {
    if (!present.includes(name)) await keep(join(kept, name), join(directory, name));
  }
  await syncDirectory(directory);
}

/**
 * A second name for a file; a copy where the file system has no such thing. A file that goes meanwhile is one of a
 * database that another process has open: LevelDB will say so.
 */
async function keep(file: string, as: string): Promise<void> {
  try {
    await link(file, as);
  } catch (error) {
    if (failureOf(error).code === "not-found") return;
    await copyFile(file, as);
    await syncFile(as);
  }
}

/** Nothing there, or an empty directory. What is no directory is LevelDB's to complain about. */
async function isVacant(directory: string): Promise<boolean> {
  try {
    return (await readdir(directory)).length === 0;
  } catch (error) {
    return failureOf(error).code === "not-found";
  }
}

async function namesIn(directory: string): Promise<readonly string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    if (failureOf(error).code === "not-found") return [];
    throw error;
  }
}

async function syncFile(path: string): Promise<void> {
  const file = await open(path, "r+");
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
