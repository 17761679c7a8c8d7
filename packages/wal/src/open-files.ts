import type { Disk, DiskFile } from "@quorate/host";
import { carryOut, perform, type Steps } from "./steps.ts";

/** Opens a file, works with it, and closes it, whatever comes of the work. */
export function* withFile<T>(disk: Disk, path: string, work: (file: DiskFile) => Steps<T>): Steps<T> {
  const file = yield* perform<DiskFile>((done) => disk.open(path, done));
  try {
    return yield* work(file);
  } finally {
    yield* carryOut((done) => file.close(done));
  }
}

/** Works on a file that stays open. Should the work fail, it is closed first: whoever is told of the failure has no file. */
export function* keepOpen<T>(file: DiskFile, work: Steps<T>): Steps<T> {
  try {
    return yield* work;
  } catch (error) {
    yield* perform<void>((done) => file.close(() => done(undefined, undefined)));
    throw error;
  }
}
