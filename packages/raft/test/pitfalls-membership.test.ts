/** Bugs that other implementations shipped, on changes of the configuration. docs/pitfalls.md lists all of them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { entryKinds, makeEntry } from "@quorate/raft";
import { Cluster } from "./support/cluster.ts";
import { configurationEntry, configurationOf, toVoters, withLearners } from "./support/fixtures.ts";
import { deciders, withNewcomers } from "./support/newcomers.ts";
import { Node } from "./support/node.ts";

const first = { index: 0, term: 0 };

test("B57: the id of a member that left is never taken again, and its address is not needed any more", () => {
  const cluster = withNewcomers(4);
  const { leader } = cluster;
  assert.equal(leader.change({ learners: [] }).ok, true);
  cluster.run(500);
  assert.deepEqual(leader.core.status().configuration.removed, [4]);
  const again = leader.change(withLearners([1, 2, 3], 4));
  assert.deepEqual(again, { ok: false, refusal: { reason: "id-was-removed", id: 4 } });
});

test("B71: no change before the leader has committed an entry of its own term", () => {
  const node = new Node({ voters: [1, 2, 3, 4], log: [1, 1] }).lead({ commitNoop: false });
  for (const id of [2, 3, 4]) node.acknowledge(id, 2);
  assert.deepEqual(node.change({ voters: [1, 2, 3] }), { ok: false, refusal: { reason: "not-ready" } });
  node.acknowledge(2);
  node.acknowledge(3);
  assert.equal(node.change({ voters: [1, 2, 3] }).ok, true);
});

test("B72: a joint configuration whose entry is truncated is no longer in force, nor is its quorum", () => {
  const node = new Node();
  const joint = configurationOf([1, 4, 5], [1, 2, 3]);
  node.receive(2, { type: "append", term: 1, previous: first, commit: 0, entries: [configurationEntry(1, 1, joint)] });
  assert.equal(node.deciders, "1 4 5 and 1 2 3");
  const noop = makeEntry(1, 2, entryKinds.noop, new Uint8Array(0));
  node.receive(3, { type: "append", term: 2, previous: first, commit: 0, entries: [noop] });
  assert.equal(node.deciders, "1 2 3");
  node.expire();
  assert.deepEqual(
    node.take("pre-vote-request").map(({ to }) => to),
    [2, 3],
  );
  node.receive(3, { type: "pre-vote-response", term: 2, electionTerm: 3, granted: true });
  assert.equal(node.role, "candidate", "two of three are enough again");
});

test("B73: a voter that lacks the newest configuration answers strangers, so that they can lead", () => {
  const node = new Node();
  node.now = 5000;
  const last = { index: 7, term: 2 };
  node.receive(9, { type: "pre-vote-request", term: 2, electionTerm: 3, last });
  node.receive(9, { type: "vote-request", term: 3, last, transfer: false });
  assert.deepEqual(
    node.sent.map(({ to, message }) => [to, message.type, "granted" in message && message.granted]),
    [
      [9, "pre-vote-response", true],
      [9, "vote-response", true],
    ],
  );
});

test("B74: the joint configuration is left once and at once, and a later leader leaves it when the first could not", () => {
  const cluster = withNewcomers(4, 5);
  const { leader } = cluster;
  leader.change(toVoters(1, 2, 3, 4, 5));
  // The joint entry arrives everywhere; no answer comes back.
  for (const id of cluster.nodes.keys()) if (id !== leader.id) cluster.cut(id, leader.id);
  cluster.settle();
  const others = [1, 2, 3, 4, 5].filter((id) => id !== leader.id);
  assert.deepEqual(new Set(deciders(cluster, ...others)), new Set(["1 2 3 4 5 and 1 2 3"]));
  cluster.isolate(leader.id);
  cluster.run(6000);
  assert.notEqual(cluster.leader.id, leader.id);
  assert.deepEqual(new Set(deciders(cluster, ...others)), new Set(["1 2 3 4 5"]));
  cluster.heal();
  cluster.run(3000);
  const changes = leader.committed.filter(({ kind }) => kind === entryKinds.configuration);
  assert.equal(changes.length, 3, "learners, joint, new: each once");
});

test("B77: a change that changes nothing is refused, and hinders none that comes after it", () => {
  const cluster = withNewcomers(4);
  const { leader } = cluster;
  const no = { ok: false, refusal: { reason: "no-change" } };
  assert.deepEqual(leader.change(withLearners([1, 2, 3], 4)), no);
  assert.deepEqual(leader.change({}), no);
  assert.deepEqual(leader.change({ voters: [3, 2, 1] }), no);
  assert.equal(leader.change({ voters: [1, 2, 3, 4] }).ok, true);
  cluster.run(500);
  assert.deepEqual(new Set(deciders(cluster, 1, 2, 3, 4)), new Set(["1 2 3 4"]));
});

test("B78: a joint configuration whose new half is dead is given up before the leader loses its quorum", () => {
  const cluster = withNewcomers(4, 5, 6);
  const { leader } = cluster;
  const { term } = leader;
  assert.equal(leader.change(toVoters(4, 5, 6)).ok, true);
  for (const id of [4, 5, 6]) cluster.isolate(id);
  cluster.run(5000);
  assert.equal(leader.role, "leader");
  assert.equal(leader.term, term);
  assert.equal(leader.deciders, "1 2 3");
  assert.deepEqual(
    leader.core.status().configuration.learners,
    [4, 5, 6],
    "nobody is lost, and nobody is promoted again",
  );
  leader.propose("the old voters go on");
  cluster.run(100);
  assert.equal(leader.core.status().commitIndex, leader.last.index);
});

test("B78: a leader that hears neither half has nothing to go back to, and steps down", () => {
  const cluster = withNewcomers(4, 5, 6);
  const { leader } = cluster;
  cluster.isolate(leader.id);
  leader.change(toVoters(4, 5, 6));
  const { last } = leader.core.status();
  cluster.run(1500);
  assert.notEqual(leader.role, "leader");
  assert.deepEqual(leader.core.status().last, last, "it appended nothing");
  assert.equal(leader.deciders, "4 5 6 and 1 2 3");
});

test("B78: the leader that began a change may take it back, a later one once it has committed under both majorities", () => {
  const node = new Node({ voters: [1, 2, 3], learners: [4] }).lead();
  node.acknowledge(4);
  assert.deepEqual(node.abandon(), {
    ok: false,
    refusal: { reason: "nothing-to-abandon", why: "the configuration in force is not joint" },
  });
  node.change({ voters: [1, 2, 4] });
  assert.equal(node.deciders, "1 2 4 and 1 2 3");
  assert.equal(node.abandon().ok, true);
  assert.equal(node.deciders, "1 2 3");
  assert.deepEqual(node.core.status().configuration.learners, [4]);
  const later = new Node({ voters: [1, 2, 4], outgoing: [1, 2, 3], log: [1] }).lead({ commitNoop: false });
  assert.deepEqual(later.abandon(), {
    ok: false,
    refusal: {
      reason: "nothing-to-abandon",
      why: "another leader began the change: this one must first commit an entry of its own term under both majorities",
    },
  });
});

test("B79: no change towards voters of which no majority takes part already", () => {
  const cluster = new Cluster([1, 2, 3]);
  cluster.run(3000);
  const { leader } = cluster;
  assert.deepEqual(leader.change(toVoters(1, 7, 8, 9)), {
    ok: false,
    refusal: { reason: "not-caught-up", needed: 3, behind: [1, 7, 8, 9].filter((id) => id !== leader.id) },
  });
  // A voter that was heard long ago does not count either.
  const silent = [1, 2, 3].find((id) => id !== leader.id) as number;
  cluster.isolate(silent);
  cluster.run(1500);
  const other = [1, 2, 3].find((id) => id !== leader.id && id !== silent) as number;
  const refused = leader.change({ voters: [leader.id, silent] });
  assert.deepEqual(refused, { ok: false, refusal: { reason: "not-caught-up", needed: 2, behind: [silent] } });
  assert.equal(leader.change({ voters: [leader.id, other] }).ok, true, "removing the silent one is allowed");
  cluster.run(500);
  assert.equal(leader.deciders, [leader.id, other].sort((a, b) => a - b).join(" "));
});

test("B80: when the only voter that lags is removed, entries and reads that waited for it go through without new traffic", () => {
  const node = new Node({ voters: [1, 2, 3, 4] }).lead();
  const joint = node.change({ voters: [1, 2] });
  assert.ok(joint.ok);
  node.propose("waits");
  node.read(1);
  const round = node.takeRound();
  node.answer(round, 2);
  node.acknowledge(2);
  assert.equal(node.core.status().commitIndex, 1, "two of four");
  assert.deepEqual(node.reads, []);
  node.acknowledge(3, joint.firstIndex);
  assert.equal(node.deciders, "1 2");
  assert.ok(node.core.status().commitIndex > joint.firstIndex, "what waited is committed by the smaller quorum");
  assert.equal(node.reads.length, 1);
});

test("B80: what a smaller quorum holds is committed before the disk has the configuration that made it smaller", () => {
  const node = new Node({ voters: [1, 2, 3, 4], manualDisk: true }).lead();
  const joint = node.change({ voters: [1, 2] });
  assert.ok(joint.ok);
  node.propose("waits");
  const held = node.last.index;
  node.read(1);
  node.answer(node.takeRound(), 2);
  node.completePersists();
  node.acknowledge(2, held);
  assert.equal(node.core.status().commitIndex, 1);
  node.acknowledge(3, joint.firstIndex);
  assert.equal(node.deciders, "1 2");
  assert.equal(node.core.status().durableIndex, held, "the new configuration itself is on its way to the disk");
  assert.equal(node.core.status().commitIndex, held);
  assert.equal(node.reads.length, 1);
});

test("B81: a second change is refused until the first is finished, and judged by what is in force then", () => {
  const node = new Node({ voters: [1, 2, 3], learners: [4, 5] }).lead();
  for (const id of [4, 5]) node.acknowledge(id);
  assert.equal(node.change({ voters: [1, 2, 3, 4] }).ok, true);
  const second = node.change({ voters: [1, 2, 3, 5] });
  assert.deepEqual(second, { ok: false, refusal: { reason: "change-in-progress", index: 2, isJoint: true } });
  for (const id of [2, 3, 4]) node.acknowledge(id, 2);
  const third = node.change({ voters: [1, 2, 3, 5] });
  assert.deepEqual(third, { ok: false, refusal: { reason: "change-in-progress", index: 3, isJoint: false } });
  for (const id of [2, 3, 4]) node.acknowledge(id);
  assert.equal(node.change({ voters: [1, 2, 3, 5] }).ok, true);
  assert.equal(node.deciders, "1 2 3 5 and 1 2 3 4");
});

test("B18: a newcomer with an empty log, and no idea who its peers are, never stands", () => {
  const node = new Node({ id: 4, configuration: configurationOf([]) });
  for (let step = 0; step < 20; step++) node.expire();
  assert.deepEqual([node.role, node.term, node.sent.length], ["follower", 0, 0]);
});

test("B20: a voter that has just been added counts as heard, so that its leader stays", () => {
  const cluster = withNewcomers(4);
  const { leader } = cluster;
  leader.change({ voters: [1, 2, 3, 4] });
  cluster.run(3000);
  assert.equal(leader.role, "leader");
});
