import assert from "node:assert/strict";
import { test } from "node:test";
import type { DirectoryLock, DiskFile, HostError } from "@quorate/host";
import { Drive, healthyDrive, World } from "../src/index.ts";
import type { DriveSettings } from "../src/index.ts";
import { SimulatedDisk } from "../src/simulated-disk.ts";

/** A disk whose operations can be called and awaited in one line. */
function bench(seed: number, settings: Partial<DriveSettings> = {}) {
  const world = new World(seed);
  const drive = new Drive(world.streams.stream("disk"), { ...healthyDrive, ...settings });
  let scope = world.scope("process");
  let disk = new SimulatedDisk(world, scope, drive);
  const settle = <T = void>(operation: (done: (error: HostError | undefined, value?: T) => void) => void): T => {
    const results: { error: HostError | undefined; value: T | undefined }[] = [];
    operation((error, value) => results.push({ error, value }));
    assert.equal(results.length, 0, "an operation never completes from inside its call");
    world.runUntil(() => results.length > 0, 10_000);
    const [result] = results;
    assert.ok(result, "the operation completes");
    if (result.error !== undefined) throw result.error;
    return result.value as T;
  };
  return {
    world,
    drive,
    disk: () => disk,
    settle,
    restart: (how: "kill" | "power"): void => {
      world.end(scope);
      if (how === "power") drive.cutPower();
      else drive.killProcess();
      scope = world.scope("process");
      disk = new SimulatedDisk(world, scope, drive);
    },
    create: (path: string): DiskFile => settle<DiskFile>((done) => disk.create(path, done)),
    contents: (path: string): Uint8Array => {
      const file = settle<DiskFile>((done) => disk.open(path, done));
      return settle<Uint8Array>((done) => file.read(0, 1 << 20, done));
    },
    names: (path: string): string[] =>
      settle<readonly { name: string }[]>((done) => disk.list(path, done)).map((entry) => entry.name),
  };
}

const filled = (length: number, value: number): Uint8Array<ArrayBuffer> => new Uint8Array(length).fill(value);

test("what was synced, contents and name, survives a power cut; nothing else is sure to", () => {
  const outcomes = new Set<string>();
  for (let seed = 0; seed < 200; seed++) {
    const { settle, create, disk, restart, contents, names } = bench(seed);
    const file = create("/log");
    settle((done) => file.writeAndSync(0, filled(1024, 1), done));
    settle((done) => disk().syncDirectory("/", done));
    settle((done) => file.write(512, filled(1024, 2), done));
    create("/unsynced");
    restart("power");
    const bytes = contents("/log");
    assert.ok(bytes.length === 1024 || bytes.length === 1536, "the size is the old one or the new one");
    assert.deepEqual(bytes.subarray(0, 512), filled(512, 1));
    const second = bytes[512];
    assert.ok(
      bytes.subarray(512, 1024).every((byte) => byte === second),
      "a block is never torn",
    );
    outcomes.add(`${second} ${bytes[1024]} ${names("/").join()}`);
  }
  // Old or new second block, third block absent, unwritten or written, name kept or lost: all of it happens.
  assert.deepEqual(
    [...outcomes].sort(),
    ["1", "2"]
      .flatMap((second) => ["undefined", "0", "2"].map((third) => `${second} ${third}`))
      .flatMap((blocks) => [`${blocks} log`, `${blocks} log,unsynced`])
      .sort(),
  );
});

test("a killed process loses nothing that was written, and any part of what was being written", () => {
  const partial = new Set<string>();
  for (let seed = 0; seed < 50; seed++) {
    const { settle, create, restart, contents } = bench(seed);
    const file = create("/log");
    settle((done) => file.write(0, filled(1024, 1), done));
    file.write(0, filled(1024, 2), () => assert.fail("a dead process hears nothing"));
    restart("kill");
    const bytes = contents("/log");
    partial.add(`${bytes[0]} ${bytes[512]}`);
  }
  assert.deepEqual([...partial].sort(), ["1 1", "1 2", "2 1", "2 2"]);
});

test("a file whose name was not synced is gone after a power cut, however well its contents were", () => {
  const { settle, create, disk, restart, names } = bench(3, { unsyncedSurvival: 0 });
  settle((done) => disk().makeDirectory("/data", done));
  const file = create("/data/a.tmp");
  settle((done) => file.writeAndSync(0, filled(10, 7), done));
  settle((done) => disk().syncDirectory("/data", done));
  restart("power");
  assert.deepEqual(names("/"), [], "the directory's own name was never synced in its parent");
});

test("a rename is atomic: after a power cut the file has one of its two names", () => {
  const seen = new Set<string>();
  for (let seed = 0; seed < 50; seed++) {
    const { settle, create, disk, restart, names } = bench(seed);
    create("/a.tmp");
    settle((done) => disk().syncDirectory("/", done));
    settle((done) => disk().rename("/a.tmp", "/a", done));
    restart("power");
    seen.add(names("/").join());
  }
  assert.deepEqual([...seen].sort(), ["a", "a.tmp"]);
});

test("a sync that failed has marked the pages clean: the next one succeeds and the data is lost all the same", () => {
  let lost = 0;
  for (let seed = 0; seed < 20; seed++) {
    const { settle, create, disk, drive, restart, contents } = bench(seed);
    const file = create("/log");
    settle((done) => file.dataSync(done));
    settle((done) => disk().syncDirectory("/", done));
    settle((done) => file.write(0, filled(512, 9), done));
    drive.settings = { ...drive.settings, syncErrorProbability: 1 };
    assert.throws(() => settle((done) => file.dataSync(done)), { code: "io" });
    drive.settings = { ...drive.settings, syncErrorProbability: 0 };
    settle((done) => file.dataSync(done));
    assert.equal(contents("/log")[0], 9, "it reads well from the cache");
    restart("power");
    if (contents("/log")[0] !== 9) lost++;
  }
  assert.ok(lost > 0 && lost < 20, `lost ${lost} of 20`);
});

test("a full disk says so and keeps what it has", () => {
  const { settle, create, contents } = bench(1, { capacityBytes: 1000 });
  const file = create("/log");
  settle((done) => file.write(0, filled(900, 1), done));
  assert.throws(() => settle((done) => file.write(900, filled(200, 1), done)), { code: "no-space" });
  assert.equal(contents("/log").length, 900);
});

test("a lock keeps others out until its holder ends", () => {
  const { settle, disk, restart } = bench(1);
  settle<DirectoryLock>((done) => disk().lock("/", done));
  assert.throws(() => settle<DirectoryLock>((done) => disk().lock("/", done)), { code: "locked" });
  restart("kill");
  settle<DirectoryLock>((done) => disk().lock("/", done));
});

test("what a process that is gone still asks for in its last turn reaches no disk, not even at a later crash", () => {
  const { settle, create, disk, restart, contents } = bench(1);
  const file = create("/log");
  settle((done) => file.writeAndSync(0, filled(512, 1), done));
  settle((done) => disk().syncDirectory("/", done));
  restart("kill");
  file.write(0, filled(512, 9), () => assert.fail("a dead process hears nothing"));
  restart("kill");
  assert.equal(contents("/log")[0], 1);
});
