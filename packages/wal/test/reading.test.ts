import assert from "node:assert/strict";
import { test } from "node:test";
import { HostError } from "@quorate/host";
import { WalError } from "@quorate/wal";
import { contents, entriesOf, open, printed, seeded, tryOpen } from "./bench-log.ts";
import { CrashDisk } from "./crash-disk.ts";
import { PositionIndex } from "../src/position-index.ts";

test("every range reads back, across batches, segments and truncations, before and after a restart", () => {
  const random = seeded(11);
  const disk = new CrashDisk();
  const log = open(disk, { segmentBytes: 16 * 1024 });
  let model: string[] = [];
  for (let round = 1; round <= 60; round++) {
    const cut = random() < 0.3 && model.length > 0 ? 1 + Math.floor(random() * model.length) : undefined;
    if (cut !== undefined) model = model.slice(0, cut - 1);
    const added = entriesOf(model.length + 1, model.length + 1 + Math.floor(random() * 20), round, 200);
    log.persist(added, undefined, cut);
    model = [...model, ...added.map(printed)];
  }
  for (const reader of [log, open(disk.settled(), { segmentBytes: 16 * 1024 })]) {
    for (let from = 1; from <= model.length; from++) {
      const to = from + Math.floor(random() * (model.length - from + 1));
      assert.deepEqual(reader.read(from, to).map(printed), model.slice(from - 1, to), `${from} to ${to}`);
    }
  }
});

test("a read gives at least one entry, and then as many as fit", () => {
  const log = open(new CrashDisk());
  log.persist(entriesOf(1, 20, 1, 100));
  assert.equal(log.read(1, 20, 1).length, 1);
  assert.equal(log.read(1, 20, 128 * 3).length, 3);
  assert.equal(log.read(1, 20, 128 * 3 + 127).length, 3);
  assert.equal(log.read(19, 50).length, 2, "only what is there");
});

test("what is not durable cannot be read", () => {
  const log = open(new CrashDisk());
  log.persist(entriesOf(1, 3, 1));
  log.queue(entriesOf(4, 6, 1));
  assert.equal(log.read(1, 6).length, 3);
  const outcome = log.tryRead(9, 9);
  assert.ok(outcome instanceof HostError);
  assert.equal(outcome.code, "invalid");
});

test("damage that came after recovery is found by the read that meets it", () => {
  const disk = new CrashDisk();
  const log = open(disk);
  log.persist(entriesOf(1, 20, 1, 100));
  const bytes = disk.bytesOf("/log/0000000000000001.wal");
  bytes[5000] = (bytes[5000] as number) ^ 1;
  const outcome = log.tryRead(1, 20);
  assert.ok(outcome instanceof WalError);
  assert.equal(outcome.code, "corrupt");
  assert.match(outcome.message, /offset \d+: the batch's checksum/);
});

test("a record that is larger than a segment gets a segment that is large enough", () => {
  const disk = new CrashDisk();
  const log = open(disk, { segmentBytes: 8192 });
  log.persist(entriesOf(1, 2, 1));
  log.persist(entriesOf(3, 3, 1, 100_000));
  log.persist(entriesOf(4, 5, 1));
  assert.deepEqual(
    disk.paths().filter((path) => path.endsWith(".wal")).length,
    3,
    "one before, one for the record, one after",
  );
  const again = open(disk.settled(), { segmentBytes: 8192 });
  assert.deepEqual(contents(again), contents(log));
  assert.equal(again.read(3, 3)[0]?.frame.length, 100_028);
});

test("a small entry does not keep a large piece of the log in memory", () => {
  const log = open(new CrashDisk(), { segmentBytes: 4 * 1024 * 1024 });
  for (let index = 1; index <= 5000; index += 100) log.persist(entriesOf(index, index + 99, 1, 200));
  const [entry] = log.read(2500, 2500);
  assert.ok((entry?.frame.buffer.byteLength ?? 0) <= 4096);
});

test("pruning removes whole segments once the new base is durable, and reads below it say so", () => {
  const disk = new CrashDisk();
  const log = open(disk, { segmentBytes: 8192 });
  for (let index = 1; index <= 200; index += 10) log.persist(entriesOf(index, index + 9, 3, 100));
  const before = disk.paths().length;
  log.opened.wal.prune({ index: 120, term: 3 });
  disk.run();
  assert.ok(disk.paths().length < before);
  const again = open(disk.settled(), { segmentBytes: 8192 });
  const { base } = again.opened.recovered;
  assert.ok(base.index > 60 && base.index <= 120 && base.term === 3);
  assert.deepEqual(again.opened.recovered.termRuns, [{ firstIndex: base.index + 1, term: 3 }]);
  for (const reader of [log, again]) {
    assert.equal(reader.read(base.index + 1, 200).length, 200 - base.index);
    const outcome = reader.tryRead(base.index, 200);
    assert.ok(outcome instanceof WalError);
    assert.equal(outcome.code, "pruned");
  }
});

test("pruning less than a segment waits until another segment is begun", () => {
  const disk = new CrashDisk();
  const log = open(disk, { segmentBytes: 8192 });
  log.persist(entriesOf(1, 10, 1, 100));
  log.opened.wal.prune({ index: 10, term: 1 });
  disk.run();
  assert.equal(log.read(1, 10).length, 10, "still there for slow followers");
  log.persist(entriesOf(11, 11, 1, 6000));
  assert.ok(!disk.paths().includes("/log/0000000000000001.wal"));
  assert.equal(log.read(11, 11).length, 1);
});

test("segments that an interrupted pruning left behind are removed at the next opening, whichever they are", () => {
  const disk = new CrashDisk();
  const log = open(disk, { segmentBytes: 8192 });
  for (let index = 1; index <= 200; index += 10) log.persist(entriesOf(index, index + 9, 3, 100));
  const before = disk.settled();
  log.opened.wal.prune({ index: 200, term: 3 });
  disk.run();
  const kept = disk.paths();
  const gone = before.paths().filter((path) => !kept.includes(path));
  assert.ok(gone.length >= 3);
  for (const leftover of gone) {
    for (const marks of [true, false]) {
      const left = disk.settled();
      left.put(leftover, before.bytesOf(leftover));
      if (!marks) left.put("/log/marks", new Uint8Array(8192));
      const again = tryOpen(left, { segmentBytes: 8192 });
      assert.ok(again !== undefined && !(again instanceof Error));
      assert.equal(again.opened.recovered.damage, undefined);
      assert.ok(!left.paths().includes(leftover));
      assert.equal(again.opened.recovered.last.index, 200);
    }
  }
});

test("the index of positions is bounded, cuts stay, and every index has a point at or before it", () => {
  const index = new PositionIndex(64);
  let at = 1;
  for (let batch = 0; batch < 20_000; batch++) {
    if (batch % 5000 === 4999) index.truncateFrom((at -= 7));
    index.add(at, 1 + Math.floor(batch / 1000), 4096 + batch, 70_000);
    at += 10;
  }
  assert.ok(index.size <= 64 + 4);
  assert.equal(index.cutsBetween(1, at).length, 4);
  for (let wanted = 1; wanted < at; wanted += 997) assert.ok((index.pointFor(wanted)?.firstIndex ?? 0) <= wanted);
});
