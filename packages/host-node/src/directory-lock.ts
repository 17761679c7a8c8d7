import { ClassicLevel } from "classic-level";
import type { Callback, DirectoryLock } from "@quorate/host";
import { syncDirectory } from "./directory-sync.ts";
import { claim, unclaim } from "./held-directories.ts";
import { report } from "./level-errors.ts";
import { makeLevel, openingIsDurable, prepareOpening } from "./level-opening.ts";

/**
 * Takes the lock of `directory` by opening a database, which stays empty, at `place` (its true path). Node.js has no
 * flock, but LevelDB takes a record lock of the system on what it opens, which ends with the process however it ends.
 */
export function holdLock(directory: string, place: string, done: Callback<DirectoryLock>): void {
  const held = lockDirectory(directory, place).then(
    (release): DirectoryLock => ({
      release: (released) => report(release(), directory, (error) => released(error)),
    }),
  );
  report(held, directory, done);
}

/** The same; gives what releases it. Rejects with LevelDB's error or a `HostError` `locked`. */
export async function lockDirectory(directory: string, place: string): Promise<() => Promise<void>> {
  claim(place, directory);
  try {
    // A power cut during the first start must not leave a lock that never opens.
    await makeLevel(place);
    await prepareOpening(place);
    const database = new ClassicLevel(place, { cacheSize: 0, writeBufferSize: 64 * 1024 });
    await database.open();
    await syncDirectory(place);
    await openingIsDurable(place);
    return async () => {
      await database.close();
      unclaim(place);
    };
  } catch (error) {
    unclaim(place);
    throw error;
  }
}
