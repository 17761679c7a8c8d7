import { markedEnd } from "@quorate/wal";
import type { CrashKind } from "./drive.ts";
import type { FileTree, StoredDirectory } from "./file-tree.ts";
import { blockBytes, StoredFile } from "./stored-file.ts";

/** What a disk does to data that it has said it holds (testing-anchors §1.3; FAST'18, "Protocol-aware recovery"). */
export const damageKinds = [
  "bit flip",
  "block of zeros",
  "garbage",
  /** A write that was acknowledged never reached the disk: the block is as it was before. */
  "lost write",
  /** It went elsewhere: one block is as it was before, and another has what belongs there. */
  "misdirected write",
  "file cut short",
  "file missing",
] as const;
export type DamageKind = (typeof damageKinds)[number];

/** What of a member's disk: its log of segments, the marks beside it, or the state of its machine. */
export const damagedParts = ["log", "marks", "state"] as const;
export type DamagedPart = (typeof damagedParts)[number];

/** Plain data, so that it can be done again. */
export interface DiskDamage {
  readonly kind: DamageKind;
  /** The log, unless it says otherwise. */
  readonly part?: DamagedPart;
  /** Which file, which place in it, which bytes: numbers in [0, 1). */
  readonly file: number;
  readonly place: number;
  readonly bytes: number;
  /** How its process dies of it; left to the seed where it is absent. */
  readonly crash?: CrashKind;
}

/** A file, and up to where it may be damaged. */
interface Target {
  readonly directory: StoredDirectory;
  readonly name: string;
  readonly file: StoredFile;
  readonly settledBytes: number;
}

/**
 * Damages what a member keeps in `directory`, while no process has it open. Of its log something that is known elsewhere to have
 * been durable: by the next batch, or by a mark that is durable itself. A last batch of which no such mark speaks is spared, since
 * damage to it cannot be told from a write that a crash cut short (docs/wal-format.md names that risk). Returns what it did,
 * for people; undefined for nothing.
 */
export function damageFiles(tree: FileTree, directory: string, damage: DiskDamage): string | undefined {
  const target = chosenFile(tree, directory, damage);
  if (target === undefined) return undefined;
  const { name, file, settledBytes } = target;
  const offset = Math.floor(damage.place * settledBytes);
  const what = (bytes: number, at = offset): string => `${damage.kind}: ${bytes} bytes at ${at} of ${name}`;
  switch (damage.kind) {
    case "bit flip": {
      const byte = file.read(offset, 1)[0] as number;
      file.damage(offset, Uint8Array.of(byte ^ (1 << Math.floor(damage.bytes * 8))));
      return what(1);
    }
    case "block of zeros": {
      const [start, length] = blockAround(offset, settledBytes);
      file.damage(start, new Uint8Array(length));
      return what(length, start);
    }
    case "garbage": {
      const [start, length] = blockAround(offset, settledBytes);
      let byte = Math.floor(damage.bytes * 0x1_0000_0000) | 1;
      const garbage = new Uint8Array(length).map(() => (byte = Math.imul(byte, 0x9e3779b1) ^ (byte >>> 15)) & 0xff);
      file.damage(start, garbage);
      return what(length, start);
    }
    case "lost write":
    case "misdirected write": {
      const lost = file.lostBlock(damage.place);
      const length = lost === undefined ? 0 : Math.min(lost.bytes.length, settledBytes - lost.offset);
      if (lost === undefined || length <= 0) return undefined;
      const present = file.read(lost.offset, length);
      file.damage(lost.offset, lost.bytes.subarray(0, length));
      if (damage.kind === "misdirected write") {
        const [start, room] = blockAround(Math.floor(damage.bytes * settledBytes), settledBytes);
        if (start !== lost.offset) file.damage(start, present.subarray(0, room));
      }
      return what(length, lost.offset);
    }
    case "file cut short":
      file.cutShort(offset);
      return what(file.size);
    case "file missing":
      target.directory.names.delete(name);
      target.directory.durable.delete(name);
      return what(settledBytes, 0);
  }
}

function chosenFile(tree: FileTree, directory: string, damage: DiskDamage): Target | undefined {
  const { kind, part = "log" } = damage;
  if (part !== "log") {
    const within = directoryAt(tree, `${directory}/${part === "marks" ? "log" : part}`);
    const file = within?.names.get(part);
    return within !== undefined && file instanceof StoredFile && file.size > 0
      ? { directory: within, name: part, file, settledBytes: file.size }
      : undefined;
  }
  const log = directoryAt(tree, `${directory}/log`);
  const targets = log === undefined ? [] : settledFiles(log);
  // Of the newest file only its own later batches, or a mark, say that anything was there; and a mark may be older than the last
  // batch, whose term and vote would be lost with the file (docs/wal-format.md, "Two places at once").
  const isWhole = kind === "file cut short" || kind === "file missing";
  const count = isWhole ? targets.length - 1 : targets.length;
  return count === 0 ? undefined : targets[Math.floor(damage.file * count)];
}

function directoryAt(tree: FileTree, path: string): StoredDirectory | undefined {
  try {
    return tree.directory(path);
  } catch {
    return undefined;
  }
}

/** Segments that hold something which is settled, the oldest first; the newest is where the log goes on. */
function settledFiles(log: StoredDirectory): Target[] {
  const marked = durableMark(log);
  return [...log.names]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([name, file]) => {
      if (!(file instanceof StoredFile) || !name.endsWith(".wal")) return [];
      const isMarked = marked?.name === name && marked.endOffset > file.settledBytes;
      const settledBytes = isMarked ? marked.endOffset : file.settledBytes;
      return settledBytes > 0 ? [{ directory: log, name, file, settledBytes }] : [];
    });
}

/** Up to where a mark says that the log is durable, which no crash before the next opening can take away. */
function durableMark(log: StoredDirectory): ReturnType<typeof markedEnd> {
  const marks = log.names.get("marks");
  if (!(marks instanceof StoredFile) || log.durable.get("marks") !== marks) return undefined;
  // The system has written it meanwhile, unless a failed sync made it believe that it had.
  marks.sync();
  const durable = marks.durableCopy();
  const [seen, kept] = [markedEnd(marks.read(0, marks.size)), markedEnd(durable.read(0, durable.size))];
  return seen?.durableSequence === kept?.durableSequence ? kept : undefined;
}

function blockAround(offset: number, end: number): [start: number, length: number] {
  const start = offset - (offset % blockBytes);
  return [start, Math.min(blockBytes, end - start)];
}
