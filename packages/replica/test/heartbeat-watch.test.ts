import assert from "node:assert/strict";
import { test } from "node:test";
import { HeartbeatWatch } from "../src/heartbeat-watch.ts";

test("the longest gap between heartbeats of one leader is kept for half a minute to a minute", () => {
  const watch = new HeartbeatWatch();
  assert.equal(watch.longestGapMs(0), 0);
  for (const at of [1000, 1100, 1350, 1450]) watch.heard(1, 7, at);
  assert.equal(watch.longestGapMs(1500), 250);
  for (let at = 1550; at <= 50_000; at += 100) watch.heard(1, 7, at);
  assert.equal(watch.longestGapMs(50_000), 250, "of the half minute before");
  for (let at = 50_050; at <= 200_000; at += 100) watch.heard(1, 7, at);
  assert.equal(watch.longestGapMs(200_000), 100);
  assert.equal(watch.longestGapMs(900_000), 0, "nothing was heard lately");
});

test("a time without any leader is no gap, and neither are heartbeats of a deposed one", () => {
  const watch = new HeartbeatWatch();
  watch.heard(1, 7, 1000);
  watch.heard(2, 8, 5000);
  watch.heard(1, 7, 5050);
  watch.heard(2, 8, 5100);
  assert.equal(watch.longestGapMs(5100), 100);
});
