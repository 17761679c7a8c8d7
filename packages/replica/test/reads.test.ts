import assert from "node:assert/strict";
import { test } from "node:test";
import { ReplicaError } from "../src/errors.ts";
import { Reads } from "../src/reads.ts";
import { ManualTime } from "./support/manual-time.ts";
import { busy, notLeader, ScriptedCore } from "./support/scripted-core.ts";

function setUp(maxReadsWaiting = 1000) {
  const time = new ManualTime();
  const core = new ScriptedCore();
  const told: string[] = [];
  const state = { appliedIndex: 10, isLeader: false };
  const reads = new Reads({
    core,
    clock: time,
    timers: time,
    mode: "read-index" as const,
    beforeLease: () => {},
    maxReadsWaiting,
    requestTimeoutMs: 5000,
    retryMs: () => 100,
    lostMs: () => 500,
    isLeader: () => state.isLeader,
    appliedIndex: () => state.appliedIndex,
    wake: () => {},
    wakeAt: () => {},
  });
  return {
    time,
    core,
    told,
    state,
    reads,
    barrier: (name: string) =>
      reads.barrier((error, index) => told.push(error === undefined ? `${name}@${index}` : `${name}:${error.code}`)),
    flush: () => reads.flush(),
    expire: () => reads.expire(time.monotonicMs()),
  };
}

test("all read barriers of one turn share one question to the core", () => {
  const { core, barrier, flush, reads, told } = setUp();
  barrier("a");
  barrier("b");
  assert.deepEqual(core.reads, []);
  flush();
  assert.deepEqual(core.reads, [1]);
  reads.ready(1, 10);
  assert.deepEqual(told, ["a@10", "b@10"]);
  assert.equal(reads.count, 0);
});

test("a barrier of a later turn never shares the question of an earlier one", () => {
  const { core, barrier, flush, reads, told } = setUp();
  barrier("a");
  flush();
  barrier("b");
  flush();
  assert.deepEqual(core.reads, [1, 2]);
  reads.ready(1, 10);
  assert.deepEqual(told, ["a@10"]);
});

test("a barrier waits until its index is applied here", () => {
  const { barrier, flush, reads, told } = setUp();
  barrier("a");
  flush();
  reads.ready(1, 12);
  reads.applied(11);
  assert.deepEqual(told, []);
  reads.applied(13);
  assert.deepEqual(told, ["a@12"]);
});

test("a refused barrier is asked again, at once when there is news of a leader", () => {
  const { core, barrier, flush, reads, told, time } = setUp();
  barrier("a");
  flush();
  reads.refused(time.monotonicMs(), 1);
  flush();
  assert.deepEqual(core.reads, [1], "not at once without news");
  reads.leaderChanged();
  flush();
  assert.deepEqual(core.reads, [1, 2]);
  reads.ready(1, 10);
  assert.deepEqual(told, [], "the refused question is over");
  reads.ready(2, 10);
  assert.deepEqual(told, ["a@10"]);
});

test("an answer that another member owes us and does not give is asked for again", () => {
  const { core, barrier, flush, reads, told, time, expire } = setUp();
  barrier("a");
  flush();
  time.pass(499);
  assert.equal(expire(), 1500);
  time.pass(1);
  expire();
  flush();
  assert.deepEqual(core.forgotten, [1]);
  assert.deepEqual(core.reads, [1, 2]);
  reads.ready(2, 10);
  assert.deepEqual(told, ["a@10"]);
});

test("a leader does not ask itself again: its own answer cannot be lost", () => {
  const { core, barrier, flush, state, time, expire } = setUp();
  state.isLeader = true;
  barrier("a");
  flush();
  time.pass(3000);
  assert.equal(expire(), 6000);
  assert.deepEqual(core.reads, [1]);
});

test("without a leader a barrier fails when its time is over", () => {
  const { core, barrier, flush, told, time, expire, reads } = setUp();
  core.readAnswer = notLeader(0);
  barrier("a");
  flush();
  time.pass(4999);
  expire();
  assert.deepEqual(told, []);
  time.pass(1);
  expire();
  assert.deepEqual(told, ["a:no-leader"]);
  assert.equal(reads.count, 0);
});

test("a barrier whose index is never applied here fails when its time is over", () => {
  const { barrier, flush, told, time, expire, reads } = setUp();
  barrier("a");
  flush();
  reads.ready(1, 50);
  time.pass(5000);
  expire();
  assert.deepEqual(told, ["a:timeout"]);
  reads.applied(50);
  assert.deepEqual(told, ["a:timeout"]);
});

test("bounds: ours and the core's answer busy, after the call", () => {
  const { core, barrier, flush, told, time } = setUp(1);
  barrier("a");
  barrier("b");
  assert.deepEqual(told, []);
  time.settle();
  assert.deepEqual(told, ["b:busy"]);
  core.readAnswer = busy;
  flush();
  assert.deepEqual(told, ["b:busy", "a:busy"]);
});

test("when the member stops, every barrier is told, wherever it stands", () => {
  const { core, barrier, flush, told, reads } = setUp();
  barrier("asked");
  flush();
  barrier("ready");
  flush();
  reads.ready(2, 99);
  core.readAnswer = notLeader(0);
  barrier("held");
  flush();
  barrier("gathered");
  reads.failAll(new ReplicaError("stopped", "the end"));
  assert.deepEqual(told.sort(), ["asked:stopped", "gathered:stopped", "held:stopped", "ready:stopped"]);
  assert.equal(reads.count, 0);
});

test("a group that runs out of time beside one that lives leaves no deadline in the past behind", () => {
  const { time, core, barrier, flush, expire, reads, told, state } = setUp();
  state.isLeader = true;
  barrier("old");
  flush();
  reads.refused(time.monotonicMs(), core.reads.at(-1) ?? 0);
  time.pass(4000);
  barrier("young");
  flush();
  // Both wait for the same answer now; only one of them has time left.
  time.pass(1500);
  assert.ok(expire() > time.monotonicMs(), "the timer must not spin");
  assert.deepEqual(told, ["old:timeout"]);
  reads.ready(core.reads.at(-1) ?? 0, 99);
  time.pass(4000);
  assert.ok(expire() > time.monotonicMs());
  assert.deepEqual(told, ["old:timeout", "young:timeout"]);
});

test("a barrier that is asked for from inside a failing one's outcome gets an outcome too", () => {
  const { time, core, flush, expire, reads, told } = setUp();
  core.readAnswer = notLeader(0);
  reads.barrier((error) => {
    told.push(`first:${error?.code}`);
    reads.barrier((again, index) => told.push(again === undefined ? `second@${index}` : `second:${again.code}`));
  });
  flush();
  time.pass(5000);
  expire();
  core.readAnswer = undefined;
  flush();
  reads.ready(core.reads.at(-1) ?? 0, 10);
  assert.deepEqual(told, ["first:no-leader", "second@10"]);
  assert.equal(reads.count, 0);
});
