import { HostError, type Callback, type DirectoryEntry, type Disk, type DiskFile, type Done } from "@quorate/host";

const blockBytes = 512;

/** Contents as they are seen, and as a power cut leaves them. */
class StoredFile {
  bytes = new Uint8Array(0);
  durable = new Uint8Array(0);

  write(offset: number, bytes: Uint8Array): void {
    const end = Math.max(this.bytes.length, offset + bytes.length);
    const grown = new Uint8Array(end);
    grown.set(this.bytes);
    grown.set(bytes, offset);
    this.bytes = grown;
  }

  sync(): void {
    this.durable = this.bytes.slice();
  }

  /** Each block that was not synced is old or new, by the toss of a coin; so is the size. */
  cutPower(random: () => number): void {
    const size = random() < 0.5 ? this.bytes.length : this.durable.length;
    const after = new Uint8Array(size);
    after.set(this.durable.subarray(0, size));
    for (let at = 0; at < this.bytes.length; at += blockBytes) {
      if (random() < 0.5 && at < size) after.set(this.bytes.subarray(at, Math.min(at + blockBytes, size)), at);
    }
    this.bytes = after;
    this.durable = after.slice();
  }
}

interface Operation {
  readonly kind: "write" | "sync" | "other";
  /** What a crash in the middle of it may still do. */
  readonly half: () => void;
  readonly work: () => unknown;
  readonly done: (error: HostError | undefined, value: never) => void;
}

/**
 * A disk in memory that forgets at a power cut what was not synced: blocks of 512 bytes, and names. Operations happen one
 * after the other, when `run` is called. One directory deep, under "/".
 */
export class CrashDisk implements Disk {
  files = new Map<string, StoredFile>();
  directories = new Set<string>(["/"]);
  #durableNames = new Map<string, StoredFile>();
  #waiting: Operation[] = [];
  #isDown = false;
  /** Operations carried out so far. */
  operations = 0;
  /** The power is cut in the middle of the operation of this number. */
  crashAt = Number.POSITIVE_INFINITY;
  /** The first write or sync from this operation on fails, without being done. */
  failAt = Number.POSITIVE_INFINITY;
  writes = 0;
  syncs = 0;
  /** The most bytes that one operation was asked to read or write. */
  largestTransfer = 0;

  get isDown(): boolean {
    return this.#isDown;
  }

