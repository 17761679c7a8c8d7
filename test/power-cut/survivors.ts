import type { Directory, DirectoryChange, File, FileChange, FileSystem, Node } from "./file-system.ts";
import { setNames } from "./file-system.ts";
import type { SeededRandom } from "./random.ts";

/** How a power cut treats the unsynced writes of all files. */
export const contentPolicies = [
  /** None of them survives. */
  "nothing",
  "everything",
  /** Each block for itself survives, in one of the states that it had in memory since the last sync. */
  "half of the sectors",
  "half of the pages",
  "few pages",
  "most pages",
  /** One block is lost, or only one survives. */
  "all but one",
  "only one",
  /** One write is lost wherever it went, and what came later in the same blocks. */
  "all but one write",
  /** All changes up to a moment: a disk that keeps the order. */
  "the older ones",
  /** The newest survive, those before them do not: a disk that does not. */
  "the newer ones",
] as const;
export type ContentPolicy = (typeof contentPolicies)[number];

/** Whether a file has the size that its unsynced changes gave it. What is not there reads as zeros. */
export const sizePolicies = ["all sizes", "no sizes", "some sizes"] as const;
export type SizePolicy = (typeof sizePolicies)[number];

export const namePolicies = ["no names", "all names", "older names", "some names", "all names but one"] as const;
export type NamePolicy = (typeof namePolicies)[number];

export interface Policies {
  readonly content: ContentPolicy;
  readonly size: SizePolicy;
  readonly name: NamePolicy;
}

/**
 * How names behave that were not synced. `posix`: any of them may be lost, whatever was done later. `journal`: in each
 * directory they survive in their order, as on ext4, XFS, Btrfs and NTFS.
 */
export type NameOrder = "posix" | "journal";

export function choosePolicies(random: SeededRandom, order: NameOrder): Policies {
  const name =
    order === "posix" ? random.pick(namePolicies) : random.pick(["no names", "all names", "older names"] as const);
  return { content: random.pick(contentPolicies), size: random.pick(sizePolicies), name };
}

/** What a power cut left. */
export type Survivor =
  | {
      readonly kind: "file";
      readonly bytes: Uint8Array;
      /** A process was killed while it wrote: the system may have carried the write out or not. */
      readonly inDoubt?: boolean;
    }
  | { readonly kind: "directory"; readonly entries: ReadonlyMap<string, Survivor> };

/** How much was at stake, and how much of it was lost. */
export interface Losses {
  /** Blocks that unsynced writes had touched, and how many of them do not hold the newest. */
  blocks: number;
  lostBlocks: number;
  /** Names that were made, changed or removed without a sync, and how many of these changes were lost. */
  names: number;
  lostNames: number;
  /** Files that end elsewhere than the program saw. */
  otherSizes: number;
}

/** Decides what survives a power cut now, below `name` of the root. */
export function survivorOf(
  system: FileSystem,
  name: string,
  policies: Policies,
  random: SeededRandom,
  losses: Losses,
): Survivor | undefined {
  const chooser = new Chooser(policies, random, losses);
  return chooser.directory(system.root).entries.get(name);
}

const sectorBytes = 512;
const pageBytes = 4096;

class Chooser {
  readonly #policies: Policies;
  readonly #random: SeededRandom;
  readonly #losses: Losses;

  constructor(policies: Policies, random: SeededRandom, losses: Losses) {
    this.#policies = policies;
    this.#random = random;
    this.#losses = losses;
  }

