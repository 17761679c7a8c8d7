import { dirname, basename } from "node:path";
import { isOnFiles, type FileOperation, type Operation, type Recorded } from "./operations.ts";

/**
 * A file system with two sides: what programs see, and what a power cut leaves for certain. A file's contents and size
 * are durable once a sync of *that file* that began after the change has returned; a name once a sync of *its directory*
 * has. Nothing else makes anything durable: not a sync of the file for its name (ext4 does that, POSIX does not), not time.
 */
export class FileSystem {
  readonly root: Directory = newDirectory();
  readonly #recorded: Recorded;
  /** Set at the beginning of a sync: what it will make durable when it returns. */
  readonly #syncs = new Map<number, () => void>();
  /** Changes that have begun and not returned: a sync that begins meanwhile does not cover them. */
  readonly #changes = new Map<number, { ended: boolean }>();
  /** Operations that return at some time. */
  readonly #returned: ReadonlySet<number>;
  #order = 0;

  constructor(recorded: Recorded) {
    this.#recorded = recorded;
    this.#returned = new Set(recorded.moments.filter((moment) => (moment & 1) === 1).map((moment) => moment >> 1));
  }

  /** Takes the next moment of the record: a number of `recorded.moments`. */
  pass(moment: number): void {
    const number = moment >> 1;
    const operation = this.#recorded.operations[number] as Operation;
    if ((moment & 1) === 0) this.#begin(number, operation);
    else this.#end(number, operation);
  }

  #begin(number: number, operation: Operation): void {
    if (!isOnFiles(operation)) return;
    if (operation.kind === "sync") {
      const target = this.#find(operation.path);
      this.#syncs.set(number, target.kind === "file" ? beginFileSync(target) : beginDirectorySync(target));
      return;
    }
    this.#change(number, operation);
  }

  #end(number: number, operation: Operation): void {
    if (operation.kind === "sync") {
      this.#syncs.get(number)?.();
      this.#syncs.delete(number);
    }
    const change = this.#changes.get(number);
    if (change !== undefined) change.ended = true;
    this.#changes.delete(number);
  }

  #change(number: number, operation: Exclude<FileOperation, { kind: "sync" }>): void {
    switch (operation.kind) {
      case "open": {
        const existing = this.#directoryOf(operation.path).names.get(basename(operation.path));
        if (existing === undefined) {
          if (operation.create) this.#name(number, operation.path, newFile());
        } else if (operation.truncate && existing.kind === "file" && existing.size > 0) {
          this.#changeFile(number, existing, { size: 0 });
        }
        return;
      }
      case "write": {
        const file = this.#file(operation.path);
        const offset = operation.offset ?? file.size;
        const bytes = this.#recorded.bytes.subarray(operation.at, operation.at + operation.length);
        return this.#changeFile(number, file, { offset, bytes });
      }
      case "truncate":
        return this.#changeFile(number, this.#file(operation.path), { size: operation.size });
      case "rename": {
        const directory = this.#directoryOf(operation.path);
        if (this.#directoryOf(operation.to) !== directory)
          throw new Error(`${operation.path} moves to another directory`);
        const node = this.#find(operation.path);
        return this.#changeNames(number, directory, [
          { name: basename(operation.path), node: undefined },
          { name: basename(operation.to), node },
        ]);
      }
      case "link":
        return this.#name(number, operation.to, this.#find(operation.path));
      case "unlink":
      case "rmdir":
        return this.#name(number, operation.path, undefined);
      case "mkdir":
        return this.#name(number, operation.path, newDirectory());
    }
  }

  #name(number: number, path: string, node: Node | undefined): void {
    this.#changeNames(number, this.#directoryOf(path), [{ name: basename(path), node }]);
  }

  #changeNames(number: number, directory: Directory, names: readonly NameChange[]): void {
    const change: DirectoryChange = { order: this.#order++, ended: false, names };
    this.#changes.set(number, change);
    directory.pending.push(change);
    setNames(directory.names, names);
  }

  #changeFile(number: number, file: File, what: FileChangeKind): void {
    const size = "bytes" in what ? Math.max(file.size, what.offset + what.bytes.length) : what.size;
    const isLast = !this.#returned.has(number);
    const change: FileChange = { order: this.#order++, ended: false, isLast, sizeAfter: size, what };
    this.#changes.set(number, change);
    file.pending.push(change);
    file.size = size;
  }

  #find(path: string): Node {
    const { folder } = this.#recorded;
    if (path === folder) return this.root;
    if (!path.startsWith(`${folder}/`)) throw new Error(`the record names ${path}, which is not below ${folder}`);
    const parent = this.#directoryOf(path);
    const node = parent.names.get(basename(path));
    if (node === undefined) throw new Error(`the record uses ${path}, which the model does not know`);
    return node;
  }

  #directoryOf(path: string): Directory {
    const node = this.#find(dirname(path));
    if (node.kind !== "directory") throw new Error(`${dirname(path)} is no directory`);
    return node;
  }

  #file(path: string): File {
    const node = this.#find(path);
    if (node.kind !== "file") throw new Error(`${path} is no file`);
    return node;
  }
}

