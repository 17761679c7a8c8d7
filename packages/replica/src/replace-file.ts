import type { Disk, Done, HostError } from "@quorate/host";

/**
 * Replaces a file as a whole: written beside the old one, synced, renamed over it, and the name synced. After a crash at any
 * moment one of the two is found.
 */
export function replaceFile(
  disk: Disk,
  directory: string,
  name: string,
  bytes: Uint8Array<ArrayBuffer>,
  done: Done,
): void {
  const path = `${directory}/${name}.new`;
  const rename = (): void => {
    disk.rename(path, `${directory}/${name}`, (error) => {
      if (error !== undefined) return done(error);
      disk.syncDirectory(directory, done);
    });
  };
  const write = (): void => {
    disk.create(path, (createError, file) => {
      if (createError !== undefined) return done(createError);
      file.writeAndSync(0, bytes, (writeError) => {
        file.close((closeError) => {
          const error = writeError ?? closeError;
          if (error === undefined) rename();
          else done(error);
        });
      });
    });
  };
  // What a crash left half written is of no use.
  disk.remove(path, (error) => {
    if (error !== undefined && error.code !== "not-found") return done(error);
    write();
  });
}

/**
 * Reads a file at a start that `replaceFile` wrote in an earlier life; undefined when there is none. What can be read need not
 * be durable: a sync of the name may have failed, and the process ended for it. So the names down to it are synced before
 * anything rests on what they lead to.
 */
export function findFile(
  disk: Disk,
  directory: string,
  name: string,
  done: (error: HostError | undefined, bytes: Uint8Array | undefined) => void,
): void {
  readWholeFile(disk, `${directory}/${name}`, (readError, bytes) => {
    if (readError !== undefined || bytes === undefined) return done(readError, undefined);
    disk.syncDirectory(parentOf(directory), (parentError) => {
      if (parentError !== undefined) return done(parentError, undefined);
      disk.syncDirectory(directory, (error) => done(error, error === undefined ? bytes : undefined));
    });
  });
}

export function parentOf(path: string): string {
  return path.slice(0, Math.max(1, path.lastIndexOf("/")));
}

/** Reads a file whole; undefined when there is none. */
export function readWholeFile(
  disk: Disk,
  path: string,
  done: (error: HostError | undefined, bytes: Uint8Array | undefined) => void,
): void {
  disk.open(path, (openError, file) => {
    if (openError?.code === "not-found") return done(undefined, undefined);
    if (openError !== undefined) return done(openError, undefined);
    const finish = (error: HostError | undefined, bytes: Uint8Array): void => file.close(() => done(error, bytes));
    file.size((sizeError, size) => {
      if (sizeError !== undefined) return finish(sizeError, new Uint8Array());
      file.read(0, size, finish);
    });
  });
}
