import assert from "node:assert/strict";
import { test } from "node:test";
import { entryKinds, makeEntry, type Entry } from "@quorate/raft";
import type { ReplicaError } from "../src/errors.ts";
import { defaultReplicaLimits, type ReplicaLimits } from "../src/options.ts";
import { Proposals } from "../src/proposals.ts";
import { ManualTime } from "./support/manual-time.ts";
import { busy, notLeader, ScriptedCore } from "./support/scripted-core.ts";

interface Forwarded {
  readonly leader: number;
  readonly id: number;
  readonly commands: readonly Uint8Array[];
}

function setUp(limits: Partial<ReplicaLimits> = {}) {
  const time = new ManualTime();
  const core = new ScriptedCore();
  const forwarded: Forwarded[] = [];
  const told: string[] = [];
  const state = { appliedIndex: 0, linkUp: true, wakes: 0, wakeAt: Number.POSITIVE_INFINITY };
  const proposals = new Proposals<string>({
    core,
    clock: time,
    timers: time,
    limits: { ...defaultReplicaLimits, ...limits },
    incarnation: 1,
    maxCommandBytes: 100,
    requestTimeoutMs: 5000,
    electionTimeoutMs: () => 2000 / 3,
    retryMs: () => 100,
    forward: (leader, id, commands) => {
      if (!state.linkUp) return false;
      forwarded.push({ leader, id, commands });
      return true;
    },
    appliedIndex: () => state.appliedIndex,
    wake: () => {
      state.wakes++;
    },
    wakeAt: (at) => {
      state.wakeAt = Math.min(state.wakeAt, at);
    },
  });
  return {
    time,
    core,
    forwarded,
    told,
    state,
    proposals,
    propose: (name: string, size = 3) =>
      proposals.propose(new Uint8Array(size), (error: ReplicaError | undefined, value: string) => {
        told.push(error === undefined ? `${name}=${value}` : `${name}:${error.code}`);
      }),
    flush: () => proposals.flush(time.monotonicMs()),
    expire: () => proposals.expire(time.monotonicMs()),
    /** Entries of these terms are applied, from `first` on; each command's result is "index@term". */
    apply: (first: number, ...terms: number[]) => {
      const entries = terms.map((term, at): Entry => makeEntry(first + at, term, entryKinds.command, Uint8Array.of(1)));
      state.appliedIndex = first + terms.length - 1;
      proposals.settle(
        entries,
        entries.map((entry) => `${entry.index}@${entry.term}`),
      );
    },
  };
}

test("the proposals of one turn reach the core as one batch, and each gets the result of its own entry", () => {
  const { core, propose, flush, apply, told, proposals } = setUp();
  propose("a");
  propose("b");
  assert.equal(core.proposed.length, 0, "nothing is proposed before the turn ends");
  flush();
  assert.equal(core.proposed.length, 1);
  assert.equal(core.proposed[0]?.length, 2);
  assert.equal(proposals.count, 2);
  apply(1, 1, 1);
  assert.deepEqual(told, ["a=1@1", "b=2@1"]);
  assert.equal(proposals.count, 0);
});

test("a batch is applied piece by piece", () => {
  const { propose, flush, apply, told } = setUp();
  for (const name of ["a", "b", "c"]) propose(name);
  flush();
  apply(1, 1);
  assert.deepEqual(told, ["a=1@1"]);
  apply(2, 1, 1);
  assert.deepEqual(told, ["a=1@1", "b=2@1", "c=3@1"]);
});

test("an entry of another term in a command's place means that the command never was", () => {
  const { core, propose, flush, apply, told, proposals } = setUp();
  core.term = 2;
  propose("a");
  propose("b");
  flush();
  apply(1, 1, 3);
  assert.deepEqual(told, ["a:leader-changed", "b:leader-changed"]);
  assert.equal(proposals.count, 0);
});

test("an applied entry of a later term decides every command behind it, however far", () => {
  const { core, propose, flush, apply, told } = setUp();
  core.term = 2;
  core.lastIndex = 5;
  for (const name of ["a", "b", "c"]) propose(name);
  flush();
  apply(5, 2);
  assert.deepEqual(told, [], "an entry of the same term decides nothing");
  apply(6, 3);
  assert.deepEqual(told, ["a:leader-changed", "b:leader-changed", "c:leader-changed"]);
});

test("commands that lost their leader wait: the next one may still commit them", () => {
  const { core, propose, flush, apply, told, proposals } = setUp();
  propose("a");
  flush();
  core.answer = notLeader(2);
  proposals.leaderChanged();
  flush();
  assert.deepEqual(told, []);
  apply(1, 1, 2);
  assert.deepEqual(told, ["a=1@1"]);
});