  directory(directory: Directory): Survivor & { readonly kind: "directory" } {
    const names = new Map(directory.durable);
    const kept = this.#keptNames(directory.pending);
    for (const [index, change] of directory.pending.entries()) {
      if (kept(index)) setNames(names, change.names);
      else this.#losses.lostNames++;
    }
    this.#losses.names += directory.pending.length;
    const entries = [...names].sort(([a], [b]) => (a < b ? -1 : 1));
    return { kind: "directory", entries: new Map(entries.map(([name, node]) => [name, this.#node(node)])) };
  }

  #node(node: Node): Survivor {
    return node.kind === "directory" ? this.directory(node) : { kind: "file", bytes: this.#contents(node) };
  }

  #keptNames(pending: readonly DirectoryChange[]): (index: number) => boolean {
    const random = this.#random;
    switch (this.#policies.name) {
      case "no names":
        return () => false;
      case "all names":
        return () => true;
      case "older names": {
        const end = random.below(pending.length + 1);
        return (index) => index < end;
      }
      case "some names":
        return () => random.chance(0.5);
      case "all names but one": {
        const lost = random.below(pending.length);
        return (index) => index !== lost;
      }
    }
  }

  #contents(file: File): Uint8Array {
    const { pending, durable, durableSize } = file;
    if (pending.length === 0) return durable.subarray(0, durableSize);
    const sizes = [durableSize, ...pending.map(({ sizeAfter }) => sizeAfter)];
    const most = Math.max(...sizes);
    const bytes = new Uint8Array(most);
    bytes.set(durable.subarray(0, durableSize));
    const blockBytes =
      this.#policies.content === "half of the sectors" || this.#random.chance(0.3) ? sectorBytes : pageBytes;
    const touched = touchedBlocks(pending, durableSize, most, blockBytes);
    const versions = this.#versions(touched, pending);
    for (const [block, changes] of touched) {
      const kept = versions(block, changes);
      for (const change of changes.slice(0, kept))
        applyWithin(bytes, change, block * blockBytes, (block + 1) * blockBytes);
      this.#losses.blocks++;
      if (kept < changes.length) this.#losses.lostBlocks++;
    }
    const size = this.#size(sizes);
    if (size !== file.size) this.#losses.otherSizes++;
    return bytes.subarray(0, size);
  }

  #size(sizes: readonly number[]): number {
    switch (this.#policies.size) {
      case "all sizes":
        return sizes.at(-1) as number;
      case "no sizes":
        return sizes[0] as number;
      case "some sizes":
        return this.#random.pick(sizes);
    }
  }

  /**
   * How many of the changes to a block survive. A block in memory is written back as it is, so it is found in one of the
   * states that it had, never with a later change and without an earlier one.
   */
  #versions(
    touched: ReadonlyMap<number, readonly FileChange[]>,
    pending: readonly FileChange[],
  ): (block: number, changes: readonly FileChange[]) => number {
    const random = this.#random;
    const some = (probability: number) => (_: number, changes: readonly FileChange[]) =>
      random.chance(probability) ? changes.length : random.below(changes.length);
    switch (this.#policies.content) {
      case "nothing":
        return () => 0;
      case "everything":
        return (_, changes) => changes.length;
      case "half of the sectors":
      case "half of the pages":
        return some(0.5);
      case "few pages":
        return some(0.1);
      case "most pages":
        return some(0.9);
      case "all but one": {
        const lost = random.pick([...touched.keys()]);
        return (block, changes) => (block === lost ? random.below(changes.length) : changes.length);
      }
      case "only one": {
        const found = random.pick([...touched.keys()]);
        return (block, changes) => (block === found ? changes.length : 0);
      }
      case "all but one write": {
        const lost = random.pick(pending);
        return (_, changes) => (changes.includes(lost) ? changes.indexOf(lost) : changes.length);
      }
      case "the older ones": {
        const end = random.pick(pending).order;
        return (_, changes) => changes.filter(({ order }) => order <= end).length;
      }
      case "the newer ones": {
        const begin = random.pick(pending).order;
        return (_, changes) => ((changes.at(-1) as FileChange).order >= begin ? changes.length : 0);
      }
    }
  }
}

/** The changes to each block, in their order. */
function touchedBlocks(
  pending: readonly FileChange[],
  durableSize: number,
  most: number,
  blockBytes: number,
): ReadonlyMap<number, readonly FileChange[]> {
  const touched = new Map<number, FileChange[]>();
  let size = durableSize;
  for (const change of pending) {
    const { what } = change;
    // A truncation changes what lies beyond the new end, as far as there is anything.
    const from = "bytes" in what ? what.offset : Math.min(what.size, size);
    const to = "bytes" in what ? what.offset + what.bytes.length : Math.min(most, Math.max(size, what.size));
    size = change.sizeAfter;
    for (let block = Math.floor(from / blockBytes); block * blockBytes < to; block++) {
      const changes = touched.get(block);
      if (changes === undefined) touched.set(block, [change]);
      else changes.push(change);
    }
  }
  return new Map([...touched].sort(([a], [b]) => a - b));
}

function applyWithin(bytes: Uint8Array, { what }: FileChange, from: number, to: number): void {
  if (!("bytes" in what)) {
    bytes.fill(0, Math.max(from, what.size), to);
    return;
  }
  const begin = Math.max(from, what.offset);
  const end = Math.min(to, what.offset + what.bytes.length);
  if (end > begin) bytes.set(what.bytes.subarray(begin - what.offset, end - what.offset), begin);
}

/** What programs see now: for comparing the model with the files that are really there. */
export function visible(directory: Directory): Survivor & { readonly kind: "directory" } {
  const entries = new Map<string, Survivor>();
  for (const [name, node] of directory.names) {
    entries.set(name, node.kind === "directory" ? visible(node) : visibleFile(node));
  }
  return { kind: "directory", entries };
}

function visibleFile({ durable, durableSize, pending, size }: File): Survivor {
  const most = Math.max(durableSize, ...pending.map(({ sizeAfter }) => sizeAfter));
  const bytes = new Uint8Array(most);
  bytes.set(durable.subarray(0, durableSize));
  for (const change of pending) applyWithin(bytes, change, 0, most);
  return { kind: "file", bytes: bytes.subarray(0, size), inDoubt: pending.some(({ ended }) => !ended) };
}
