import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { encodeConfiguration, entryKinds, makeEntry } from "@quorate/raft";
import { baseAt, contents, entriesOf, open, type BenchLog } from "./bench-log.ts";
import { CrashDisk } from "./crash-disk.ts";

/** A directory as hexadecimal text: per file its size, and what is not zero, as offset and bytes. */
type Fixture = Record<string, { size: number; pieces: [number, string][] }>;

function fixtureOf(name: string): Fixture {
  return JSON.parse(readFileSync(new URL(`./golden/${name}.json`, import.meta.url), "utf8")) as Fixture;
}

function fromFixture(fixture: Fixture): CrashDisk {
  const disk = new CrashDisk();
  disk.directories.add("/log");
  for (const [name, { size, pieces }] of Object.entries(fixture)) {
    const bytes = new Uint8Array(size);
    for (const [offset, hex] of pieces) bytes.set(Buffer.from(hex, "hex"), offset);
    disk.put(`/log/${name}`, bytes);
  }
  return disk;
}

function toFixture(disk: CrashDisk): Fixture {
  const files: Fixture = {};
  for (const path of disk.paths()) {
    const bytes = disk.bytesOf(path);
    const pieces: [number, string][] = [];
    for (let at = 0; at < bytes.length; at += 64) {
      const piece = bytes.subarray(at, at + 64);
      if (piece.some((byte) => byte !== 0)) pieces.push([at, Buffer.from(piece).toString("hex")]);
    }
    files[path.slice("/log/".length)] = { size: bytes.length, pieces };
  }
  return files;
}

const options = { segmentBytes: 8192, clusterId: 0x1234_5678_9abc, memberId: 42 };

/** Segments, a truncation, a hard state, a configuration, a restart, a pruning. */
function writeFirstLife(disk: CrashDisk): void {
  const configuration = makeEntry(1, 1, entryKinds.configuration, new Uint8Array([1, 2, 3]));
  const initial = { entries: [configuration], hardState: { term: 1, vote: 0, commit: 1 } };
  const log = open(disk, { ...options, initial });
  log.persist(entriesOf(2, 9, 2, 300), { term: 2, vote: 42, commit: 1 });
  log.persist(entriesOf(10, 15, 2, 300));
  log.persist(entriesOf(13, 20, 3, 300), { term: 3, vote: 7, commit: 7 }, 13);
  log.close();
  const again = open(disk, options);
  again.persist([makeEntry(21, 3, entryKinds.configuration, new Uint8Array([4, 5])), ...entriesOf(22, 23, 3, 50)]);
  again.opened.wal.prune({ index: 12, term: 2 });
  again.persist([], { term: 4, vote: 42, commit: 13 });
  again.close();
}

/** The same; then a state is installed, and another one is about to be. */
function writeGolden(): CrashDisk {
  const disk = new CrashDisk();
  writeFirstLife(disk);
  const log = open(disk, options);
  log.persist([], { term: 9, vote: 0, commit: 400 }, undefined, baseAt(400, 8, 390));
  log.persist(entriesOf(401, 403, 9, 80));
  log.opened.wal.prepareInstall({ ...baseAt(500, 9, 450), leaderTerm: 10 }, () => {});
  disk.run();
  log.close();
  return disk;
}

function openGolden(name: string, state?: { index: number; term: number }): BenchLog {
  return open(fromFixture(fixtureOf(name)), { ...options, ...(state && { state }) });
}

test("a log of format 1 is read as it was written, for ever", () => {
  const log = openGolden("format-1");
  const { recovered } = log.opened;
  assert.deepEqual(recovered.hardState, { term: 4, vote: 42, commit: 13 });
  assert.deepEqual([recovered.base.index > 0, recovered.base.index <= 12], [true, true]);
  assert.equal(recovered.baseConfiguration, undefined, "format 1 forgot it");
  assert.deepEqual(recovered.last, { index: 23, term: 3 });
  assert.equal(recovered.incarnation, 3);
  assert.deepEqual([recovered.tornTail, recovered.damage], [undefined, undefined]);
  assert.equal(contents(log).at(-1), "23:3:78:222");
});

test("a log of format 1 goes on in a new segment of today's, and is read together with it", () => {
  const log = openGolden("format-1");
  const old = `/log/${Object.keys(fixtureOf("format-1")).findLast((name) => name.endsWith(".wal"))}`;
  assert.deepEqual(log.disk.bytesOf(old), fromFixture(fixtureOf("format-1")).bytesOf(old), "nothing is added to it");
  log.persist(entriesOf(24, 30, 4, 100));
  const versions = log.disk
    .paths()
    .filter((path) => path.endsWith(".wal"))
    .map((path) => log.disk.bytesOf(path)[8]);
  assert.deepEqual([versions[0], versions.at(-1)], [1, 2]);
  const before = contents(log);
  log.opened.wal.prune({ index: 23, term: 3 });
  log.persist(entriesOf(31, 31, 4, 7000));
  log.persist(entriesOf(32, 32, 4, 100));
  const again = open(log.disk.settled(), options);
  const { base, baseConfiguration } = again.opened.recovered;
  assert.deepEqual([base.index >= 21, baseConfiguration], [true, { index: 21, payload: new Uint8Array([4, 5]) }]);
  assert.deepEqual(contents(again).slice(0, 30 - base.index), before.slice(base.index - 30));
});

test("a log of format 2 is read as it was written, for ever", () => {
  const log = openGolden("format-2");
  const { recovered } = log.opened;
  assert.deepEqual(recovered.hardState, { term: 9, vote: 0, commit: 400 });
  assert.deepEqual(
    [recovered.base, recovered.last],
    [
      { index: 400, term: 8 },
      { index: 403, term: 9 },
    ],
  );
  const { configuration } = baseAt(400, 8);
  assert.deepEqual(recovered.baseConfiguration, { index: 390, payload: encodeConfiguration(configuration) });
  assert.equal(recovered.incarnation, 4);
  assert.equal(contents(log).at(-1)?.slice(0, 9), "403:9:108");
  const finished = openGolden("format-2", { index: 500, term: 9 }).opened.recovered;
  assert.deepEqual(
    [finished.base, finished.last],
    [
      { index: 500, term: 9 },
      { index: 500, term: 9 },
    ],
  );
  assert.deepEqual(finished.hardState, { term: 10, vote: 0, commit: 500 });
});

test("what is written today is format 2, byte for byte", () => {
  const written = toFixture(writeGolden());
  if (process.env["QUORATE_WRITE_GOLDEN"] !== undefined) console.log(JSON.stringify(written));
  assert.deepEqual(written, fixtureOf("format-2"));
});
