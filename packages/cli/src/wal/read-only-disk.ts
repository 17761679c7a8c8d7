import { closeSync, fstatSync, openSync, readdirSync, readSync } from "node:fs";
import { HostError, type Callback, type DirectoryEntry, type Disk, type DiskFile, type Done } from "@quorate/host";

/**
 * A disk that can only be looked at: files are opened for reading, so that nothing here can harm the log of a member,
 * running or not. Whatever would change something fails with `denied`.
 */
export function readOnlyDisk(): Disk {
  const refuse = (subject: string, done: Done): void => later(() => done(denied(subject)));
  return {
    create: (path, done) => later(() => done(denied(path), undefined as never)),
    open: (path, done) => perform(path, done, () => new ReadOnlyFile(path, openSync(path, "r"))),
    list: (directory, done) => perform(directory, done, () => list(directory)),
    makeDirectory: refuse,
    rename: (from, _to, done) => refuse(from, done),
    remove: refuse,
    removeDirectory: refuse,
    syncDirectory: refuse,
    lock: (directory, done) => later(() => done(denied(directory), undefined as never)),
  };
}

class ReadOnlyFile implements DiskFile {
  readonly path: string;
  readonly #descriptor: number;

  constructor(path: string, descriptor: number) {
    this.path = path;
    this.#descriptor = descriptor;
  }

  read(offset: number, length: number, done: Callback<Uint8Array>): void {
    perform(this.path, done, () => {
      // Not more memory than the file can fill.
      const bytes = new Uint8Array(Math.min(length, Math.max(0, fstatSync(this.#descriptor).size - offset)));
      let filled = 0;
      while (filled < bytes.length) {
        const count = readSync(this.#descriptor, bytes, filled, bytes.length - filled, offset + filled);
        if (count === 0) break;
        filled += count;
      }
      return bytes.subarray(0, filled);
    });
  }

  size(done: Callback<number>): void {
    perform(this.path, done, () => fstatSync(this.#descriptor).size);
  }

  close(done: Done): void {
    perform<void>(
      this.path,
      (error) => done(error),
      () => closeSync(this.#descriptor),
    );
  }

  write(_offset: number, _bytes: Uint8Array, done: Done): void {
    later(() => done(denied(this.path)));
  }

  writeAndSync(_offset: number, _bytes: Uint8Array, done: Done): void {
    later(() => done(denied(this.path)));
  }

  dataSync(done: Done): void {
    later(() => done(denied(this.path)));
  }

  truncate(_size: number, done: Done): void {
    later(() => done(denied(this.path)));
  }
}

function list(directory: string): DirectoryEntry[] {
  return readdirSync(directory, { withFileTypes: true })
    .map((entry) => ({
      name: entry.name,
      kind: entry.isFile() ? ("file" as const) : entry.isDirectory() ? ("directory" as const) : ("other" as const),
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

function perform<T>(path: string, done: Callback<T>, work: () => T): void {
  later(() => {
    let value: T;
    try {
      value = work();
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      const known = code === "ENOENT" ? "not-found" : code === "EACCES" || code === "EPERM" ? "denied" : "io";
      return done(new HostError(known, path, message, { cause: error }), undefined as never);
    }
    done(undefined, value);
  });
}

/** Completions never come from inside the call that asked. */
function later(done: () => void): void {
  setImmediate(done);
}

function denied(path: string): HostError {
  return new HostError("denied", path, `${path} is only looked at`);
}
