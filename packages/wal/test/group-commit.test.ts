import assert from "node:assert/strict";
import { test } from "node:test";
import { contents, entriesOf, open } from "./bench-log.ts";
import { CrashDisk } from "./crash-disk.ts";

test("records that come while a sync runs go out together in the next one", () => {
  const disk = new CrashDisk();
  const log = open(disk);
  const syncs = disk.syncs;
  for (let index = 1; index <= 50; index++) log.queue(entriesOf(index, index, 1));
  disk.run();
  assert.equal(disk.syncs - syncs, 2, "the first at once, the rest together");
  assert.deepEqual(log.stored, [
    { sequence: 1, last: { index: 1, term: 1 } },
    { sequence: 50, last: { index: 50, term: 1 } },
  ]);
  const { metrics } = log.opened.wal;
  assert.equal(metrics.records, 50);
  assert.equal(metrics.syncs, 3, "with the one of the opening");
  assert.ok(metrics.bytes > 50 * 52 && metrics.lastSyncMs > 0 && metrics.meanSyncMs > 0);
});

test("under load each batch costs one sync: the mark of one is the next", () => {
  const disk = new CrashDisk();
  const log = open(disk, { segmentBytes: 4 * 1024 * 1024 });
  const { writes, syncs } = disk;
  log.queue(entriesOf(1, 1, 1));
  for (let index = 2; index <= 40; index++) {
    log.queue(entriesOf(index, index, 1));
    disk.step();
  }
  disk.run();
  assert.equal(disk.syncs - syncs, log.stored.length);
  assert.equal(disk.writes - writes, 1, "one mark, unsynced, when the log goes quiet");
});

test("large batches split between records; nothing is told before it is durable", () => {
  const disk = new CrashDisk();
  const log = open(disk, { maxBatchBytes: 1000, segmentBytes: 1024 * 1024 });
  for (let index = 1; index <= 20; index++) log.queue(entriesOf(index, index, 1, 300));
  assert.equal(log.stored.length, 0);
  disk.run();
  assert.deepEqual(
    log.stored.map(({ sequence }) => sequence),
    [1, 4, 7, 10, 13, 16, 19, 20],
  );
});

test("a truncation that is queued counts at once; completions tell the end of the log as of their record", () => {
  const disk = new CrashDisk();
  const log = open(disk);
  log.persist(entriesOf(1, 10, 1));
  log.queue(entriesOf(11, 12, 1));
  log.queue(entriesOf(5, 6, 2), { term: 2, vote: 0, commit: 4 }, 5);
  assert.deepEqual(log.opened.wal.durable, { index: 4, term: 1 });
  disk.step();
  assert.deepEqual(log.stored.at(-1), { sequence: 2, last: { index: 12, term: 1 } });
  assert.deepEqual(log.opened.wal.durable, { index: 4, term: 1 }, "entries 11 and 12 are cut already");
  disk.run();
  assert.deepEqual(log.stored.at(-1), { sequence: 3, last: { index: 6, term: 2 } });
  assert.deepEqual(log.opened.wal.durable, { index: 6, term: 2 });
  assert.equal(contents(open(disk.settled())).length, 6);
});

test("several truncations in one group are kept apart and replayed in order", () => {
  const disk = new CrashDisk();
  const log = open(disk);
  log.queue(entriesOf(1, 10, 1));
  log.queue(entriesOf(8, 9, 2), undefined, 8);
  log.queue(entriesOf(3, 4, 3), undefined, 3);
  log.queue(entriesOf(5, 5, 3));
  log.queue([], undefined, 5);
  disk.run();
  const again = open(disk.settled());
  assert.deepEqual(again.opened.recovered.last, { index: 4, term: 3 });
  assert.deepEqual(contents(again), contents(log).slice(0, 4));
});

test("what does not follow the log's end is a bug of the caller and is refused", () => {
  const log = open(new CrashDisk());
  log.persist(entriesOf(1, 3, 2));
  assert.throws(() => log.queue(entriesOf(5, 6, 2)), /entry 5 where 4 was expected/);
  assert.throws(() => log.queue(entriesOf(4, 4, 1)), /terms never fall/);
});

test("closing completes what is queued, and leaves a mark that covers all of it", () => {
  const disk = new CrashDisk();
  const log = open(disk);
  for (let index = 1; index <= 5; index++) log.queue(entriesOf(index, index, 1));
  log.close();
  assert.equal(log.stored.at(-1)?.sequence, 5);
  const cut = disk.afterPowerCut(() => 0.99);
  const bytes = cut.bytesOf("/log/0000000000000001.wal").slice();
  bytes.fill(0, 4096 + 136 + 100);
  cut.put("/log/0000000000000001.wal", bytes);
  assert.ok(open(cut).opened.recovered.damage, "the mark was synced before the log closed");
});

test("zeros are written ahead of use, and the next segment is ready before it is needed", () => {
  const disk = new CrashDisk();
  const log = open(disk, { segmentBytes: 8 * 1024 * 1024 });
  let index = 1;
  const syncs = disk.syncs;
  for (; index < 2000; index += 20) {
    const sizeBefore = disk.bytesOf("/log/0000000000000001.wal").length;
    log.queue(entriesOf(index, index + 19, 1, 2000));
    disk.step();
    assert.equal(disk.bytesOf("/log/0000000000000001.wal").length, sizeBefore, "a batch never makes the file grow");
    disk.run();
  }
  assert.deepEqual(disk.paths(), ["/log/0000000000000001.wal", "/log/marks"]);
  assert.equal(disk.syncs - syncs, 100 + 4, "one sync for each MiB of zeros, besides the batches' own");
  for (; index < 3500; index += 20) log.persist(entriesOf(index, index + 19, 1, 2000));
  assert.ok(disk.paths().includes("/log/0000000000000002.wal.tmp"));
});
