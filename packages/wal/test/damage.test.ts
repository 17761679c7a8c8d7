import assert from "node:assert/strict";
import { test } from "node:test";
import { WalError } from "@quorate/wal";
import { contents, entriesOf, memberId, open, printed, tryOpen, type BenchLog } from "./bench-log.ts";
import { CrashDisk } from "./crash-disk.ts";

const first = "/log/0000000000000001.wal";
const second = "/log/0000000000000002.wal";

/** A log of three batches, opened and closed; the places where its batches start and the last one ends. */
function threeBatches(): { disk: CrashDisk; places: number[] } {
  const disk = new CrashDisk();
  const log = open(disk);
  log.persist(entriesOf(1, 3, 1), { term: 1, vote: memberId, commit: 0 });
  log.persist(entriesOf(4, 6, 1), { term: 2, vote: 7, commit: 3 });
  log.persist(entriesOf(7, 9, 2));
  const settled = disk.settled();
  return { disk: settled, places: batchPlaces(settled.bytesOf(first)) };
}

/** Where batches start, and where the last one ends. */
function batchPlaces(bytes: Uint8Array): number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const places = [4096];
  for (let at = 4096; view.getUint32(at, true) === 0x54414251; places.push(at)) at += view.getUint32(at + 8, true);
  return places;
}

function damaged(disk: CrashDisk, path: string, change: (bytes: Uint8Array) => void): CrashDisk {
  const copy = disk.settled();
  const bytes = copy.bytesOf(path).slice();
  change(bytes);
  copy.put(path, bytes);
  return copy;
}

function flip(disk: CrashDisk, path: string, at: number): CrashDisk {
  return damaged(disk, path, (bytes) => (bytes[at] = (bytes[at] as number) ^ 0x10));
}

/** Without the file of marks, only the batches say what was durable. */
function withoutMarks(disk: CrashDisk): CrashDisk {
  const copy = disk.settled();
  copy.put("/log/marks", new Uint8Array(8192));
  return copy;
}

const cut = (log: BenchLog): string | undefined => log.opened.recovered.tornTail;
const damage = (log: BenchLog): string | undefined => log.opened.recovered.damage;

test("a last batch that is cut short at any byte is a torn tail: it is cut, and the log goes on", () => {
  const { disk, places } = threeBatches();
  const unmarked = withoutMarks(disk);
  const [start, end] = places.slice(-2) as [number, number];
  for (let at = start; at < end; at++) {
    const torn = damaged(unmarked, first, (bytes) => bytes.fill(0, at));
    if (torn.bytesOf(first).slice(start, end).join() === disk.bytesOf(first).slice(start, end).join()) continue;
    const log = open(torn);
    assert.equal(damage(log), undefined, `cut at ${at}`);
    assert.equal(log.opened.recovered.last.index, 6);
    assert.equal(cut(log) === undefined, at === start, `cut at ${at}`);
    log.persist(entriesOf(7, 8, 3), { term: 3, vote: 0, commit: 6 });
    assert.equal(contents(open(torn.afterKill())).length, 8);
  }
});

test("a torn tail names file, place and reason, and says what risk remains", () => {
  const { disk, places } = threeBatches();
  const torn = damaged(withoutMarks(disk), first, (bytes) => bytes.fill(0, (places[3] as number) + 200));
  assert.match(String(cut(open(torn))), /0000000000000001\.wal: the bytes from \d+ to \d+ were cut .*risk remains/);
});

test("after a torn tail everything up to the segment's end is zero before anything is appended", () => {
  const { disk, places } = threeBatches();
  const end = places.at(-1) as number;
  const torn = damaged(withoutMarks(disk), first, (bytes) => {
    bytes.fill(0, (places.at(-2) as number) + 8, (places.at(-2) as number) + 16);
    bytes.fill(0xee, end + 3000, end + 3100);
  });
  const log = open(torn);
  assert.ok(cut(log));
  const after = torn.bytesOf(first);
  assert.ok(after.subarray(batchPlaces(after).at(-1)).every((byte) => byte === 0));
});

test("one flipped bit anywhere before the last sync mark is damage, never a torn tail, and never forgets a vote", () => {
  const { disk, places } = threeBatches();
  // Every byte of the first two batches that follow the opening's, some of the segment's header.
  const places2 = [0, 8, 12, 16, 24, 40, 100, 140, 200, 1000, 4095];
  for (let at = places[0] as number; at < (places[3] as number); at += 3) places2.push(at);
  for (const at of places2) {
    for (const base of [disk, withoutMarks(disk)]) {
      if (at < 4096 && base !== disk) continue;
      const log = open(flip(base, first, at));
      const { recovered } = log.opened;
      assert.ok(damage(log), `flip at ${at}`);
      assert.equal(cut(log), undefined);
      assert.deepEqual({ ...recovered.hardState, commit: 0 }, { term: 2, vote: 7, commit: 0 }, `flip at ${at}`);
      assert.ok(recovered.last.index < 7 && recovered.hardState !== undefined);
      assert.ok(recovered.incarnation > 1024, `flip at ${at}`);
      assert.deepEqual(contents(log), [...entriesOf(1, 6, 1)].map(printed).slice(0, recovered.last.index));
    }
  }
});

