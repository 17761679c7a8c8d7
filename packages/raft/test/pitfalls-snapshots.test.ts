/** Bugs that other implementations shipped, on snapshots and compaction. docs/pitfalls.md lists them all. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeConfiguration, entryKinds, makeEntry } from "@quorate/raft";
import { configurationOf, entriesOf } from "./support/fixtures.ts";
import { Node } from "./support/node.ts";

const first = { index: 0, term: 0 };

function followerOf(leader: number, log: readonly number[], commit: number): Node {
  const node = new Node({ log, hardState: { term: 5, vote: 0, commit } });
  node.receive(leader, { type: "heartbeat", term: 5, commit: 0, round: 1 });
  return node.clear();
}

test("B59: a state that comes late takes nothing back, and one that the log holds cuts nothing off", () => {
  const late = followerOf(2, [1, 1, 2, 2, 2], 5);
  late.install({ index: 3, term: 2 }, 5);
  assert.deepEqual([late.core.status().appliedIndex, late.stored.length], [5, 5]);
  const matching = followerOf(2, [1, 1, 2, 2, 5, 5], 1);
  matching.install({ index: 4, term: 2 }, 5);
  assert.deepEqual([matching.core.status().last, matching.stored.length], [{ index: 6, term: 5 }, 6]);
});

test("B60: a tail of another history that crosses the state's end goes whole, and entries follow the state", () => {
  const node = followerOf(2, [1, 3, 3, 3, 3, 3], 1);
  node.install({ index: 4, term: 4 }, 5);
  assert.deepEqual(node.core.status().last, { index: 4, term: 4 });
  node.clear().receive(2, {
    type: "append",
    term: 5,
    previous: { index: 4, term: 4 },
    commit: 5,
    entries: entriesOf([5], 5),
  });
  assert.equal(node.take("append-accepted")[0]?.message.match, 5, "no second state is needed");
});

test("B61: the configuration of what was lost is forgotten with it, joint ones come back whole, a voter may be a learner", () => {
  const lost = makeEntry(2, 5, entryKinds.configuration, encodeConfiguration(configurationOf([1, 2, 3, 4, 5])));
  const node = new Node({ log: [1], hardState: { term: 5, vote: 0, commit: 1 } });
  node.receive(2, { type: "append", term: 5, previous: { index: 1, term: 1 }, commit: 1, entries: [lost] });
  const joint = configurationOf([1, 2], [1, 2, 3], [9]);
  node.core.installed(node.now, { index: 30, term: 5 }, joint, 28, 5);
  node.flush();
  assert.deepEqual(node.core.status().configuration, joint);
  assert.equal(node.core.status().configurationIndex, 28);
  const demoted = followerOf(2, [1], 1);
  demoted.core.installed(demoted.now, { index: 30, term: 5 }, configurationOf([2, 3], [], [1]), 29, 5);
  demoted.flush();
  demoted.now += 60_000;
  demoted.expire();
  assert.equal(demoted.role, "follower", "a learner does not stand");
});

test("B61: an older state's configuration takes no newer one back, and none that is uncommitted goes with a state", () => {
  const newer = makeEntry(3, 5, entryKinds.configuration, encodeConfiguration(configurationOf([1, 2, 3, 4, 5])));
  const node = new Node({ log: [1, 1], hardState: { term: 5, vote: 0, commit: 1 } });
  node.receive(2, { type: "append", term: 5, previous: { index: 2, term: 1 }, commit: 1, entries: [newer] });
  node.install({ index: 2, term: 1 }, 5, [1, 2, 3]);
  assert.deepEqual(node.core.status().configuration.voters, [1, 2, 3, 4, 5]);
  const { appliedIndex } = node.core.status();
  assert.deepEqual(node.core.configurationAt(appliedIndex)?.configuration.voters, [1, 2, 3]);
});

test("B62: entries that were handed over before a state came, and are reported as applied after it, change nothing", () => {
  const node = new Node({ log: [1, 1, 1, 1], hardState: { term: 5, vote: 0, commit: 3 }, manualApply: true });
  node.receive(2, { type: "heartbeat", term: 5, commit: 0, round: 1 });
  assert.deepEqual(
    node.committed.map(({ index }) => index),
    [1, 2, 3],
  );
  node.install({ index: 40, term: 5 }, 5);
  node.core.applied(node.now, 3);
  assert.equal(node.core.status().appliedIndex, 40);
  node.receive(2, {
    type: "append",
    term: 5,
    previous: { index: 40, term: 5 },
    commit: 41,
    entries: entriesOf([5], 41),
  });
  assert.equal(node.committed.at(-1)?.index, 41);
});

/** A leader pruned up to 10 of 21 entries, which follower 3 is to be sent the state of. */
function sendingLeader(): Node {
  const node = new Node().lead({ commitNoop: false });
  node.acknowledge(2);
  for (let count = 0; count < 20; count++) node.propose("x");
  node.acknowledge(2);
  for (const incarnation of [1, 2]) {
    node.receive(3, { type: "heartbeat-response", term: node.term, round: 0 }, incarnation);
  }
  node.prune(10);
  node.reject(3, 4, 21);
  assert.deepEqual(node.takeStateEffects(), ["3 pruned >= 10"]);
  return node.clear();
}

