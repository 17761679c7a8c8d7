import { HostError } from "@quorate/host";

/**
 * The databases that this process has open, by their true paths. LevelDB keeps such a table itself, but looks into it
 * only after it has opened the file LOCK, and then closes that again; and POSIX drops *all* locks that a process holds on
 * a file when it closes any descriptor of it. So the mere attempt to open a database twice in one process would open it
 * to other processes. (Worker threads that load this module anew have a table of their own: one thread opens databases.)
 */
const held = new Set<string>();

/** Notes that this process is about to open the database at `path`. @throws HostError `locked` when it has it open. */
export function claim(path: string, directory: string): void {
  if (held.has(path)) {
    const message = `${directory} is locked: this process uses it already; close that use first, or choose another directory`;
    throw new HostError("locked", directory, message);
  }
  held.add(path);
}

/** The database at `path` is closed, or could not be opened. */
export function unclaim(path: string): void {
  held.delete(path);
}