test("batches of two leaderships that claim the same places are told apart by term", () => {
  const { core, propose, flush, apply, told } = setUp();
  core.term = 2;
  core.lastIndex = 9;
  propose("old");
  flush();
  core.term = 4;
  core.lastIndex = 9;
  propose("new");
  flush();
  apply(10, 4);
  assert.deepEqual(told, ["old:leader-changed", "new=10@4"]);
});

test("a follower passes a turn's proposals on in one message and completes them when it applies them itself", () => {
  const { core, propose, flush, apply, told, forwarded, proposals, time } = setUp();
  core.answer = notLeader(3);
  propose("a");
  propose("b");
  flush();
  assert.equal(forwarded.length, 1);
  assert.equal(forwarded[0]?.leader, 3);
  assert.equal(forwarded[0]?.commands.length, 2);
  const id = forwarded[0]?.id as number;
  proposals.answered(time.monotonicMs(), 3, { id, outcome: "placed", firstIndex: 7, term: 1 });
  assert.deepEqual(told, []);
  apply(5, 1, 1, 1, 1);
  assert.deepEqual(told, ["a=7@1", "b=8@1"]);
});

test("a lost connection makes the outcome unknown, and nothing is sent again", () => {
  const { core, propose, flush, told, forwarded, proposals, time } = setUp();
  core.answer = notLeader(3);
  propose("a");
  flush();
  proposals.disconnected(2);
  assert.deepEqual(told, []);
  proposals.disconnected(3);
  assert.deepEqual(told, ["a:outcome-unknown"]);
  flush();
  proposals.leaderChanged();
  flush();
  assert.equal(forwarded.length, 1);
  const id = forwarded[0]?.id as number;
  proposals.answered(time.monotonicMs(), 3, { id, outcome: "placed", firstIndex: 7, term: 1 });
  assert.equal(proposals.count, 0, "a late answer changes nothing");
});

test("a leader that never answers makes the outcome unknown when time is up", () => {
  const { core, propose, flush, told, forwarded, expire, time } = setUp();
  core.answer = notLeader(3);
  propose("a");
  flush();
  time.pass(4999);
  expire();
  assert.deepEqual(told, []);
  time.pass(1);
  expire();
  assert.deepEqual(told, ["a:outcome-unknown"]);
  assert.equal(forwarded.length, 1);
});

test("an answer that comes after the entry was applied leaves the outcome unknown", () => {
  const { core, propose, flush, apply, told, forwarded, proposals, time } = setUp();
  core.answer = notLeader(3);
  propose("a");
  propose("b");
  flush();
  apply(1, 1);
  const id = forwarded[0]?.id as number;
  proposals.answered(time.monotonicMs(), 3, { id, outcome: "placed", firstIndex: 1, term: 1 });
  assert.deepEqual(told, ["a:outcome-unknown"]);
  apply(2, 1);
  assert.deepEqual(told, ["a:outcome-unknown", "b=2@1"]);
});

test("what a supposed leader turned away was not appended, and goes to the real one", () => {
  const { core, propose, flush, apply, told, forwarded, proposals, time } = setUp();
  core.answer = notLeader(3);
  propose("a");
  flush();
  const id = forwarded[0]?.id as number;
  proposals.answered(time.monotonicMs(), 3, { id, outcome: "not-leader", firstIndex: 0, term: 0 });
  flush();
  assert.equal(forwarded.length, 1, "the same one is not asked again at once");
  core.answer = notLeader(2);
  proposals.leaderChanged();
  flush();
  assert.equal(forwarded[1]?.leader, 2);
  proposals.answered(time.monotonicMs(), 2, {
    id: forwarded[1]?.id as number,
    outcome: "placed",
    firstIndex: 1,
    term: 2,
  });
  apply(1, 2);
  assert.deepEqual(told, ["a=1@2"]);
});

test("an answer from somebody who was not asked is ignored", () => {
  const { core, propose, flush, told, forwarded, proposals, time } = setUp();
  core.answer = notLeader(3);
  propose("a");
  flush();
  const id = forwarded[0]?.id as number;
  proposals.answered(time.monotonicMs(), 2, { id, outcome: "busy", firstIndex: 0, term: 0 });
  assert.deepEqual(told, []);
});

test("proposals wait for a leader, but not for long", () => {
  const { core, propose, flush, told, expire, time, state } = setUp();
  core.answer = notLeader(0);
  propose("a");
  flush();
  assert.equal(state.wakeAt, 1100, "another try, even if nobody reports a leader");
  time.pass(1999);
  assert.equal(expire(), 3000, "two election timeouts after the call");
  assert.deepEqual(told, []);
  time.pass(1);
  expire();
  assert.deepEqual(told, ["a:no-leader"]);
});

