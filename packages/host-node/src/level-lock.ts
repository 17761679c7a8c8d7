import { realpath } from "node:fs/promises";
import { ClassicLevel } from "classic-level";
import { failureOf } from "./errno.ts";
import { claim, unclaim } from "./held-directories.ts";
import { levelHostError } from "./level-errors.ts";

/**
 * Rejects with a `HostError` `locked` while this or another process has the database in `directory` open. Neither the
 * database nor its files are opened for that, whatever state they are in; nothing is there to be locked without a directory.
 */
export async function assertLevelUnlocked(directory: string): Promise<void> {
  const path = await realpath(directory).catch((error: unknown) => {
    if (failureOf(error).code === "not-found") return undefined;
    throw levelHostError(error, directory);
  });
  if (path === undefined) return;
  claim(path, directory);
  try {
    await probeLock(directory);
  } catch (error) {
    throw levelHostError(error, directory);
  } finally {
    unclaim(path);
  }
}

/**
 * Rejects with `LEVEL_LOCKED` while another process has the database open; this one must not. LevelDB takes its lock before
 * it looks whether there is a database, and refuses then because there is one: so nothing is changed, whatever state it is in.
 */
export async function probeLock(directory: string): Promise<void> {
  const database = new ClassicLevel(directory, { createIfMissing: false, errorIfExists: true });
  try {
    await database.open();
  } catch (error) {
    const { cause } = error as Error;
    if ((cause as { readonly code?: unknown } | undefined)?.code === "LEVEL_LOCKED") throw error;
  } finally {
    await database.close();
  }
}
