import { ClassicLevel } from "classic-level";
import type { Callback, DirectoryLock } from "@quorate/host";
import { report } from "./level-errors.ts";

/**
 * Takes the lock of `directory` by opening a database, which stays empty, at `place`. Node.js has no flock, but LevelDB
 * locks what it opens against this process (a table of its own) and against others (a record lock of the system, which
 * ends with the process however it ends).
 */
export function holdLock(directory: string, place: string, done: Callback<DirectoryLock>): void {
  const database = new ClassicLevel(place, { cacheSize: 0, writeBufferSize: 64 * 1024 });
  const release: DirectoryLock["release"] = (released) => {
    report(database.close(), directory, released);
  };
  report(database.open(), directory, (error) => done(error, { release }));
}
