import assert from "node:assert/strict";
import { test } from "node:test";
import { BlockCounts } from "../src/block-counts.ts";
import { currentKey, historyKey } from "../src/key-space.ts";
import { Overlay } from "../src/overlay.ts";
import { sealMetadata, sealVersion } from "../src/records.ts";
import type { Version } from "../src/version.ts";
import { utf8 } from "./operation-makers.ts";
import { memoryEngine } from "./store-driver.ts";

function version(revision: number, value: string): Version {
  return {
    revision,
    createRevision: 2,
    version: revision - 1,
    lease: 0n,
    alive: true,
    valueLength: value.length,
    value: utf8(value),
    older: undefined,
  };
}

test("a read below the newest version does not leave a stale one in the cache", () => {
  const overlay = new Overlay(memoryEngine(), 10_000);
  overlay.add("k", version(2, "first"), 0);
  assert.equal(overlay.at("k", 1).alive, false, "the engine is asked, and knows no such key");
  overlay.freeze();
  overlay.release();
  overlay.add("other", version(3, "x"), 0);
  overlay.freeze();
  overlay.release();
  // Only the engine can know now, and this one was given nothing: what counts is that the cache does not answer.
  assert.equal(overlay.peek("k"), undefined);
});

test("a version that was read is read once, and again after a newer one", async () => {
  const engine = memoryEngine();
  const stored = version(2, "value");
  const [current, history] = [currentKey("k"), historyKey("k", 2, true)];
  await new Promise<void>((resolve) => {
    engine.write(
      [
        { key: current, value: sealMetadata(current, stored) },
        { key: history, value: sealVersion(history, stored) },
      ],
      () => resolve(),
    );
  });
  const overlay = new Overlay(engine, 10_000);
  assert.equal(overlay.peek("k"), undefined);
  const read = overlay.newest("k");
  assert.equal(read.value, undefined, "metadata alone");
  assert.deepEqual(overlay.withValue("k", read).value, utf8("value"));
  assert.deepEqual(overlay.peek("k")?.value, utf8("value"));
  overlay.add("k", version(3, "newer"), 0);
  assert.deepEqual(overlay.newest("k").value, utf8("newer"));
  assert.deepEqual(overlay.at("k", 2).revision, 2);
});

test("a block that is split counts what has happened since, complete or not", () => {
  const counts = new BlockCounts([{ start: "", count: 4 }], 1);
  const whole = { from: "", to: undefined };
  const [oversized] = counts.oversized();
  assert.ok(oversized);
  counts.beginSplit(oversized.block);
  counts.add("a1", 1);
  counts.add("m1", 1);
  counts.commit();
  counts.add("a2", 1);
  counts.add("a1", -1);
  counts.add("m1", -1);
  counts.split(oversized.block, [
    { start: "", count: 3 },
    { start: "m", count: 1 },
  ]);
  assert.deepEqual(counts.countOf(whole, false), { whole: 6, ends: [] });
  assert.deepEqual(counts.countOf(whole, true), { whole: 5, ends: [] });
  assert.deepEqual(counts.countOf({ from: "m", to: undefined }, false), { whole: 2, ends: [] });
  counts.commit();
  assert.equal(counts.total, 5);
  assert.deepEqual(counts.takeChanged().changed, [
    { start: "", count: 4 },
    { start: "m", count: 1 },
  ]);
});

test("a block that was split is not written again as it was", () => {
  const counts = new BlockCounts([{ start: "", count: 4 }], 1);
  const [oversized] = counts.oversized();
  assert.ok(oversized);
  counts.beginSplit(oversized.block);
  counts.add("z", 1);
  counts.commit();
  counts.split(oversized.block, [
    { start: "", count: 2 },
    { start: "m", count: 2 },
  ]);
  assert.deepEqual(counts.takeChanged(), { changed: [{ start: "m", count: 3 }], removed: [] });
});

test("small blocks are joined with the one before them", () => {
  const counts = new BlockCounts(
    [
      { start: "", count: 9 },
      { start: "g", count: 9 },
      { start: "p", count: 9 },
    ],
    100,
  );
  counts.add("p1", -1);
  counts.commit();
  assert.deepEqual(counts.takeChanged(), { changed: [{ start: "g", count: 17 }], removed: ["p"] });
  assert.equal(counts.total, 26);
});

test("a count is put together from whole blocks and the ends that must be looked at", () => {
  const counts = new BlockCounts(
    [
      { start: "", count: 1 },
      { start: "d", count: 2 },
      { start: "m", count: 4 },
      { start: "t", count: 8 },
    ],
    100,
  );
  const cases: readonly [from: string, to: string | undefined, whole: number, ends: readonly [string, string][]][] = [
    ["", undefined, 15, []],
    ["d", "t", 6, []],
    [
      "a",
      "n",
      2,
      [
        ["a", "d"],
        ["m", "n"],
      ],
    ],
    ["e", "f", 0, [["e", "f"]]],
    ["e", "n", 0, [["e", "n"]]],
    ["e", undefined, 12, [["e", "m"]]],
    ["m", "m", 0, []],
    ["n", "m", 0, []],
    ["d", "mm", 2, [["m", "mm"]]],
  ];
  for (const [from, to, whole, ends] of cases) {
    const spans = ends.map(([from, to]) => ({ from, to }));
    assert.deepEqual(counts.countOf({ from, to }, false), { whole, ends: spans }, `${from} to ${to}`);
  }
});
