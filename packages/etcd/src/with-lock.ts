import type { DirectoryLock, Disk } from "@quorate/host";
import { completion } from "./completion.ts";

/** Does some work as the only user of a member's directory. Rejects with a `HostError` when another process has it. */
export async function withLock<T>(disk: Disk, dataDir: string, work: () => Promise<T>): Promise<T> {
  const lock = await completion<DirectoryLock>((done) => disk.lock(dataDir, done));
  try {
    return await work();
  } finally {
    await completion<void>((done) => lock.release((error) => done(error, undefined)));
  }
}
