import assert from "node:assert/strict";
import { test } from "node:test";
import { MemoryWorld } from "./memory-world.ts";
import { openStreams, pair, TestMember } from "./members.ts";

test("messages arrive on both lanes and in both directions, in order, with the sender's incarnation", () => {
  const world = new MemoryWorld();
  const one = new TestMember(world, 1, { incarnation: 5 });
  const two = new TestMember(world, 2, { incarnation: 9 });
  one.know(2);
  two.know(1);
  world.runUntil(() => one.isUp(2) && two.isUp(1));
  assert.deepEqual([...one.up.values(), ...two.up.values()], [9, 9, 5, 5]);
  for (const [lane, text] of [
    ["control", "a"],
    ["control", "b"],
    ["bulk", "c"],
    ["bulk", "d"],
  ] as const) {
    assert.equal(one.send(2, lane, `1${text}`), true);
    assert.equal(two.send(1, lane, `2${text}`), true);
  }
  world.run(10);
  assert.deepEqual(two.texts(), ["1a", "1b", "1c", "1d"]);
  assert.deepEqual(one.texts(), ["2a", "2b", "2c", "2d"]);
  assert.deepEqual(new Set(one.received.map(({ from, incarnation }) => `${from} ${incarnation}`)), new Set(["2 9"]));
});

test("a pair has two connections, whoever dials, even when both dial at the same moment", () => {
  for (const latencyMs of [0, 1, 30, 200]) {
    const world = new MemoryWorld();
    world.latencyMs = latencyMs;
    const [one, two] = pair(world);
    world.run(3000);
    assert.equal(openStreams(world, "control").length, 2, "two ends of one control connection");
    assert.equal(openStreams(world, "bulk").length, 2, "two ends of one bulk connection");
    assert.deepEqual(
      one.reports,
      one.reports.filter((report) => report.startsWith("+")),
    );
    assert.deepEqual(
      two.reports,
      two.reports.filter((report) => report.startsWith("+")),
    );
    assert.deepEqual([one.refusals, two.refusals], [[], []]);
  }
});

test("a pair in which only one side can reach the other's port is connected all the same, in both directions", () => {
  for (const unreachable of [1, 2]) {
    const world = new MemoryWorld();
    world.silentPorts.add(2000 + unreachable);
    const [one, two] = pair(world);
    assert.equal(one.send(2, "bulk", "there") && two.send(1, "bulk", "back"), true);
    world.run(10);
    assert.deepEqual([two.texts(), one.texts()], [["there"], ["back"]]);
  }
});
