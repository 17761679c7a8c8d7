import { HostError } from "@quorate/host";
import type { Callback, DirectoryEntry, DirectoryLock, Disk, DiskFile, Done } from "@quorate/host";
import type { Drive, WriteUnderWay } from "./drive.ts";
import type { Scope } from "./event-queue.ts";
import type { StoredFile } from "./stored-file.ts";
import type { World } from "./world.ts";

/** An operation takes its time, does its work, and completes. */
interface Operation {
  readonly isSync: boolean;
  /** Does the work, at the end of the operation's time; the value is for `complete`. @throws HostError */
  readonly work: () => unknown;
  readonly complete: (error: HostError | undefined, value: never) => void;
}

/** Operations on one file (or on names) run one after the other, so that they complete in the order of their start. */
class OperationQueue {
  readonly #world: World;
  readonly #scope: Scope;
  readonly #drive: Drive;
  readonly #waiting: Operation[] = [];

  constructor(world: World, scope: Scope, drive: Drive) {
    this.#world = world;
    this.#scope = scope;
    this.#drive = drive;
  }

  /** The process that asks is gone: what is left of its last turn reaches no disk. */
  get isAbandoned(): boolean {
    return this.#scope.ended;
  }

  add<T>(isSync: boolean, work: () => T, complete: (error: HostError | undefined, value: T) => void): void {
    this.#waiting.push({ isSync, work, complete });
    if (this.#waiting.length === 1) this.#begin();
  }

  #begin(): void {
    const first = this.#waiting[0];
    if (first === undefined) return;
    this.#world.schedule(this.#drive.latencyMs(first.isSync), "disk", this.#scope, finishFirst, this);
  }

  finish(): void {
    const operation = this.#waiting.shift();
    if (operation === undefined) return;
    this.#begin();
    let value: unknown;
    let failed: HostError | undefined;
    try {
      value = operation.work();
    } catch (error) {
      if (!(error instanceof HostError)) throw error;
      failed = error;
    }
    if (this.#drive.survives()) operation.complete(failed, value as never);
  }
}

function finishFirst(queue: OperationQueue): void {
  queue.finish();
}

/** A drive as one incarnation of a member sees it. When the incarnation ends, so do its operations. */
export class SimulatedDisk implements Disk {
  readonly #world: World;
  readonly #scope: Scope;
  readonly #drive: Drive;
  readonly #names: OperationQueue;

  constructor(world: World, scope: Scope, drive: Drive) {
    this.#world = world;
    this.#scope = scope;
    this.#drive = drive;
    this.#names = new OperationQueue(world, scope, drive);
  }

  create(path: string, done: Callback<DiskFile>): void {
    this.#names.add(false, () => this.#handle(path, this.#drive.tree.create(path)), done);
  }

  open(path: string, done: Callback<DiskFile>): void {
    this.#names.add(false, () => this.#handle(path, this.#drive.tree.file(path)), done);
  }

  list(directory: string, done: Callback<readonly DirectoryEntry[]>): void {
    this.#names.add(false, () => this.#drive.tree.list(directory), done);
  }

  makeDirectory(directory: string, done: Done): void {
    this.#names.add(false, () => this.#drive.tree.makeDirectory(directory), done);
  }

  rename(from: string, to: string, done: Done): void {
    this.#names.add(false, () => this.#drive.tree.rename(from, to), done);
  }

  remove(path: string, done: Done): void {
    this.#names.add(false, () => this.#drive.tree.remove(path), done);
  }

  removeDirectory(directory: string, done: Done): void {
    this.#names.add(false, () => this.#drive.tree.removeDirectory(directory), done);
  }

  syncDirectory(directory: string, done: Done): void {
    this.#names.add(
      true,
      () => {
        const { random, settings, tree } = this.#drive;
        if (random.chance(settings.syncErrorProbability)) {
          throw this.#drive.error("io", directory, "the sync failed");
        }
        if (!random.chance(settings.lostSyncProbability)) tree.syncDirectory(directory);
      },
      done,
    );
  }

