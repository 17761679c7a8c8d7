import { HostError } from "@quorate/host";
import type { DirectoryEntry } from "@quorate/host";
import type { RandomStream } from "./random-streams.ts";
import { StoredFile } from "./stored-file.ts";

/** A directory: its names as they are seen, and as a power cut would leave them. */
export interface StoredDirectory {
  readonly names: Map<string, StoredNode>;
  readonly durable: Map<string, StoredNode>;
}

export type StoredNode = StoredFile | StoredDirectory;

/** One change of names that is not durable yet. A rename within the tree is one change of one or two directories. */
interface NameChange {
  readonly edits: readonly {
    readonly directory: StoredDirectory;
    readonly name: string;
    readonly node: StoredNode | undefined;
  }[];
}

/**
 * The names on one disk. A change becomes durable when a directory that it touches is synced. After a power cut, of the
 * changes that were not, each directory keeps those up to some point (journals keep order), and a rename is whole or not
 * at all. A file whose name is not durable is gone, however well its contents were synced.
 */
export class FileTree {
  readonly root: StoredDirectory = makeDirectory();
  #pending: NameChange[] = [];

  file(path: string): StoredFile {
    const node = this.#find(path);
    if (!(node instanceof StoredFile)) throw new HostError("invalid", path, `${path} is a directory`);
    return node;
  }

  directory(path: string): StoredDirectory {
    const node = this.#find(path);
    if (node instanceof StoredFile) throw new HostError("invalid", path, `${path} is not a directory`);
    return node;
  }

  list(path: string): DirectoryEntry[] {
    return [...this.directory(path).names]
      .map(([name, node]): DirectoryEntry => ({ name, kind: node instanceof StoredFile ? "file" : "directory" }))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  create(path: string): StoredFile {
    const { directory, name } = this.#parent(path);
    if (directory.names.has(name)) throw new HostError("exists", path, `${path} exists`);
    const file = new StoredFile();
    this.#change([{ directory, name, node: file }]);
    return file;
  }

  makeDirectory(path: string): void {
    if (path === "/") return;
    const { directory, name } = this.#parent(path);
    const existing = directory.names.get(name);
    if (existing instanceof StoredFile) throw new HostError("exists", path, `${path} is a file`);
    if (existing === undefined) this.#change([{ directory, name, node: makeDirectory() }]);
  }

  rename(from: string, to: string): void {
    const source = this.#parent(from);
    const target = this.#parent(to);
    const node = source.directory.names.get(source.name);
    if (node === undefined) throw new HostError("not-found", from, `there is no ${from}`);
    const replaced = target.directory.names.get(target.name);
    if (replaced === node) return;
    if (replaced !== undefined && !(replaced instanceof StoredFile && node instanceof StoredFile)) {
      throw new HostError("exists", to, `${to} exists`);
    }
    this.#change([
      { directory: source.directory, name: source.name, node: undefined },
      { directory: target.directory, name: target.name, node },
    ]);
  }

  remove(path: string): void {
    this.file(path);
    const { directory, name } = this.#parent(path);
    this.#change([{ directory, name, node: undefined }]);
  }

  removeDirectory(path: string): void {
    const { directory, name } = this.#parent(path);
    const node = directory.names.get(name);
    if (node === undefined) return;
    if (node instanceof StoredFile) throw new HostError("invalid", path, `${path} is not a directory`);
    this.#change([{ directory, name, node: undefined }]);
  }

  /** The names in the directory are durable, and with them every change that they build upon. */
  syncDirectory(path: string): void {
    const touched = new Set([this.directory(path)]);
    const due: NameChange[] = [];
    const later: NameChange[] = [];
    for (const change of this.#pending.toReversed()) {
      if (change.edits.some((edit) => touched.has(edit.directory))) {
        for (const edit of change.edits) touched.add(edit.directory);
        due.push(change);
      } else {
        later.push(change);
      }
    }
    for (const change of due.toReversed()) makeDurable(change);
    this.#pending = later.toReversed();
  }

  /** A directory is gone with all it holds, as if somebody had put an empty disk in its place. */
  wipe(path: string): void {
    const { directory, name } = this.#parent(path);
    directory.names.delete(name);
    directory.durable.delete(name);
  }

  /** Another tree, with what a power cut would surely leave of this one: a copy of the disk. */
  durableCopy(): FileTree {
    const copy = new FileTree();
    copyDurable(this.root, copy.root);
    return copy;
  }

  /** Somebody puts this copy of a disk in place of the disk. The copy is used up. */
  becomes(copy: FileTree): void {
    this.#pending = [];
    for (const which of ["names", "durable"] as const) {
      this.root[which].clear();
      for (const [name, node] of copy.root[which]) this.root[which].set(name, node);
    }
  }

  /** The sum of the sizes of all files. */
  sizeBytes(): number {
    return sizeOf(this.root);
  }

  /** A power cut, of names and contents. Returns how many blocks and names were lost. */
  cutPower(random: RandomStream, survive: number): number {
    let lost = this.#cutNames(random, survive);
    const visit = (directory: StoredDirectory): void => {
      directory.names.clear();
      for (const [name, node] of directory.durable) {
        directory.names.set(name, node);
        if (node instanceof StoredFile) lost += node.cutPower(random, survive);
        else visit(node);
      }
    };
    visit(this.root);
    return lost;
  }

  #cutNames(random: RandomStream, survive: number): number {
    let lost = 0;
    const stopped = new Set<StoredDirectory>();
    for (const change of this.#pending) {
      const blocked = change.edits.some((edit) => stopped.has(edit.directory));
      if (!blocked && random.chance(survive)) {
        makeDurable(change);
        continue;
      }
      for (const edit of change.edits) stopped.add(edit.directory);
      lost++;
    }
    this.#pending = [];
    return lost;
  }

  #change(edits: NameChange["edits"]): void {
    for (const edit of edits) setName(edit.directory.names, edit.name, edit.node);
    this.#pending.push({ edits });
  }

  #parent(path: string): { directory: StoredDirectory; name: string } {
    const slash = path.lastIndexOf("/");
    const name = path.slice(slash + 1);
    if (slash < 0 || name === "") throw new HostError("invalid", path, `"${path}" is not an absolute path of a file`);
    return { directory: this.directory(slash === 0 ? "/" : path.slice(0, slash)), name };
  }

  #find(path: string): StoredNode {
    let node: StoredNode = this.root;
    for (const name of path.split("/")) {
      if (name === "") continue;
      const next: StoredNode | undefined = node instanceof StoredFile ? undefined : node.names.get(name);
      if (next === undefined) throw new HostError("not-found", path, `there is no ${path}`);
      node = next;
    }
    return node;
  }
}

function sizeOf(directory: StoredDirectory): number {
  let size = 0;
  for (const node of directory.names.values()) size += node instanceof StoredFile ? node.size : sizeOf(node);
  return size;
}

function copyDurable(from: StoredDirectory, to: StoredDirectory): void {
  for (const [name, node] of from.durable) {
    const copy = node instanceof StoredFile ? node.durableCopy() : makeDirectory();
    to.names.set(name, copy);
    to.durable.set(name, copy);
    if (!(node instanceof StoredFile)) copyDurable(node, copy as StoredDirectory);
  }
}

function makeDirectory(): StoredDirectory {
  return { names: new Map(), durable: new Map() };
}

function makeDurable(change: NameChange): void {
  for (const edit of change.edits) setName(edit.directory.durable, edit.name, edit.node);
}

function setName(names: Map<string, StoredNode>, name: string, node: StoredNode | undefined): void {
  if (node === undefined) names.delete(name);
  else names.set(name, node);
}
