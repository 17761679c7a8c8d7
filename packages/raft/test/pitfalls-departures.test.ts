/** Bugs that other implementations shipped, on members that leave, their leader among them. docs/pitfalls.md lists all of them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { defaultTiming, type Configuration } from "@quorate/raft";
import { Cluster } from "./support/cluster.ts";
import { configurationEntry, configurationOf, textOf, toVoters } from "./support/fixtures.ts";
import { deciders, withNewcomers } from "./support/newcomers.ts";
import { Node } from "./support/node.ts";

const first = { index: 0, term: 0 };

test("B75: a removed leader finishes the change without counting itself, then hands over and stands no more", () => {
  const cluster = withNewcomers(4);
  const { leader } = cluster;
  const { term } = leader;
  const rest = [1, 2, 3, 4].filter((id) => id !== leader.id);
  leader.propose("before");
  assert.equal(leader.change(toVoters(...rest)).ok, true);
  cluster.run(300);
  assert.equal(leader.role, "follower");
  assert.notEqual(cluster.leader.id, leader.id);
  assert.equal(cluster.leader.term, term + 1, "handed over, without waiting for a timeout");
  assert.deepEqual(leader.transfers, [{ to: cluster.leader.id, outcome: "done" }]);
  assert.equal(
    leader.core.status().commitIndex >= leader.core.status().configurationIndex,
    true,
    "it knows that it left",
  );
  cluster.leader.propose("after");
  cluster.run(20_000);
  assert.equal(leader.role, "follower");
  assert.equal(cluster.leader.term, term + 1, "and disturbs nobody");
});

test("B75: while its removal is not committed, a removed leader counts the others alone", () => {
  const node = new Node({ voters: [1, 2, 3] }).lead();
  node.change({ voters: [2, 3] });
  for (const id of [2, 3]) node.acknowledge(id);
  assert.equal(node.deciders, "2 3");
  const { commitIndex, last } = node.core.status();
  node.acknowledge(2);
  assert.equal(node.core.status().commitIndex, commitIndex, "one of two, although the leader holds it too");
  assert.equal(node.role, "leader");
  node.clear().acknowledge(3);
  assert.deepEqual(
    node.take("timeout-now").map(({ to }) => to),
    [2],
  );
  assert.equal(node.core.status().commitIndex, last.index);
  assert.equal(node.role, "follower");
});

test("B75: a leader that becomes a learner hands over as well, and goes on as a learner", () => {
  const cluster = new Cluster([1, 2, 3]);
  cluster.run(3000);
  const { leader } = cluster;
  const rest = [1, 2, 3].filter((id) => id !== leader.id);
  assert.equal(leader.change({ voters: rest, learners: [leader.id] }).ok, true);
  cluster.run(1000);
  assert.equal(leader.role, "follower");
  assert.deepEqual(leader.core.status().configuration.learners, [leader.id]);
  assert.deepEqual(leader.core.status().configuration.removed, []);
  cluster.leader.propose("for learners too");
  cluster.run(500);
  assert.ok(
    leader.committed
      .filter(({ kind }) => kind === 1)
      .map(textOf)
      .includes("for learners too"),
  );
});

test("B76: when two become one, the survivor needs no word of the one that left", () => {
  const cluster = new Cluster([1, 2]);
  cluster.run(3000);
  const { leader } = cluster;
  const survivor = cluster.node(3 - leader.id);
  leader.change({ voters: [survivor.id] });
  // The new configuration arrives, and then nothing any more: neither that it is committed, nor the handover.
  for (let step = 0; step < 10 && survivor.deciders !== String(survivor.id); step++) {
    leader.sent.splice(0).forEach(({ message }) => survivor.receive(leader.id, message));
    survivor.sent.splice(0).forEach(({ message }) => leader.receive(survivor.id, message));
  }
  assert.equal(survivor.deciders, String(survivor.id));
  cluster.isolate(leader.id);
  cluster.run(4000);
  assert.equal(survivor.role, "leader");
  survivor.propose("alone");
  cluster.run(10);
  assert.equal(survivor.core.status().commitIndex, survivor.last.index);
});

test("B82: a member that left follows the new leader's word until it knows, and then has no leader to name", () => {
  const cluster = withNewcomers(4);
  const { leader } = cluster;
  const gone = [1, 2, 3].find((id) => id !== leader.id) as number;
  leader.change({ voters: [1, 2, 3, 4].filter((id) => id !== gone) });
  cluster.run(500);
  const status = cluster.node(gone).core.status();
  assert.ok(status.commitIndex >= status.configurationIndex, "it knows that its removal is committed");
  assert.deepEqual(status.configuration.removed, [gone]);
  assert.ok(
    leader.core.status().followers.every(({ id }) => id !== gone),
    "and is sent nothing more",
  );
  cluster.run(5000);
  assert.equal(cluster.node(gone).core.status().leader === gone, false);
});

test("B82: a member that left and cannot be reached is given up after 5 T", () => {
  const node = new Node({ voters: [1, 2, 3, 4] }).lead();
  node.change({ voters: [1, 2, 3] });
  for (const id of [2, 3]) node.acknowledge(id);
  for (const id of [2, 3]) node.acknowledge(id);
  assert.equal(node.deciders, "1 2 3");
  const from = node.now;
  while (node.core.status().followers.some(({ id }) => id === 4)) {
    node.expire();
    node.answer(node.takeRound(), 2, 3);
    assert.ok(node.now - from <= 5200);
  }
  assert.ok(node.now - from >= 5000);
});

test("B82: a former member that was away learns that it left when it comes back and asks for votes", () => {
  const cluster = withNewcomers(4);
  const { leader } = cluster;
  const gone = [1, 2, 3].find((id) => id !== leader.id) as number;
  cluster.isolate(gone);
  leader.change({ voters: [1, 2, 3, 4].filter((id) => id !== gone) });
  cluster.run(12_000);
  assert.ok(
    leader.core.status().followers.every(({ id }) => id !== gone),
    "it was given up",
  );
  cluster.heal();
  cluster.run(5000);
  const { configuration, configurationIndex, commitIndex } = cluster.node(gone).core.status();
  assert.deepEqual(configuration.removed, [gone]);
  assert.ok(commitIndex >= configurationIndex);
  assert.ok(leader.core.status().followers.every(({ id }) => id !== gone));
  assert.equal(cluster.node(gone).role, "follower", "it asks for nothing any more");
});

test("B82: a member that left and lacks the entry is not taken for one that knows", () => {
  const node = new Node({ voters: [1, 2, 3, 4] }).lead();
  node.change({ voters: [1, 2, 3] });
  for (const id of [2, 3]) node.acknowledge(id);
  for (const id of [2, 3]) node.acknowledge(id);
  const isTold = (): boolean => node.core.status().followers.some(({ id }) => id === 4);
  for (let beat = 0; beat < 5; beat++) {
    node.expire();
    node.answer(node.takeRound(), 2, 3, 4);
    assert.ok(isTold(), "it answers, and has none of it");
  }
  node.acknowledge(4);
  node.expire();
  assert.ok(isTold());
  node.answer(node.takeRound(), 2, 3, 4);
  assert.ok(!isTold());
});

test("B07: a removed member that never heard of it keeps asking, and nobody's term or leader changes", () => {
  const cluster = withNewcomers(4);
  const { leader } = cluster;
  const gone = [1, 2, 3].find((id) => id !== leader.id) as number;
  cluster.isolate(gone);
  leader.change({ voters: [1, 2, 3, 4].filter((id) => id !== gone) });
  cluster.run(12_000);
  assert.notEqual(cluster.node(gone).role, "follower", "it campaigns");
  cluster.heal();
  const { term } = leader;
  cluster.run(20_000);
  assert.equal(leader.role, "leader");
  assert.equal(leader.term, term);
  assert.deepEqual(
    [2, 3, 1, 4].filter((id) => id !== gone).map((id) => cluster.node(id).term),
    [term, term, term],
  );
});

test("B07: a former member's later term does not move the leader", () => {
  const node = new Node({ voters: [1, 2, 3, 4] }).lead();
  node.change({ voters: [1, 2, 3] });
  for (const id of [2, 3]) node.acknowledge(id);
  for (const id of [2, 3]) node.acknowledge(id);
  node.receive(4, { type: "heartbeat-response", term: 40, round: 0 });
  assert.deepEqual([node.role, node.term], ["leader", 1]);
});

test("B22: a member that was one of several is silent after a restart, although it is the only voter by now", () => {
  const alone: Configuration = configurationOf([1]);
  const entries = [configurationEntry(1, 1, configurationOf([1], [1, 2, 3])), configurationEntry(2, 1, alone)];
  const hardState = { term: 1, vote: 2, commit: 0 };
  const node = new Node({ entries, hardState, incarnation: 2, random: () => 0 });
  assert.ok(node.core.deadline() >= defaultTiming.electionTimeoutMs * 1.01);
});

test("B22: nor does it matter who the only voter is: a former member is silent too", () => {
  const hardState = { term: 1, vote: 1, commit: 0 };
  const node = new Node({ id: 2, voters: [1], hardState, incarnation: 2 });
  node.now = 1005;
  node.receive(3, { type: "pre-vote-request", term: 1, electionTerm: 2, last: first });
  assert.equal(node.take("pre-vote-response")[0]?.message.granted, false);
});

test("B88: a leader that is no voter any more has no lease, however many voters answer it", () => {
  const node = new Node().lead();
  node.change({ voters: [2, 3] });
  for (const id of [2, 3]) node.acknowledge(id);
  assert.deepEqual([node.role, node.deciders], ["leader", "2 3"]);
  node.expire();
  node.answer(node.takeRound(), 2, 3);
  node.read(1, "lease");
  assert.deepEqual(node.reads, []);
  node.answer(node.takeRound(), 2, 3);
  assert.equal(node.reads.length, 1, "a round serves it");
});

test("members that the new configuration leaves out stand until it is committed, where nobody else could lead", () => {
  const joint = configurationEntry(1, 1, configurationOf([3], [1, 2, 3]));
  const alone = { ...configurationOf([3], [], [1]), members: configurationOf([1, 2, 3]).members };
  const left = configurationEntry(2, 1, alone);
  // The leader sent the new configuration to 1 and 2, and was lost before its own disk had it.
  const cluster = new Cluster([1, 2, 3], (id) => ({
    entries: id === 3 ? [joint] : [joint, left],
    hardState: { term: 1, vote: 0, commit: 1 },
  }));
  cluster.run(6000);
  assert.deepEqual(deciders(cluster, 1, 2, 3), ["3", "3", "3"]);
  assert.equal(cluster.leader.id, 3, "whoever led meanwhile has handed over");
  assert.equal(cluster.leader.core.status().commitIndex, cluster.leader.last.index);
  const { term } = cluster.leader;
  cluster.run(20_000);
  assert.equal(cluster.leader.term, term, "and those that know that they left stand no more");
});

test("a member that was left out does not count its own vote", () => {
  const entries = [
    configurationEntry(1, 1, configurationOf([2, 3], [1, 2, 3])),
    configurationEntry(2, 1, configurationOf([2, 3])),
  ];
  const node = new Node({ entries, hardState: { term: 1, vote: 0, commit: 1 } });
  node.expire();
  assert.equal(node.role, "pre-candidate");
  node.receive(2, { type: "pre-vote-response", term: 1, electionTerm: 2, granted: true });
  assert.equal(node.role, "pre-candidate", "one of two");
  node.receive(3, { type: "pre-vote-response", term: 1, electionTerm: 2, granted: true });
  assert.equal(node.role, "candidate");
  node.receive(2, { type: "vote-response", term: 2, granted: true });
  assert.equal(node.role, "candidate");
  node.receive(3, { type: "vote-response", term: 2, granted: true });
  assert.equal(node.role, "leader");
  // Its no-op is committed, and the one to hand over to lacks an entry still.
  node.propose("x");
  for (const id of [2, 3]) node.acknowledge(id, node.last.index - 1);
  assert.equal(node.core.status().transferringTo, 2);
  node.expire();
  node.answer(node.takeRound(), 2, 3);
  node.read(1, "lease");
  assert.deepEqual(node.reads, [], "nor is there a lease where the leader's voice does not count");
});
