import assert from "node:assert/strict";
import { test } from "node:test";
import { entryKinds, makeEntry } from "@quorate/raft";
import { Marks, simulateCore, World } from "../src/index.ts";
import { CoreDisk } from "../src/core/core-disk.ts";
import { LogDevice } from "../src/core/log-device.ts";
import { fastDisk } from "../src/swarm.ts";

function diskWithARecord() {
  const world = new World(1);
  const log = new LogDevice();
  const disk = new CoreDisk(world, log, 1, fastDisk);
  const told: string[] = [];
  const scope = world.scope("process");
  disk.begin(scope, {
    synced: () => {
      log.finishSync();
      told.push("synced");
    },
    failed: () => told.push("failed"),
  });
  const entries = [makeEntry(1, 1, entryKinds.command, Uint8Array.of(7))];
  log.add({ type: "persist", sequence: 1, truncateFrom: undefined, entries, hardState: undefined });
  return { world, log, disk, told, scope };
}

test("a write that fails is never done, and nothing is written after it", () => {
  const { world, log, disk, told } = diskWithARecord();
  disk.fail({ syncErrorProbability: 1 });
  disk.sync();
  world.run(10);
  disk.sync();
  world.run(10);
  assert.deepEqual(told, ["failed"]);
  assert.equal(log.last.index, 0);
});

test("a stalled disk completes when the stall is over; a read that fails finds nothing", () => {
  const { world, log, disk, told } = diskWithARecord();
  disk.fail({ stalledMs: 100 });
  disk.sync();
  world.run(99);
  assert.deepEqual(told, []);
  world.run(20);
  assert.deepEqual(told, ["synced"]);
  assert.equal(log.last.index, 1);
  assert.equal(disk.read(1, 1, 100)?.length, 1);
  disk.fail({ readErrorProbability: 1 });
  assert.equal(disk.read(1, 1, 100), undefined);
});

test("a process that is gone hears nothing of what its disk did", () => {
  const { world, disk, told, scope } = diskWithARecord();
  disk.sync();
  world.end(scope);
  disk.end();
  world.run(10);
  assert.deepEqual(told, []);
});

test("cores whose disks fail stop, start again, and agree", () => {
  const marks = new Marks();
  for (let seed = 1; seed <= 30; seed++) {
    const faults = { diskErrors: { everyMs: 100, lastsMs: 50 }, crash: { everyMs: 300, lastsMs: 30 } };
    const result = simulateCore({ seed, adjust: (swarm) => ({ ...swarm, faults }) });
    assert.equal(result.violation?.message, undefined, `seed ${seed}`);
    marks.addAll(result.marks);
  }
  assert.ok(marks.count("disk error stopped a member") > 0);
});
