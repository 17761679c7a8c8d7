import { aroundDisk, withRecords } from "./around.ts";
import { withCrashes } from "./conditions.ts";
import type { PlantedBug } from "./planted-bug.ts";

/** What lies between a member and its log, and between the log and its disk. */
export const diskBugs: readonly PlantedBug[] = [
  {
    name: "the disk says synced and is not",
    breaks: "disk",
    world: "replica",
    drive: { lostSyncProbability: 1 },
    adjust: withCrashes,
    caughtBy: ["member", "durable log", "known starts"],
    seeds: 20,
  },
  {
    name: "the log is written and never synced",
    breaks: "disk",
    world: "replica",
    member: {
      disk: aroundDisk({
        file: (file) => ({
          writeAndSync: (offset, bytes, done) => file.write(offset, bytes, done),
          dataSync: (done) => file.size((error) => done(error)),
        }),
      }),
    },
    adjust: withCrashes,
    caughtBy: ["member", "durable log"],
    seeds: 20,
  },
  {
    name: "votes are not written to a member's log",
    breaks: "durable log",
    world: "replica",
    member: {
      log: withRecords(({ hardState, ...record }) => {
        return { ...record, hardState: hardState && { ...hardState, vote: 0 } };
      }),
    },
    adjust: withCrashes,
    caughtBy: ["durable log"],
    seeds: 20,
  },
  {
    name: "the last entry of a record is not written to a member's log",
    breaks: "durable log",
    world: "replica",
    member: {
      log: withRecords((record) => {
        return record.entries.length < 2 ? record : { ...record, entries: record.entries.slice(0, -1) };
      }),
    },
    adjust: withCrashes,
    caughtBy: ["member", "durable log"],
    seeds: 50,
  },
  {
    name: "names are never synced",
    breaks: "disk",
    world: "replica",
    member: {
      disk: aroundDisk({
        disk: (disk) => ({ syncDirectory: (directory, done) => disk.list(directory, (error) => done(error)) }),
      }),
    },
    adjust: withCrashes,
    caughtBy: ["member", "durable log", "known starts"],
    seeds: 50,
  },
  {
    name: "a read gives back the first half of what it was asked for",
    breaks: "disk",
    world: "replica",
    member: {
      disk: aroundDisk({
        file: (file) => ({
          read: (offset, length, done) => file.read(offset, Math.ceil(length / 2), done),
        }),
      }),
    },
    adjust: withCrashes,
    caughtBy: ["member", "durable log"],
    seeds: 20,
  },
];