  /** Carries out everything, and all that follows from it. */
  run(): void {
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) this.#carryOut(next);
  }

  /** Carries out one operation; false when there was none. */
  step(): boolean {
    const next = this.#waiting.shift();
    if (next !== undefined) this.#carryOut(next);
    return next !== undefined;
  }

  /** The power is cut: what this leaves is in the disk that is returned. */
  afterPowerCut(random: () => number): CrashDisk {
    const after = new CrashDisk();
    after.directories = new Set(this.directories);
    const names = new Map(this.#durableNames);
    for (const [name, file] of this.files) if (!names.has(name) && random() < 0.5) names.set(name, file);
    for (const [name] of this.#durableNames) if (!this.files.has(name) && random() < 0.5) names.delete(name);
    for (const [name, file] of names) {
      file.cutPower(random);
      after.files.set(name, file);
    }
    after.#durableNames = new Map(names);
    return after;
  }

  /** The process dies and the machine does not: everything that was written is there. */
  afterKill(): CrashDisk {
    const after = new CrashDisk();
    after.directories = new Set(this.directories);
    for (const [name, { bytes, durable }] of this.files) {
      const file = new StoredFile();
      file.bytes = bytes.slice();
      file.durable = durable.slice();
      after.files.set(name, file);
      if (this.#durableNames.has(name)) after.#durableNames.set(name, file);
    }
    return after;
  }

  /** A copy in which everything is durable, for doing damage to. */
  settled(): CrashDisk {
    const after = this.afterKill();
    for (const [name, file] of after.files) {
      file.sync();
      after.#durableNames.set(name, file);
    }
    return after;
  }

  bytesOf(path: string): Uint8Array {
    return this.#find(path).bytes;
  }

  paths(): string[] {
    return [...this.files.keys()].sort();
  }

  put(path: string, bytes: Uint8Array): void {
    const file = new StoredFile();
    file.bytes = bytes.slice();
    file.durable = bytes.slice();
    this.files.set(path, file);
    this.#durableNames.set(path, file);
  }

  create(path: string, done: Callback<DiskFile>): void {
    const work = (): DiskFile => {
      if (this.files.has(path)) throw new HostError("exists", path, `${path} exists`);
      const file = new StoredFile();
      this.files.set(path, file);
      return this.#handle(path, file);
    };
    this.#add("other", work, done);
  }

  open(path: string, done: Callback<DiskFile>): void {
    this.#add("other", () => this.#handle(path, this.#find(path)), done);
  }

  list(directory: string, done: Callback<readonly DirectoryEntry[]>): void {
    const work = (): DirectoryEntry[] => {
      if (!this.directories.has(directory)) throw new HostError("not-found", directory, `there is no ${directory}`);
      const prefix = `${directory}/`;
      const paths = this.paths().filter((path) => path.startsWith(prefix));
      return paths.map((path) => ({ name: path.slice(prefix.length), kind: "file" }));
    };
    this.#add("other", work, done);
  }

  makeDirectory(directory: string, done: Done): void {
    this.#add("other", () => void this.directories.add(directory), done);
  }

  rename(from: string, to: string, done: Done): void {
    const work = (): void => {
      const file = this.#find(from);
      this.files.delete(from);
      this.files.set(to, file);
    };
    this.#add("other", work, done);
  }

  remove(path: string, done: Done): void {
    const work = (): void => {
      this.#find(path);
      this.files.delete(path);
    };
    this.#add("other", work, done);
  }

  removeDirectory(_directory: string, done: Done): void {
    this.#add("other", () => {}, done);
  }

  /** Makes the names in this directory durable, and in no other. */
  syncDirectory(directory: string, done: Done): void {
    const isWithin = (path: string): boolean => path.slice(0, path.lastIndexOf("/")) === directory;
    const work = (): void => {
      const elsewhere = [...this.#durableNames].filter(([path]) => !isWithin(path));
      const here = [...this.files].filter(([path]) => isWithin(path));
      this.#durableNames = new Map([...elsewhere, ...here]);
    };
    this.#add("sync", work, done, () => {});
  }

  lock(): void {
    throw new Error("the log takes no lock");
  }

  #handle(path: string, file: StoredFile): DiskFile {
    let isClosed = false;
    const add = <T>(kind: Operation["kind"], work: () => T, done: Callback<T>, half?: () => void): void => {
      const checked = (): T => {
        if (isClosed) throw new HostError("closed", path, `${path} is closed`);
        return work();
      };
      this.#add(kind, checked, done, half);
    };
    // The bytes change hands, as on Node.js: whoever goes on using them finds an empty buffer.
    const taken = (bytes: Uint8Array<ArrayBuffer>): Uint8Array => {
      const { byteOffset, byteLength } = bytes;
      this.largestTransfer = Math.max(this.largestTransfer, byteLength);
      return new Uint8Array(bytes.buffer.transfer(), byteOffset, byteLength);
    };
    return {
      path,
      read: (offset, length, done) => {
        this.largestTransfer = Math.max(this.largestTransfer, length);
        add("other", () => file.bytes.slice(offset, offset + length), done);
      },
      write: (offset, bytes, done) => {
        const copy = taken(bytes);
        add("write", () => file.write(offset, copy), done);
      },
      writeAndSync: (offset, bytes, done) => {
        const copy = taken(bytes);
        const write = (): void => file.write(offset, copy);
        const work = (): void => {
          write();
          file.sync();
        };
        add("sync", work, done, write);
      },
      dataSync: (done) =>
        add(
          "sync",
          () => file.sync(),
          done,
          () => {},
        ),
      truncate: (size, done) => add("write", () => void (file.bytes = file.bytes.slice(0, size)), done),
      size: (done) => add("other", () => file.bytes.length, done),
      close: (done) => add("other", () => void (isClosed = true), done),
    };
  }

  #find(path: string): StoredFile {
    const file = this.files.get(path);
    if (file === undefined) throw new HostError("not-found", path, `there is no ${path}`);
    return file;
  }

  #add<T>(
    kind: Operation["kind"],
    work: () => T,
    done: (error: HostError | undefined, value: T) => void,
    half: () => void = work as () => void,
  ): void {
    if (!this.#isDown) this.#waiting.push({ kind, half, work, done });
  }

  #carryOut({ kind, half, work, done }: Operation): void {
    if (this.#isDown) return;
    this.operations++;
    if (this.operations === this.crashAt) {
      half();
      this.#isDown = true;
      this.#waiting = [];
      return;
    }
    if (kind === "write") this.writes++;
    if (kind === "sync") this.syncs++;
    let value: unknown;
    try {
      if (kind !== "other" && this.operations >= this.failAt) {
        this.failAt = Number.POSITIVE_INFINITY;
        throw new HostError("io", "disk", "the device says no");
      }
      value = work();
    } catch (error) {
      if (!(error instanceof HostError)) throw error;
      return done(error, undefined as never);
    }
    done(undefined, value as never);
  }
}
