import type { Callback, Done } from "./host.ts";

/**
 * Files as a durable log needs them. Paths are absolute and use "/". Nothing is durable before a sync says so: file
 * contents by `dataSync` (or `writeAndSync`), names by `syncDirectory`, of the directory and of its parent at creation.
 *
 * Every operation is asynchronous and never runs on the caller's event loop nor in a pool that other work shares
 * (DESIGN §4: measured, fdatasync p50 goes from 0.16 to 73 ms beside four password hashes in libuv's pool).
 * Operations on one file complete in the order in which they were started.
 *
 * A failed write or sync is final for the caller: the pages may be marked clean, so it must never be tried again.
 */
export interface Disk {
  /** Creates a file for reading and writing; fails with `exists` when the name is taken. */
  create(path: string, done: Callback<DiskFile>): void;
  /** Opens an existing file for reading and writing; fails with `not-found`. */
  open(path: string, done: Callback<DiskFile>): void;
  /** The entries of a directory, in ascending order of name (by code unit). Fails with `not-found`. */
  list(directory: string, done: Callback<readonly DirectoryEntry[]>): void;
  /** Creates one directory; it is no error when it exists. The parent must exist (`not-found`). */
  makeDirectory(directory: string, done: Done): void;
  /** Renames a file or directory, replacing a file of that name. Atomic, but durable only after `syncDirectory`. */
  rename(from: string, to: string, done: Done): void;
  /** Removes a file; fails with `not-found`. */
  remove(path: string, done: Done): void;
  /** Removes a directory and all it holds; it is no error when it is absent. Not atomic. */
  removeDirectory(directory: string, done: Done): void;
  /** Makes the names in a directory durable: what was created, renamed and removed in it. */
  syncDirectory(directory: string, done: Done): void;
  /**
   * Takes exclusive possession of a directory (which must exist) against other processes and against this one; fails
   * with `locked`. The lock ends with the process, however it ends.
   * A host may keep it in an entry of the directory that is named `lock`, which is not the caller's.
   */
  lock(directory: string, done: Callback<DirectoryLock>): void;
}

export interface DirectoryEntry {
  readonly name: string;
  readonly kind: "file" | "directory" | "other";
}

export interface DirectoryLock {
  release(done: Done): void;
}

export interface DiskFile {
  readonly path: string;
  /** Reads up to `length` bytes at `offset`; fewer only at the end of the file. The result is the caller's to keep. */
  read(offset: number, length: number, done: Callback<Uint8Array>): void;
  /**
   * Writes all of `bytes` at `offset`, extending the file where needed (a gap reads as zeros). The callee owns `bytes`
   * until completion: on Node.js the buffer may be *transferred* to the disk's worker, so the caller must not use it again.
   */
  write(offset: number, bytes: Uint8Array<ArrayBuffer>, done: Done): void;
  /** `write` and `dataSync` as one request: the hot path of a durable log. The same rule on `bytes`. */
  writeAndSync(offset: number, bytes: Uint8Array<ArrayBuffer>, done: Done): void;
  /** fdatasync: contents, and the size where it changed, are durable. */
  dataSync(done: Done): void;
  /** Sets the size in bytes, zero-filling when it grows. */
  truncate(size: number, done: Done): void;
  /** The size in bytes. */
  size(done: Callback<number>): void;
  close(done: Done): void;
}
