import type { Disk, DiskFile } from "@quorate/host";
import { knownStartsFile } from "@quorate/replica";
import { aroundDisk } from "./around.ts";
import { withDamage, withFailingDisks, withSmallSegments } from "./conditions.ts";
import type { PlantedBug } from "./planted-bug.ts";

/**
 * What a start makes of what it finds, and what it leaves out of making it durable: each is a line of the log's recovery or of
 * the file of known starts, broken from below. Whoever leaves a sync out has a disk that does nothing in its place.
 */
export const recoveryBugs: readonly PlantedBug[] = [
  {
    name: "sync marks are ignored",
    breaks: "disk",
    world: "replica",
    member: { disk: aroundDisk({ file: (file) => (isMarks(file) ? withoutMarks(file) : {}) }) },
    adjust: withDamage,
    caughtBy: ["durable log", "member"],
    seeds: 100,
  },
  {
    name: "a last batch that may be in the page cache only is not written again",
    breaks: "disk",
    world: "replica",
    member: {
      disk: aroundDisk({ file: (file) => (isSegment(file) ? withoutWrites(file, (bytes) => !isZero(bytes)) : {}) }),
    },
    adjust: withFailingDisks,
    caughtBy: ["durable log", "member"],
    seeds: 100,
  },
  {
    name: "names that a start finds in its log are not synced",
    breaks: "disk",
    world: "replica",
    member: { disk: aroundDisk({ disk: withoutFirstSync }) },
    adjust: withSmallSegments,
    caughtBy: ["member", "durable log"],
    seeds: 300,
  },
  {
    name: "known starts are never saved",
    breaks: "disk",
    world: "replica",
    member: {
      disk: aroundDisk({
        disk: (disk) => ({
          rename: (from, to, done) => {
            if (isKnownStarts(to)) disk.list(parentOf(to), (error) => done(error));
            else disk.rename(from, to, done);
          },
        }),
      }),
    },
    caughtBy: ["known starts"],
    seeds: 5,
  },
  {
    name: "the name of the known starts is not synced once it is renamed",
    breaks: "disk",
    world: "replica",
    member: { disk: aroundDisk({ disk: withoutSyncOfRename }) },
    caughtBy: ["known starts"],
    seeds: 5,
  },
];

function isMarks({ path }: DiskFile): boolean {
  return path.endsWith("/log/marks");
}

function isSegment({ path }: DiskFile): boolean {
  return path.endsWith(".wal");
}

function isKnownStarts(path: string): boolean {
  return path.endsWith(`/${knownStartsFile}`);
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/"));
}

function isZero(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0);
}

function withoutMarks(file: DiskFile): Partial<DiskFile> {
  return { read: (offset, length, done) => file.read(offset, length, (error, bytes) => done(error, bytes?.fill(0))) };
}

/** Batches are written and synced at once: what is written alone is what mends the end of a log. */
function withoutWrites(file: DiskFile, isLeftOut: (bytes: Uint8Array) => boolean): Partial<DiskFile> {
  return {
    write: (offset, bytes, done) => {
      if (isLeftOut(bytes)) file.size((error) => done(error));
      else file.write(offset, bytes, done);
    },
  };
}

/** The first sync of the log's directory in a start, unless it has renamed something in it before. */
function withoutFirstSync(disk: Disk): Partial<Disk> {
  let isFirst = true;
  return {
    rename: (from, to, done) => {
      isFirst = false;
      disk.rename(from, to, done);
    },
    syncDirectory: (directory, done) => {
      const isLeftOut = isFirst && directory.endsWith("/log");
      if (isLeftOut) isFirst = false;
      if (isLeftOut) disk.list(directory, (error) => done(error));
      else disk.syncDirectory(directory, done);
    },
  };
}

function withoutSyncOfRename(disk: Disk): Partial<Disk> {
  let isRenamed = false;
  return {
    rename: (from, to, done) => {
      isRenamed = isKnownStarts(to);
      disk.rename(from, to, done);
    },
    syncDirectory: (directory, done) => {
      if (isRenamed) disk.list(directory, (error) => done(error));
      else disk.syncDirectory(directory, done);
      isRenamed = false;
    },
  };
}