test("B63: a follower gets out of the snapshot state by any acknowledgment that the log goes on from", () => {
  for (const match of [10, 13, 21]) {
    const node = sendingLeader();
    node.acknowledge(3, match);
    assert.equal(node.progressOf(3).state, "replicating", `match ${match}`);
    assert.deepEqual(node.takeStateEffects(), ["3 unwanted"]);
  }
});

test("B63: nor is it stuck there when it crashes, or the leader does, or the transfer ends without a word", () => {
  const crashed = sendingLeader();
  crashed.receive(3, { type: "heartbeat-response", term: crashed.term, round: 0 }, 3);
  assert.equal(crashed.progressOf(3).state, "probing");
  const silent = sendingLeader();
  silent.stateSent(3, undefined);
  silent.now += 400;
  silent.expire();
  silent.answer(silent.takeRound(), 2, 3);
  silent.now += 300;
  silent.expire();
  silent.answer(silent.takeRound(), 2, 3);
  assert.deepEqual(silent.takeStateEffects(), ["3 pruned >= 10"], "it is asked for again");
});

test("B64: a later term that comes while a state is taken, and a state that comes to a candidate", () => {
  const node = followerOf(2, [1], 1);
  node.receive(3, { type: "heartbeat", term: 8, commit: 0, round: 1 });
  node.install({ index: 40, term: 4 }, 5);
  assert.deepEqual([node.term, node.core.status().leader, node.last.index], [8, 3, 40]);
  assert.deepEqual(
    node.take("append-accepted").map(({ to, message }) => [to, message.term, message.match]),
    [[3, 8, 40]],
    "the new leader is told",
  );
  const candidate = new Node({ log: [1], hardState: { term: 1, vote: 0, commit: 1 } });
  candidate.expire();
  candidate.receive(2, { type: "pre-vote-response", term: 1, electionTerm: 2, granted: true });
  candidate.install({ index: 40, term: 1 }, 2);
  assert.deepEqual([candidate.role, candidate.last.index], ["candidate", 40]);
  candidate.receive(2, { type: "vote-response", term: 2, granted: true });
  assert.deepEqual([candidate.role, candidate.last], ["leader", { index: 41, term: 2 }]);
});

test("B66: a leader whose log is pruned to its last entry finds out what a new follower has, and sends it the state", () => {
  const node = new Node({ base: { index: 50, term: 3 }, hardState: { term: 3, vote: 0, commit: 50 } });
  node.lead();
  node.prune(51);
  for (const incarnation of [1, 2]) {
    node.receive(3, { type: "heartbeat-response", term: node.term, round: 0 }, incarnation);
  }
  const asked = node.take("append").filter(({ to }) => to === 3);
  assert.equal(asked.at(-1)?.message.previous.index, 51);
  node.receive(3, { type: "append-rejected", term: node.term, rejected: 51, conflict: { ...first, firstIndex: 0 } });
  assert.deepEqual(node.takeStateEffects(), ["3 pruned >= 51"]);
});

test("B68: of two states that come one after the other, the newer counts, and both are acknowledged in turn", () => {
  const node = new Node({ log: [1], hardState: { term: 5, vote: 0, commit: 1 }, manualDisk: true });
  node.receive(2, { type: "heartbeat", term: 5, commit: 0, round: 1 });
  node.clear().install({ index: 40, term: 4 }, 5);
  node.install({ index: 60, term: 5 }, 5);
  node.completePersists();
  const { durableIndex, base, last } = node.core.status();
  assert.deepEqual([durableIndex, base.index, last.index], [60, 60, 60]);
  assert.deepEqual(
    node.take("append-accepted").map(({ message }) => message.match),
    [40, 60],
  );
});