test("a leader that becomes known in time gets what waited", () => {
  const { core, propose, flush, told, apply, proposals, time, state } = setUp();
  core.answer = notLeader(0);
  propose("a");
  flush();
  time.pass(500);
  core.answer = "accept";
  const wakes = state.wakes;
  proposals.leaderChanged();
  assert.ok(state.wakes > wakes, "the member is woken");
  flush();
  apply(1, 1);
  assert.deepEqual(told, ["a=1@1"]);
});

test("what did not leave for want of a link is tried again, since it cannot have been appended", () => {
  const { core, propose, flush, forwarded, state, time } = setUp();
  core.answer = notLeader(3);
  state.linkUp = false;
  propose("a");
  flush();
  state.linkUp = true;
  flush();
  assert.equal(forwarded.length, 0, "not at once");
  time.pass(100);
  flush();
  assert.equal(forwarded.length, 1);
});

test("a command that is not committed in time fails, and a late commit changes nothing", () => {
  const { propose, flush, told, apply, expire, time, proposals } = setUp();
  propose("a");
  flush();
  time.pass(5000);
  assert.equal(expire(), Number.POSITIVE_INFINITY);
  assert.deepEqual(told, ["a:timeout"]);
  apply(1, 1);
  assert.deepEqual(told, ["a:timeout"]);
  assert.deepEqual([proposals.count, proposals.failures], [0, 1]);
});

test("beyond a bound the answer is busy, and comes after the call", () => {
  const { propose, proposals, flush, told, time, core } = setUp({ maxProposalsWaiting: 2 });
  core.answer = notLeader(0);
  for (const name of ["a", "b", "c"]) propose(name);
  assert.deepEqual(told, [], "never from inside the call that asked");
  time.settle();
  assert.deepEqual(told, ["c:busy"]);
  flush();
  assert.deepEqual(told, ["c:busy"]);
  assert.equal(proposals.failures, 1);
});

test("bytes are bounded too, and come free once the commands are in the log", () => {
  const { propose, flush, told, time, apply } = setUp({ maxProposalBytesWaiting: 150 });
  propose("a", 100);
  propose("b", 100);
  time.settle();
  assert.deepEqual(told, ["b:busy"]);
  flush();
  propose("c", 100);
  time.settle();
  flush();
  apply(1, 1, 1);
  assert.deepEqual(told, ["b:busy", "a=1@1", "c=2@1"]);
});

test("a core that has reached its bound answers busy", () => {
  const { propose, flush, told, core, proposals } = setUp();
  core.answer = busy;
  propose("a");
  flush();
  assert.deepEqual(told, ["a:busy"]);
  assert.equal(proposals.count, 0);
});

test("empty and oversized commands are turned away with the limit in the message", () => {
  const { told, time, proposals, propose } = setUp();
  propose("empty", 0);
  propose("large", 101);
  time.settle();
  assert.deepEqual(told, ["empty:too-large", "large:too-large"]);
  assert.equal(proposals.count, 0);
});

test("a turn with more than one batch may hold goes out in several", () => {
  const { core, propose, flush, apply, told } = setUp({ maxBatchCommands: 2 });
  for (const name of ["a", "b", "c"]) propose(name);
  flush();
  assert.deepEqual(
    core.proposed.map((batch) => batch.length),
    [2, 1],
  );
  apply(1, 1, 1, 1);
  assert.deepEqual(told, ["a=1@1", "b=2@1", "c=3@1"]);
});

test("a caller that throws harms neither the others nor the member, and its error surfaces", () => {
  const { proposals, flush, apply, told, propose, time } = setUp();
  proposals.propose(Uint8Array.of(1), () => {
    throw new Error("the caller's mistake");
  });
  propose("b");
  flush();
  apply(1, 1, 1);
  assert.deepEqual(told, ["b=2@1"]);
  assert.throws(() => time.pass(1), /the caller's mistake/);
});

test("when the member stops, everybody who waits is told", () => {
  const { core, propose, flush, told, proposals } = setUp();
  propose("placed");
  flush();
  core.answer = notLeader(3);
  propose("forwarded");
  flush();
  core.answer = notLeader(0);
  propose("held");
  flush();
  propose("gathered");
  proposals.failAll(Object.assign(new Error("x"), { code: "stopped" }) as ReplicaError);
  assert.deepEqual(told.sort(), ["forwarded:stopped", "gathered:stopped", "held:stopped", "placed:stopped"]);
  assert.equal(proposals.count, 0);
});

test("a state that brings the entries of what waits leaves nobody waiting (pitfall B70)", () => {
  const { proposals, propose, flush, apply, told, state } = setUp();
  for (const name of ["a", "b", "c"]) propose(name);
  flush();
  state.appliedIndex = 2;
  proposals.installed(2);
  assert.deepEqual(told, ["a:outcome-unknown", "b:outcome-unknown"]);
  apply(3, 1);
  assert.deepEqual(told.slice(2), ["c=3@1"]);
  assert.equal(proposals.count, 0);
});
