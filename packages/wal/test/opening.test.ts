import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeConfiguration, entryKinds, makeEntry } from "@quorate/raft";
import { WalError } from "@quorate/wal";
import { baseAt, contents, entriesOf, memberId, open, printed, tryOpen } from "./bench-log.ts";
import { CrashDisk } from "./crash-disk.ts";

const first = "/log/0000000000000001.wal";

function refusal(disk: CrashDisk, options: Parameters<typeof tryOpen>[1]): WalError {
  const before = disk.paths().map((path) => [path, disk.bytesOf(path).slice()]);
  const outcome = tryOpen(disk, options);
  assert.ok(outcome instanceof WalError);
  assert.deepEqual(
    disk.paths().map((path) => [path, disk.bytesOf(path)]),
    before,
    "a refused directory is left as it was",
  );
  return outcome;
}

test("a new log is empty, has no hard state, and is of incarnation 1", () => {
  const { recovered, wal } = open(new CrashDisk()).opened;
  assert.deepEqual(recovered, {
    hardState: undefined,
    base: { index: 0, term: 0 },
    baseConfiguration: undefined,
    last: { index: 0, term: 0 },
    termRuns: [],
    configurations: [],
    frameBytes: 128,
    incarnation: 1,
    starts: { incarnations: [1], isWhole: true },
    tornTail: undefined,
    damage: undefined,
    finishedInstall: undefined,
  });
  assert.deepEqual(wal.durable, { index: 0, term: 0 });
});

test("each opening raises the incarnation durably, closed in order or not", () => {
  let disk = new CrashDisk();
  for (let incarnation = 1; incarnation < 8; incarnation++) {
    const log = open(disk);
    assert.equal(log.opened.recovered.incarnation, incarnation);
    const incarnations = Array.from({ length: incarnation }, (_, at) => at + 1);
    assert.deepEqual(log.opened.recovered.starts, { incarnations, isWhole: true });
    if (incarnation % 2 === 0) log.close();
    disk = disk.afterPowerCut(() => 0.9);
  }
});

test("what a new log starts with is written whole or not at all, and only into a new log", () => {
  const configuration = makeEntry(1, 1, entryKinds.configuration, new Uint8Array([1, 2, 3]));
  const initial = { entries: [configuration], hardState: { term: 1, vote: 0, commit: 1 } };
  for (let crashAt = 1; ; crashAt++) {
    const disk = new CrashDisk();
    disk.crashAt = crashAt;
    const begun = tryOpen(disk, { initial });
    const log = open(
      disk.afterPowerCut(() => 0.2),
      { initial },
    );
    const { recovered } = log.opened;
    assert.deepEqual(recovered.configurations.map(printed), [printed(configuration)]);
    assert.deepEqual(recovered.hardState, initial.hardState);
    assert.deepEqual(recovered.last, { index: 1, term: 1 });
    assert.equal(contents(log).length, 1);
    const other = { ...initial, hardState: { term: 5, vote: 0, commit: 1 } };
    assert.equal(open(log.disk.settled(), { initial: other }).opened.recovered.hardState?.term, 1);
    if (begun !== undefined && !disk.isDown) return;
  }
});

test("a new log may begin after a position that its state covers, with the configuration there, at any crash", () => {
  const base = baseAt(100, 7, 60);
  for (let crashAt = 1; ; crashAt++) {
    const disk = new CrashDisk();
    disk.crashAt = crashAt;
    const begun = tryOpen(disk, { base });
    const log = open(
      disk.afterPowerCut(() => 0.2),
      { base },
    );
    assert.deepEqual(log.opened.recovered.last, { index: 100, term: 7 });
    log.persist(entriesOf(101, 105, 8));
    const { recovered } = open(log.disk.settled()).opened;
    assert.deepEqual([recovered.base.index, recovered.base.term, recovered.last.index], [100, 7, 105]);
    assert.deepEqual(recovered.baseConfiguration, { index: 60, payload: encodeConfiguration(base.configuration) });
    if (begun !== undefined && !disk.isDown) return;
  }
});