export type Node = File | Directory;

export interface File {
  readonly kind: "file";
  /** What programs see. */
  size: number;
  /** What is durable; longer than `durableSize` to have room. */
  durable: Uint8Array;
  durableSize: number;
  /** In the order in which they were made. */
  pending: FileChange[];
}

export interface Directory {
  readonly kind: "directory";
  /** What programs see. */
  readonly names: Map<string, Node>;
  readonly durable: Map<string, Node>;
  pending: DirectoryChange[];
}

export type FileChangeKind =
  | { readonly offset: number; readonly bytes: Uint8Array }
  /** A truncation, or an extension with zeros. */
  | { readonly size: number };

export interface FileChange {
  /** Its place among all changes of the file system. */
  readonly order: number;
  ended: boolean;
  /**
   * It never returns: its process was killed meanwhile. Whatever became of it is in the file by the time that the next process
   * has it, so that a sync which begins later covers it like any other.
   */
  readonly isLast: boolean;
  readonly sizeAfter: number;
  readonly what: FileChangeKind;
}

export interface DirectoryChange {
  readonly order: number;
  ended: boolean;
  /** Together or not at all: a rename is atomic. */
  readonly names: readonly NameChange[];
}

export interface NameChange {
  readonly name: string;
  /** Undefined: the name goes. */
  readonly node: Node | undefined;
}

function newFile(): File {
  return { kind: "file", size: 0, durable: new Uint8Array(0), durableSize: 0, pending: [] };
}

function newDirectory(): Directory {
  return { kind: "directory", names: new Map(), durable: new Map(), pending: [] };
}

export function setNames(names: Map<string, Node>, changes: readonly NameChange[]): void {
  for (const { name, node } of changes) {
    if (node === undefined) names.delete(name);
    else names.set(name, node);
  }
}

function beginDirectorySync(directory: Directory): () => void {
  const covered = directory.pending.filter(({ ended }) => ended);
  return () => {
    for (const change of covered) {
      if (directory.pending.includes(change)) setNames(directory.durable, change.names);
    }
    directory.pending = directory.pending.filter((change) => !covered.includes(change));
  };
}

function beginFileSync(file: File): () => void {
  const covered = file.pending.filter(({ ended, isLast }) => ended || isLast);
  return () => {
    for (const change of covered) {
      if (file.pending.includes(change)) makeDurable(file, change);
    }
    file.pending = file.pending.filter((change) => !covered.includes(change));
  };
}

function makeDurable(file: File, { what }: FileChange): void {
  if ("bytes" in what) {
    const end = what.offset + what.bytes.length;
    reserve(file, end);
    file.durable.set(what.bytes, what.offset);
    file.durableSize = Math.max(file.durableSize, end);
    return;
  }
  reserve(file, what.size);
  // What a shorter file held beyond its end reads as zeros when it grows again.
  if (what.size < file.durableSize) file.durable.fill(0, what.size, file.durableSize);
  file.durableSize = what.size;
}

function reserve(file: File, size: number): void {
  if (size <= file.durable.length) return;
  const larger = new Uint8Array(Math.max(size, file.durable.length * 2));
  larger.set(file.durable.subarray(0, file.durableSize));
  file.durable = larger;
}
