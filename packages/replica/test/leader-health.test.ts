import assert from "node:assert/strict";
import { test } from "node:test";
import { DurationHistogram } from "@quorate/host";
import type { WalMetrics } from "@quorate/wal";
import { LeaderHealth } from "../src/leader-health.ts";
import { recordingLogger } from "./support/simulated-cluster.ts";
import { ManualTime } from "./support/manual-time.ts";
import { ScriptedCore } from "./support/scripted-core.ts";

function setUp() {
  const time = new ManualTime();
  const core = new ScriptedCore();
  const lines: string[] = [];
  const state = { isLeader: true, syncs: 0, lastSyncMs: 1 };
  const health = new LeaderHealth({
    core,
    clock: time,
    timers: time,
    logger: recordingLogger(lines),
    electionTimeoutMs: () => 1000,
    isLeader: () => state.isLeader,
    walMetrics: (): WalMetrics => ({
      syncs: state.syncs,
      records: 0,
      bytes: 0,
      lastSyncMs: state.lastSyncMs,
      durations: new DurationHistogram([1]),
      meanSyncMs: 0,
    }),
    healthLog: { late: () => {}, look: () => {} },
    wake: () => {},
  });
  /** Time in which the disk syncs now and then, and the loop is late by so much. */
  const live = (ms: number, { syncMs = 1, lateMs = 0 } = {}): void => {
    for (const end = time.monotonicMs() + ms; time.monotonicMs() < end; ) {
      state.syncs++;
      state.lastSyncMs = syncMs;
      if (lateMs > 0) time.stall(100 + lateMs);
      time.pass(lateMs > 0 ? 0.001 : 100);
    }
  };
  return { time, core, health, lines, state, live };
}

test("a leader whose disk has been slow for three election timeouts steps aside, once", () => {
  const { core, live, lines } = setUp();
  live(5000);
  assert.equal(core.transfers.length, 0);
  live(2000, { syncMs: 600 });
  assert.equal(core.transfers.length, 0, "not at the first slow sync");
  live(5000, { syncMs: 600 });
  assert.equal(core.transfers.length, 1);
  assert.ok(lines.some((line) => line.includes("this leader is slow: it hands")));
  live(10_000, { syncMs: 600 });
  assert.equal(core.transfers.length, 1, "it rests before it tries again");
  live(60_000, { syncMs: 600 });
  assert.ok(core.transfers.length <= 3, "and longer each time");
});

test("so does one whose event loop is late", () => {
  const { core, health, live } = setUp();
  live(10_000, { lateMs: 400 });
  assert.equal(core.transfers.length, 1);
  assert.ok(health.loopDelayMs > 250);
});

test("one slow sync, a slow follower, or a disk that is only asked for nothing is no reason", () => {
  const { core, live, state, time } = setUp();
  live(300, { syncMs: 5000 });
  live(10_000, { syncMs: 1 });
  assert.equal(core.transfers.length, 0);
  state.isLeader = false;
  live(20_000, { syncMs: 900 });
  assert.equal(core.transfers.length, 0);
  state.isLeader = true;
  state.lastSyncMs = 1;
  time.pass(10_000);
  assert.equal(core.transfers.length, 0, "it was a follower while it was slow");
});

test("a clock that jumps or a machine that is paused once is no reason, whatever the disk seemed to take", () => {
  const { core, live, time, state } = setUp();
  live(2000);
  for (let times = 0; times < 5; times++) {
    state.syncs++;
    state.lastSyncMs = 914;
    time.stall(914);
    time.pass(2800);
  }
  assert.equal(core.transfers.length, 0);
});

test("where nobody can take over, it goes on, and says so", () => {
  const { core, health, lines, live } = setUp();
  core.takesTransfers = false;
  live(20_000, { syncMs: 600 });
  assert.equal(health.stepsAside, 0);
  assert.ok(lines.some((line) => line.includes("nobody can take the leadership over")));
});