  lock(directory: string, done: Callback<DirectoryLock>): void {
    const { locks, tree } = this.#drive;
    this.#names.add(
      false,
      () => {
        tree.directory(directory);
        const holder = locks.get(directory);
        if (holder !== undefined && !holder.ended) throw new HostError("locked", directory, `${directory} is in use`);
        locks.set(directory, this.#scope);
        return { release: (released: Done) => this.#names.add(false, () => locks.delete(directory), released) };
      },
      done,
    );
  }

  #handle(path: string, file: StoredFile): DiskFile {
    return new OpenFile(path, file, this.#drive, new OperationQueue(this.#world, this.#scope, this.#drive));
  }
}

class OpenFile implements DiskFile {
  readonly path: string;
  readonly #file: StoredFile;
  readonly #drive: Drive;
  readonly #queue: OperationQueue;
  #closed = false;

  constructor(path: string, file: StoredFile, drive: Drive, queue: OperationQueue) {
    this.path = path;
    this.#file = file;
    this.#drive = drive;
    this.#queue = queue;
  }

  read(offset: number, length: number, done: Callback<Uint8Array>): void {
    this.#add(
      false,
      () => {
        const { random, settings } = this.#drive;
        if (random.chance(settings.readErrorProbability)) {
          throw this.#drive.error("io", this.path, "the read failed");
        }
        return this.#file.read(offset, length);
      },
      done,
    );
  }

  write(offset: number, bytes: Uint8Array<ArrayBuffer>, done: Done): void {
    const write = this.#start(offset, bytes);
    this.#add(false, () => this.#write(write), done);
  }

  writeAndSync(offset: number, bytes: Uint8Array<ArrayBuffer>, done: Done): void {
    const write = this.#start(offset, bytes);
    this.#add(
      true,
      () => {
        this.#write(write);
        if (isBatch(write.bytes)) this.#file.batchAt(offset);
        this.#sync();
      },
      done,
    );
  }

  dataSync(done: Done): void {
    this.#add(true, () => this.#sync(), done);
  }

  truncate(size: number, done: Done): void {
    this.#add(
      false,
      () => {
        this.#reserve(size);
        this.#file.truncate(size);
      },
      done,
    );
  }

  size(done: Callback<number>): void {
    this.#add(false, () => this.#file.size, done);
  }

  close(done: Done): void {
    this.#add(
      false,
      () => {
        this.#closed = true;
      },
      done,
    );
  }

  #add<T>(isSync: boolean, work: () => T, done: (error: HostError | undefined, value: T) => void): void {
    const checked = (): T => {
      if (this.#closed) throw new HostError("closed", this.path, `${this.path} is closed`);
      return work();
    };
    this.#queue.add(isSync, checked, done);
  }

  /** The host owns the bytes from here on: a copy shows a caller that goes on using them what that does. */
  #start(offset: number, bytes: Uint8Array<ArrayBuffer>): WriteUnderWay {
    const copy = bytes.slice();
    bytes.fill(0xdd);
    const write = { file: this.#file, offset, bytes: copy };
    if (!this.#queue.isAbandoned) this.#drive.underWay.add(write);
    return write;
  }

  #write(write: WriteUnderWay): void {
    const { random, settings, underWay } = this.#drive;
    const { file, offset, bytes } = write;
    underWay.delete(write);
    const end = offset + bytes.length;
    this.#reserve(end);
    if (random.chance(settings.writeErrorProbability)) {
      const part = random.integer(0, bytes.length);
      file.write(offset, bytes.subarray(0, part));
      throw this.#drive.error("io", this.path, `the write at ${offset} failed after ${part} bytes`);
    }
    file.write(offset, bytes);
  }

  #sync(): void {
    const { random, settings } = this.#drive;
    if (random.chance(settings.syncErrorProbability)) {
      this.#file.failSync(random);
      throw this.#drive.error("io", this.path, "the sync failed");
    }
    if (!random.chance(settings.lostSyncProbability)) this.#file.sync();
  }

  #reserve(size: number): void {
    if (size <= this.#file.size || this.#drive.hasRoom(size - this.#file.size)) return;
    throw this.#drive.error("no-space", this.path, "the disk is full");
  }
}

/** Zeros are written ahead of use; a batch begins with something else. */
function isBatch(bytes: Uint8Array): boolean {
  return bytes.subarray(0, 64).some((byte) => byte !== 0);
}