test("the last batch of a quiet log is covered by its mark: damage to it is damage, and the mark keeps the vote", () => {
  const disk = new CrashDisk();
  const log = open(disk);
  log.persist(entriesOf(1, 3, 1), { term: 1, vote: 1, commit: 0 });
  log.persist([], { term: 9, vote: 4, commit: 0 });
  const settled = disk.settled();
  const places = batchPlaces(settled.bytesOf(first));
  for (let at = places.at(-2) as number; at < (places.at(-1) as number); at += 5) {
    const again = open(flip(settled, first, at));
    assert.ok(damage(again));
    assert.deepEqual(again.opened.recovered.hardState, { term: 9, vote: 4, commit: 0 });
    assert.equal(again.opened.recovered.last.index, 3);
  }
  const zeroed = damaged(settled, first, (bytes) => bytes.fill(0, places.at(-2)));
  assert.match(String(damage(open(zeroed))), /were durable/);
});

test("either slot of the marks may be lost, and both: the batches still say what was durable", () => {
  const { disk } = threeBatches();
  for (const spoilt of [flip(disk, "/log/marks", 20), flip(disk, "/log/marks", 4096 + 20), withoutMarks(disk)]) {
    const log = open(spoilt);
    assert.equal(damage(log), undefined);
    assert.equal(contents(log).length, 9);
  }
});

test("a commit index from beyond the damage does not speak of entries that were replaced there", () => {
  const disk = new CrashDisk();
  const log = open(disk);
  log.persist(entriesOf(1, 3, 1), { term: 1, vote: memberId, commit: 1 });
  log.persist(entriesOf(4, 6, 1));
  log.persist(entriesOf(2, 8, 2), { term: 2, vote: 7, commit: 1 }, 2);
  log.persist([], { term: 2, vote: 7, commit: 8 });
  const settled = disk.settled();
  const replacement = batchPlaces(settled.bytesOf(first))[3] as number;
  const hurt = open(flip(settled, first, replacement + 130));
  assert.match(String(damage(hurt)), /offset/);
  assert.equal(hurt.opened.recovered.last.index, 6, "as before the replacement");
  assert.deepEqual(hurt.opened.recovered.hardState, { term: 2, vote: 7, commit: 1 });
});

