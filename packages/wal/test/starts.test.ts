import assert from "node:assert/strict";
import { test } from "node:test";
import { entriesOf, open } from "./bench-log.ts";
import { CrashDisk } from "./crash-disk.ts";

const first = "/log/0000000000000001.wal";
/** Of the start that finds damage: further than any that damage can have taken along. */
const jump = 1000;
const nextIncarnation = (previous: number, isDamaged: boolean): number => previous + (isDamaged ? jump : 10);

test("a log remembers its starts, those that wrote nothing else too", () => {
  let disk = new CrashDisk();
  for (let start = 1; start <= 6; start++) {
    const log = open(disk, { nextIncarnation });
    const incarnations = Array.from({ length: start }, (_, at) => 10 * (at + 1));
    assert.deepEqual(log.opened.recovered.starts, { incarnations, isWhole: true });
    if (start % 2 === 0) log.persist(entriesOf(start - 1, start, 1));
    if (start % 3 === 0) log.close();
    disk = disk.afterPowerCut(() => 0.5);
  }
});

test("it remembers the last 128 of them, and says that there were more", () => {
  let disk = new CrashDisk();
  for (let start = 1; start <= 140; start++) {
    const { incarnations, isWhole } = open(disk, { nextIncarnation }).opened.recovered.starts;
    assert.equal(incarnations.length, Math.min(start, 128));
    assert.equal(incarnations.at(-1), 10 * start);
    assert.equal(isWhole, start <= 128);
    disk = disk.afterKill();
  }
});

test("a pruned log has forgotten those before, and says so", () => {
  const options = { segmentBytes: 8192, nextIncarnation };
  const disk = new CrashDisk();
  open(disk, options).close();
  const log = open(disk, options);
  for (let index = 1; index <= 200; index += 10) log.persist(entriesOf(index, index + 9, 3, 100));
  log.opened.wal.prune({ index: 190, term: 3 });
  disk.run();
  log.close();
  const { incarnations, isWhole } = open(disk, options).opened.recovered.starts;
  assert.equal(isWhole, false);
  assert.ok(!incarnations.includes(10));
  assert.equal(incarnations.at(-1), 30);
});

test("a damaged log counts on none but its present start, and later on none from before the damage", () => {
  const disk = new CrashDisk();
  open(disk, { nextIncarnation }).close();
  const log = open(disk, { nextIncarnation });
  for (let index = 1; index <= 30; index += 10) log.persist(entriesOf(index, index + 9, 1));
  log.close();
  const hurt = disk.settled();
  const bytes = hurt.bytesOf(first);
  const place = bytes.length === 0 ? 0 : 4096 + 700;
  bytes[place] = (bytes[place] as number) ^ 1;
  const damaged = open(hurt, { nextIncarnation });
  assert.notEqual(damaged.opened.recovered.damage, undefined);
  assert.deepEqual(damaged.opened.recovered.starts, { incarnations: [20 + jump], isWhole: false });
  damaged.opened.wal.healed();
  hurt.run();
  damaged.close();
  const healed = open(hurt, { nextIncarnation });
  assert.equal(healed.opened.recovered.damage, undefined);
  assert.deepEqual(healed.opened.recovered.starts, { incarnations: [20 + jump, 30 + jump], isWhole: false });
});

for (const isPruned of [false, true]) {
  test(`a start that found damage is remembered over the segments that it fills before that is healed${isPruned ? ", and pruned" : ""}`, () => {
    const disk = new CrashDisk();
    const options = { segmentBytes: 8192, nextIncarnation };
    open(disk, options).close();
    const log = open(disk, options);
    for (let index = 1; index <= 10; index += 10) log.persist(entriesOf(index, index + 9, 1));
    log.close();
    const hurt = disk.settled();
    const bytes = hurt.bytesOf(first);
    bytes[4096 + 700] = (bytes[4096 + 700] as number) ^ 1;
    const damaged = open(hurt, options);
    assert.notEqual(damaged.opened.recovered.damage, undefined);
    const from = damaged.opened.recovered.last.index + 1;
    for (let index = from; index < from + 200; index += 10) damaged.persist(entriesOf(index, index + 9, 3, 100));
    if (isPruned) damaged.opened.wal.prune({ index: from + 150, term: 3 });
    hurt.run();
    damaged.opened.wal.healed();
    hurt.run();
    damaged.close();
    const healed = open(hurt, options);
    assert.equal(healed.opened.recovered.damage, undefined);
    assert.deepEqual(healed.opened.recovered.starts, { incarnations: [20 + jump, 30 + jump], isWhole: false });
  });
}

test("whoever numbers the starts must let them rise", () => {
  const disk = new CrashDisk();
  open(disk, { nextIncarnation: () => 7 }).close();
  for (const wrong of [7, 3, 8.5, Number.NaN, 2 ** 53]) {
    assert.throws(() => open(disk.afterKill(), { nextIncarnation: () => wrong }), RangeError);
  }
});
