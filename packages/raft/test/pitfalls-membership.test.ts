/** Bugs that other implementations shipped, on changes of the configuration. docs/pitfalls.md lists all of them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { defaultTiming, entryKinds, makeEntry, type Configuration } from "@quorate/raft";
import { Cluster, configurationEntry, configurationOf, Node, textOf, toVoters, withLearners } from "./harness.ts";

const first = { index: 0, term: 0 };

/** Members 1 to 3 with a leader, and newcomers that are learners and have everything. */
function withNewcomers(...ids: readonly number[]): Cluster {
  const cluster = new Cluster([1, 2, 3]);
  cluster.run(3000);
  for (const id of ids) cluster.add(id);
  const { leader } = cluster;
  assert.equal(leader.change(withLearners([1, 2, 3], ...ids)).ok, true);
  cluster.run(1000);
  return cluster;
}

function deciders(cluster: Cluster, ...ids: readonly number[]): string[] {
  return ids.map((id) => cluster.node(id).deciders);
}

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
