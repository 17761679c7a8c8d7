import {
  HostError,
  type Callback,
  type DirectoryEntry,
  type DirectoryLock,
  type Disk,
  type DiskFile,
  type Done,
} from "@quorate/host";

/**
 * How an operation fails: at once, for want of space or for a broken device; after half of the bytes were written; or
 * after all of them were, when it comes to the sync, so that nobody knows what is on the disk.
 */
export const faults = ["no space", "device error", "short write", "failed sync"] as const;
export type Fault = (typeof faults)[number];

/** Names of the operations, for people and for tables. */
export type OperationKind = keyof Disk | Exclude<keyof DiskFile, "path">;

/** A disk that does what the one below it does, but for one operation, which fails. */
export class FaultyDisk implements Disk {
  readonly #below: Disk;
  /** Operations that were asked for. */
  operations = 0;
  /** The operation of this number fails. */
  faultAt = Number.POSITIVE_INFINITY;
  fault: Fault = "device error";
  /** What failed: the kind of operation and the path. */
  struck: { readonly kind: OperationKind; readonly path: string } | undefined;
  /** Operations that were asked for and have not completed. */
  underWay = 0;
  /** Files that were opened and not closed. */
  openFiles = 0;

  constructor(below: Disk) {
    this.#below = below;
  }

  create(path: string, done: Callback<DiskFile>): void {
    this.#guard("create", path, done, (pass) => this.#below.create(path, this.#wrapped(pass)));
  }

  open(path: string, done: Callback<DiskFile>): void {
    this.#guard("open", path, done, (pass) => this.#below.open(path, this.#wrapped(pass)));
  }

  list(directory: string, done: Callback<readonly DirectoryEntry[]>): void {
    this.#guard("list", directory, done, (pass) => this.#below.list(directory, pass));
  }

  makeDirectory(directory: string, done: Done): void {
    this.#guardDone("makeDirectory", directory, done, (pass) => this.#below.makeDirectory(directory, pass));
  }

  rename(from: string, to: string, done: Done): void {
    this.#guardDone("rename", from, done, (pass) => this.#below.rename(from, to, pass));
  }

  remove(path: string, done: Done): void {
    this.#guardDone("remove", path, done, (pass) => this.#below.remove(path, pass));
  }

  removeDirectory(directory: string, done: Done): void {
    this.#guardDone("removeDirectory", directory, done, (pass) => this.#below.removeDirectory(directory, pass));
  }

  syncDirectory(directory: string, done: Done): void {
    this.#guardDone("syncDirectory", directory, done, (pass) => this.#below.syncDirectory(directory, pass));
  }

  lock(directory: string, done: Callback<DirectoryLock>): void {
    this.#below.lock(directory, done);
  }

  /** Counts an operation, and says whether it is the one that fails. */
  strikes(kind: OperationKind, path: string): boolean {
    this.operations++;
    if (this.operations !== this.faultAt) return false;
    this.struck = { kind, path };
    return true;
  }

  /** A completion that is counted. */
  counted<T>(done: Callback<T>): Callback<T> {
    this.underWay++;
    return (error, value) => {
      this.underWay--;
      done(error, value as never);
    };
  }

  countedDone(done: Done): Done {
    const counted = this.counted<void>((error) => done(error));
    return (error) => counted(error, undefined);
  }

  /** Something that takes a while and has no effect: completions never come from inside a call. */
  later(done: () => void): void {
    this.#below.list("/", done);
  }

  #wrapped(pass: Callback<DiskFile>): Callback<DiskFile> {
    return (error, file) => {
      if (error !== undefined) return pass(error, file);
      this.openFiles++;
      pass(undefined, new FaultyFile(this, file));
    };
  }

  #guard<T>(kind: OperationKind, path: string, after: Callback<T>, start: (pass: Callback<T>) => void): void {
    const done = this.counted(after);
    if (this.strikes(kind, path)) this.later(() => done(failure(this.fault, path), undefined as never));
    else start(done);
  }

  #guardDone(kind: OperationKind, path: string, done: Done, start: (pass: Done) => void): void {
    this.#guard<void>(
      kind,
      path,
      (error) => done(error),
      (pass) => start((error) => pass(error, undefined)),
    );
  }
}

/** A file that is final after its first failure, as the host's is. */
class FaultyFile implements DiskFile {
  readonly path: string;
  readonly #disk: FaultyDisk;
  readonly #below: DiskFile;
  #failed: HostError | undefined;

  constructor(disk: FaultyDisk, below: DiskFile) {
    this.path = below.path;
    this.#disk = disk;
    this.#below = below;
  }

  read(offset: number, length: number, after: Callback<Uint8Array>): void {
    const done = this.#disk.counted(after);
    this.#guard(
      "read",
      (error) => done(error, undefined as never),
      () => this.#below.read(offset, length, done),
    );
  }

  write(offset: number, bytes: Uint8Array<ArrayBuffer>, after: Done): void {
    const done = this.#disk.countedDone(after);
    this.#change("write", offset, bytes, done, () => this.#below.write(offset, bytes, done));
  }

  writeAndSync(offset: number, bytes: Uint8Array<ArrayBuffer>, after: Done): void {
    const done = this.#disk.countedDone(after);
    this.#change("writeAndSync", offset, bytes, done, () => this.#below.writeAndSync(offset, bytes, done));
  }

  dataSync(after: Done): void {
    const done = this.#disk.countedDone(after);
    this.#guard("dataSync", done, () => this.#below.dataSync(done));
  }

  truncate(size: number, after: Done): void {
    const done = this.#disk.countedDone(after);
    this.#guard("truncate", done, () => this.#below.truncate(size, done));
  }

  size(after: Callback<number>): void {
    const done = this.#disk.counted(after);
    this.#guard(
      "size",
      (error) => done(error, undefined as never),
      () => this.#below.size(done),
    );
  }

  close(after: Done): void {
    const done = this.#disk.countedDone(after);
    const strikes = this.#disk.strikes("close", this.path);
    const error = strikes ? failure(this.#disk.fault, this.path) : this.#failed;
    this.#disk.openFiles--;
    this.#below.close((own) => done(error ?? own));
  }

  #guard(kind: OperationKind, fail: Done, start: () => void): void {
    if (this.#disk.strikes(kind, this.path)) this.#failed = failure(this.#disk.fault, this.path);
    const failed = this.#failed;
    if (failed === undefined) start();
    else this.#disk.later(() => fail(failed));
  }

  #change(kind: OperationKind, offset: number, bytes: Uint8Array<ArrayBuffer>, done: Done, start: () => void): void {
    if (this.#failed !== undefined || !this.#disk.strikes(kind, this.path)) {
      const failed = this.#failed;
      if (failed === undefined) start();
      else this.#disk.later(() => done(failed));
      return;
    }
    const failed = failure(this.#disk.fault, this.path);
    this.#failed = failed;
    const written = {
      "no space": 0,
      "device error": 0,
      "short write": bytes.length >>> 1,
      "failed sync": bytes.length,
    };
    const part = bytes.slice(0, written[this.#disk.fault]);
    if (part.length === 0) this.#disk.later(() => done(failed));
    else this.#below.write(offset, part, () => done(failed));
  }
}

function failure(fault: Fault, path: string): HostError {
  const isFull = fault === "no space" || fault === "short write";
  return new HostError(isFull ? "no-space" : "io", path, `cannot write ${path}: ${fault}, made by the test`);
}