test("damage is reported at every opening until the log is healed, also by a member that restarts in between", () => {
  const { disk, places } = threeBatches();
  const hurt = flip(disk, first, (places[2] as number) + 130);
  let log = open(hurt);
  assert.match(String(damage(log)), /0000000000000001\.wal, offset \d+: the batch's checksum/);
  assert.equal(log.opened.recovered.last.index, 3);
  // Term and vote are promises, and never forgotten; a commit index that was noted beyond the damage is not.
  assert.deepEqual(log.opened.recovered.hardState, { term: 2, vote: 7, commit: 0 });
  log.persist(entriesOf(4, 5, 2));
  log.close();
  log = open(hurt);
  assert.match(String(damage(log)), /an earlier start found damage/);
  for (let index = 6; index < 700; index += 10) log.persist(entriesOf(index, index + 9, 2, 200));
  log = open(hurt.afterKill());
  assert.match(String(damage(log)), /an earlier start/, "also in later segments");
  log.opened.wal.healed();
  log.disk.run();
  log.close();
  log = open(log.disk);
  assert.equal(damage(log), undefined);
  assert.equal(contents(log).length, log.opened.recovered.last.index);
  assert.equal(log.opened.recovered.incarnation, 1 + 1024 + 3);
});

test("damage cuts off later segments, keeps them aside for people, and keeps what they say of term and vote", () => {
  const disk = new CrashDisk();
  const log = open(disk, { segmentBytes: 8192 });
  for (let index = 1; index <= 90; index += 10) {
    log.persist(entriesOf(index, index + 9, 1, 100), { term: index, vote: 3, commit: 0 });
  }
  const hurt = flip(disk.settled(), second, 4096 + 300);
  const again = open(hurt, { segmentBytes: 8192 });
  assert.match(String(damage(again)), /0000000000000002\.wal, offset 4096/);
  assert.equal(again.opened.recovered.hardState?.term, 81);
  assert.equal(contents(again).length, again.opened.recovered.last.index);
  assert.ok(hurt.paths().includes("/log/0000000000000003.wal.damaged"), hurt.paths().join());
  again.persist(entriesOf(again.opened.recovered.last.index + 1, 60, 82, 100));
  const third = open(hurt.settled(), { segmentBytes: 8192 });
  assert.equal(contents(third).length, 60);
});

test("a missing segment is damage, at the beginning, in the middle and at the end", () => {
  const disk = new CrashDisk();
  const log = open(disk, { segmentBytes: 8192 });
  for (let index = 1; index <= 90; index += 10) log.persist(entriesOf(index, index + 9, 5, 100), undefined);
  log.persist([], { term: 5, vote: 2, commit: 40 });
  const names = disk.paths().filter((path) => path.endsWith(".wal"));
  assert.ok(names.length >= 3);
  for (const name of names) {
    const hurt = disk.settled();
    hurt.files.delete(name);
    const again = open(hurt.settled(), { segmentBytes: 8192 });
    assert.ok(damage(again), name);
    assert.deepEqual([again.opened.recovered.hardState?.term, again.opened.recovered.hardState?.vote], [5, 2], name);
    assert.equal(contents(again).length, again.opened.recovered.last.index);
  }
  const empty = disk.settled();
  for (const name of names) empty.files.delete(name);
  const none = open(empty, { segmentBytes: 8192 });
  assert.ok(damage(none));
  assert.equal(none.opened.recovered.last.index, 0);
  assert.equal(none.opened.recovered.hardState?.vote, 2);
});

test("where nothing is left that names a term and a vote, the log does not open", () => {
  const disk = new CrashDisk();
  open(disk).persist(entriesOf(1, 1, 1), { term: 1, vote: 1, commit: 0 });
  const hurt = disk.settled();
  hurt.put(first, new Uint8Array(9000).fill(0x5a));
  hurt.put("/log/marks", new Uint8Array(8192));
  const outcome = tryOpen(hurt);
  assert.ok(outcome instanceof WalError);
  assert.equal(outcome.code, "corrupt");
  assert.match(outcome.message, /remove the member from the cluster/);
});

test("valid batches after an invalid one are damage, though no mark says so", () => {
  const { disk, places } = threeBatches();
  const log = open(flip(withoutMarks(disk), first, (places[1] as number) + 140));
  assert.ok(damage(log));
  assert.equal(log.opened.recovered.last.index, 0);
});

test("a batch that was written for another place, another segment or another log does not pass", () => {
  const { disk, places } = threeBatches();
  const [from, to] = places.slice(-2) as [number, number];
  const moved = damaged(withoutMarks(disk), first, (bytes) => bytes.copyWithin(to, from, to));
  const log = open(moved);
  assert.equal(log.opened.recovered.last.index, 9, "a copy of the last batch after itself is not a batch");
  assert.ok(cut(log));
  const further = damaged(withoutMarks(disk), first, (bytes) => bytes.copyWithin(to + 512, from, to));
  assert.equal(damage(open(further)), undefined, "nor is a copy further on taken for a later batch");
  const other = new CrashDisk();
  const stranger = open(other, { memberId: 77 });
  stranger.persist(entriesOf(1, 3, 1), { term: 1, vote: memberId, commit: 0 });
  stranger.persist(entriesOf(4, 6, 1), { term: 2, vote: 7, commit: 3 });
  stranger.persist(entriesOf(7, 9, 2));
  stranger.persist(entriesOf(10, 12, 2));
  const foreign = other.bytesOf(first);
  const mixed = damaged(withoutMarks(disk), first, (bytes) => bytes.set(foreign.subarray(to, to + 400), to));
  assert.equal(open(mixed).opened.recovered.last.index, 9);
});

test("a batch that follows another history does not pass, though sequence and place are right", () => {
  const ours = new CrashDisk();
  const theirs = new CrashDisk();
  for (const [disk, vote] of [
    [ours, 1],
    [theirs, 2],
  ] as const) {
    const log = open(disk);
    log.persist(entriesOf(1, 3, 1), { term: 1, vote, commit: 0 });
    log.persist(entriesOf(4, 6, 1));
  }
  const [start, end] = batchPlaces(theirs.bytesOf(first)).slice(-2) as [number, number];
  const spliced = damaged(ours, first, (bytes) => bytes.set(theirs.bytesOf(first).subarray(start, end), start));
  const log = open(spliced);
  assert.equal(log.opened.recovered.last.index, 3);
  assert.match(String(damage(log)), /does not continue the batch before it/);
});
