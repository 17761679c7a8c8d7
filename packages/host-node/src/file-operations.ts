import {
  closeSync,
  constants,
  fdatasyncSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  realpathSync,
  renameSync,
  rmSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import type { Dirent } from "node:fs";
import { isAbsolute } from "node:path";
import type { DirectoryEntry } from "@quorate/host";
import type { DiskOperation } from "./disk-protocol.ts";
import { failureOf } from "./errno.ts";
import type { Failure } from "./errno.ts";

/** Data of a member is nobody else's to read. */
const fileMode = 0o600;
const directoryMode = 0o700;

interface OpenFile {
  readonly descriptor: number;
  /** Set by the first write, truncation or sync that fails, and final: the pages may have been marked clean. */
  failure: Failure | undefined;
}

/** A failure that is not one of the system's. */
export class KnownFailure extends Error {
  readonly failure: Failure;

  constructor(failure: Failure) {
    super(failure.reason);
    this.failure = failure;
  }
}

/** The disk's operations, synchronously: what its worker does. Every method may throw a system error or a `KnownFailure`. */
export class FileOperations {
  readonly #files = new Map<number, OpenFile>();
  /** Directories whose sync failed: a later one would say nothing about the names before it. */
  readonly #failedDirectories = new Map<string, Failure>();

  /** Performs one operation and returns its value. */
  perform(operation: DiskOperation): unknown {
    switch (operation.kind) {
      case "create":
        return this.#open(operation.path, operation.file, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL);
      case "open":
        return this.#open(operation.path, operation.file, constants.O_RDWR);
      case "list":
        return list(operation.path);
      case "makeDirectory":
        return makeDirectory(operation.path);
      case "rename":
        return renameSync(absolute(operation.path), absolute(operation.to));
      case "remove":
        return unlinkSync(absolute(operation.path));
      case "removeDirectory":
        return removeDirectory(operation.path);
      case "syncDirectory":
        return this.#syncDirectory(operation.path);
      case "prepareLock":
        return prepareLock(operation.path);
      case "read":
        return read(this.#file(operation.file).descriptor, operation.offset, operation.length);
      case "write":
        return this.#write(operation.file, operation.offset, operation.bytes, false);
      case "writeAndSync":
        return this.#write(operation.file, operation.offset, operation.bytes, true);
      case "dataSync":
        return this.#change(operation.file, fdatasyncSync);
      case "truncate":
        return this.#truncate(operation.file, operation.size);
      case "size":
        return fstatSync(this.#file(operation.file).descriptor).size;
      case "closeFile":
        return this.#close(operation.file);
      case "stop":
        return this.#stop();
    }
  }

  #open(path: string, file: number, flags: number): void {
    this.#files.set(file, { descriptor: openSync(absolute(path), flags, fileMode), failure: undefined });
  }

  #file(file: number): OpenFile {
    const open = this.#files.get(file);
    if (open === undefined) throw new KnownFailure({ code: "closed", reason: "the file is closed" });
    if (open.failure === undefined) return open;
    throw new KnownFailure(open.failure);
  }

  #write(file: number, offset: number, bytes: Uint8Array, sync: boolean): void {
    requireSize(offset, "offset");
    this.#change(file, (descriptor) => {
      writeAll(descriptor, offset, bytes);
      if (sync) fdatasyncSync(descriptor);
    });
  }

  #truncate(file: number, size: number): void {
    requireSize(size, "size");
    this.#change(file, (descriptor) => ftruncateSync(descriptor, size));
  }

  /** Runs what must never be tried again after it has failed. */
  #change(file: number, work: (descriptor: number) => void): void {
    const open = this.#file(file);
    try {
      work(open.descriptor);
    } catch (error) {
      const { code, reason } = failureOf(error);
      open.failure = { code, reason: `an earlier write or sync failed: ${reason}; what the file holds is uncertain` };
      throw error;
    }
  }

  /** The descriptor is released in any case. A file that has failed says so once more. */
  #close(file: number): void {
    const open = this.#files.get(file);
    if (open === undefined) throw new KnownFailure({ code: "closed", reason: "the file is closed" });
    this.#files.delete(file);
    closeSync(open.descriptor);
    if (open.failure !== undefined) throw new KnownFailure(open.failure);
  }

  #syncDirectory(path: string): void {
    const failed = this.#failedDirectories.get(path);
    if (failed !== undefined) throw new KnownFailure(failed);
    // Windows cannot open a directory for that; NTFS journals its names.
    if (process.platform === "win32") return void lstatSync(path);
    const descriptor = openSync(absolute(path), constants.O_RDONLY | constants.O_DIRECTORY);
    try {
      fsyncSync(descriptor);
    } catch (error) {
      const { code, reason } = failureOf(error);
      this.#failedDirectories.set(path, { code, reason: `an earlier sync of this directory failed: ${reason}` });
      throw error;
    } finally {
      closeSync(descriptor);
    }
  }

  #stop(): void {
    for (const { descriptor } of this.#files.values()) closeSync(descriptor);
    this.#files.clear();
  }
}

function absolute(path: string): string {
  if (isAbsolute(path)) return path;
  throw new KnownFailure({ code: "invalid", reason: "the path must be absolute" });
}

function requireSize(value: number, what: string): void {
  if (Number.isSafeInteger(value) && value >= 0) return;
  throw new KnownFailure({ code: "invalid", reason: `the ${what} must be a whole number from 0, not ${value}` });
}

/** A write may be short: a signal, a full disk. The next one says why. */
function writeAll(descriptor: number, offset: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length; ) {
    const written = writeSync(descriptor, bytes, done, bytes.length - done, offset + done);
    if (written === 0) throw new KnownFailure({ code: "io", reason: "the system wrote nothing" });
    done += written;
  }
}

function read(descriptor: number, offset: number, length: number): Uint8Array<ArrayBuffer> {
  requireSize(offset, "offset");
  requireSize(length, "length");
  // Not more memory than the file can fill.
  const bytes = new Uint8Array(Math.min(length, Math.max(0, fstatSync(descriptor).size - offset)));
  let done = 0;
  while (done < bytes.length) {
    const count = readSync(descriptor, bytes, done, bytes.length - done, offset + done);
    if (count === 0) return bytes.slice(0, done);
    done += count;
  }
  return bytes;
}

function list(path: string): DirectoryEntry[] {
  return readdirSync(absolute(path), { withFileTypes: true })
    .map((entry) => ({ name: entry.name, kind: kindOf(entry) }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

function kindOf(entry: Dirent): DirectoryEntry["kind"] {
  if (entry.isFile()) return "file";
  return entry.isDirectory() ? "directory" : "other";
}

function isDirectory(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

function makeDirectory(path: string): void {
  try {
    mkdirSync(absolute(path), { mode: directoryMode });
  } catch (error) {
    if (failureOf(error).code !== "exists" || !isDirectory(path)) throw error;
  }
}

function removeDirectory(path: string): void {
  const found = lstatSync(absolute(path), { throwIfNoEntry: false });
  if (found === undefined) return;
  if (!found.isDirectory()) throw new KnownFailure({ code: "invalid", reason: "it is not a directory" });
  rmSync(path, { recursive: true, force: true });
}

/** Makes the place of a directory's lock and gives its one true name: two names of one directory are one lock. */
function prepareLock(directory: string): string {
  const place = `${realpathSync(absolute(directory))}/lock`;
  makeDirectory(place);
  return place;
}