test("term runs and configurations are of the log as it is, truncations counted", () => {
  const disk = new CrashDisk();
  const log = open(disk);
  const configuration = (index: number, term: number) =>
    makeEntry(index, term, entryKinds.configuration, new Uint8Array([index]));
  log.persist([configuration(1, 1), ...entriesOf(2, 5, 1), configuration(6, 2), ...entriesOf(7, 9, 3)]);
  log.persist([...entriesOf(6, 7, 4), configuration(8, 4)], { term: 4, vote: 0, commit: 2 }, 6);
  const seen: string[] = [];
  const { recovered } = open(disk.settled(), { onEntry: (entry) => void seen.push(printed(entry)) }).opened;
  assert.deepEqual(recovered.termRuns, [
    { firstIndex: 1, term: 1 },
    { firstIndex: 6, term: 4 },
  ]);
  assert.deepEqual(
    recovered.configurations.map(({ index, term }) => [index, term]),
    [
      [1, 1],
      [8, 4],
    ],
  );
  assert.equal(seen.length, 12, "every entry is told, those cut off later too");
  assert.equal(seen.at(-1)?.startsWith("8:4"), true);
});

test("a directory of another cluster or member is refused, with both ids and what to do", () => {
  const disk = new CrashDisk();
  open(disk).close();
  const cluster = refusal(disk, { clusterId: 0xbeef });
  assert.equal(cluster.code, "wrong-cluster");
  assert.match(cluster.message, /cluster c1,.*cluster beef: give the member its own data directory/);
  const member = refusal(disk, { memberId: 0xb0b });
  assert.equal(member.code, "wrong-member");
  assert.match(member.message, new RegExp(`member ${memberId.toString(16)},.*member b0b`));
});

test("a newer format is refused as such, and not taken for damage", () => {
  const disk = new CrashDisk();
  open(disk).close();
  const newer = disk.settled();
  const bytes = newer.bytesOf(first).slice();
  bytes[8] = 3;
  // The checksum that a newer program would have written: over the first 4096 bytes but its own four.
  const sum = crcOf([...bytes.subarray(0, 12), ...bytes.subarray(16, 4096)]);
  new DataView(bytes.buffer).setUint32(12, sum, true);
  newer.put(first, bytes);
  const error = refusal(newer, {});
  assert.equal(error.code, "version");
  assert.match(error.message, /format version 3, and this program knows versions up to 2/);
});

/** CRC-32C bit by bit: an oracle that shares nothing with the code. */
function crcOf(bytes: readonly number[]): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  }
  return ~crc >>> 0;
}

test("unfinished files go, foreign files stay, and a segment under a strange name is refused by name", () => {
  const disk = new CrashDisk();
  open(disk).close();
  disk.put("/log/0000000000000002.wal.tmp", new Uint8Array(100).fill(9));
  disk.put("/log/notes.txt", new Uint8Array([1]));
  const log = open(disk);
  assert.deepEqual(disk.paths(), [first, "/log/marks", "/log/notes.txt"]);
  log.close();
  disk.put("/log/copy of 1.wal", new Uint8Array(10));
  const error = refusal(disk, {});
  assert.equal(error.code, "corrupt");
  assert.match(error.message, /copy of 1\.wal/);
});

test("a log of which only what was set aside is left is not taken for a new one", () => {
  const disk = new CrashDisk();
  disk.put(`${first}.damaged`, new Uint8Array(8192));
  const error = refusal(disk, {});
  assert.equal(error.code, "corrupt");
  assert.match(error.message, /set aside.*term and vote/);
});

test("a disk that fails while the log is opened gives an io error with its cause, once", () => {
  const probe = new CrashDisk();
  open(probe);
  for (let failAt = 1; failAt <= probe.operations; failAt++) {
    const disk = new CrashDisk();
    disk.failAt = failAt;
    const outcome = tryOpen(disk);
    if (disk.failAt === failAt || (outcome !== undefined && !(outcome instanceof Error))) continue;
    assert.ok(outcome instanceof WalError);
    assert.equal(outcome.code, "io");
    assert.match(outcome.message, /the device says no/);
    assert.equal(open(disk.afterKill()).opened.recovered.last.index, 0);
  }
});

test("options out of range are refused before anything is touched", () => {
  const disk = new CrashDisk();
  for (const options of [{ clusterId: -1 }, { memberId: 0.5 }, { segmentBytes: 100 }, { maxBatchBytes: 0 }]) {
    assert.throws(() => tryOpen(disk, options), RangeError);
  }
  assert.equal(disk.operations, 0);
});
