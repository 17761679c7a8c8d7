/** Bugs that other implementations shipped, on elections, votes and Pre-Vote. docs/pitfalls.md lists all of them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { realRules } from "@quorate/raft";
import { Cluster } from "./support/cluster.ts";
import { configurationEntry, configurationOf } from "./support/fixtures.ts";
import { Node } from "./support/node.ts";

const first = { index: 0, term: 0 };

test("B01: a vote that the disk never confirmed is never spoken", () => {
  const node = new Node({ manualDisk: true });
  node.receive(2, { type: "vote-request", term: 5, last: first, transfer: false });
  node.advance(900);
  assert.deepEqual(node.take("vote-response"), []);
});

test("B02: term and vote reach the disk as one record", () => {
  const node = new Node({ manualDisk: true });
  node.receive(2, { type: "vote-request", term: 5, last: first, transfer: false });
  assert.deepEqual(
    node.pendingPersists.map(({ hardState }) => hardState),
    [{ term: 5, vote: 2, commit: 0 }],
  );
});

test("B03: stepping down within the same term keeps the vote", () => {
  const node = new Node();
  node.expire();
  node.receive(2, { type: "pre-vote-response", term: 0, electionTerm: 1, granted: true });
  node.receive(3, { type: "append", term: 1, previous: first, commit: 0, entries: [] });
  assert.equal(node.role, "follower");
  assert.equal(node.core.status().vote, 1);
  node.now += 5000;
  node.receive(2, { type: "vote-request", term: 1, last: first, transfer: false });
  assert.equal(node.take("vote-response")[0]?.message.granted, false);
});

test("B04: no vote in a term whose leader is known", () => {
  const node = new Node();
  node.receive(2, { type: "heartbeat", term: 4, commit: 0, round: 1 });
  node.now += 5000;
  node.receive(3, { type: "vote-request", term: 4, last: first, transfer: false });
  assert.equal(node.take("vote-response")[0]?.message.granted, false);
});

test("B05: a longer log with an older last term loses", () => {
  assert.equal(realRules.isUpToDate({ index: 100, term: 1 }, { index: 1, term: 2 }), false);
  assert.equal(realRules.isUpToDate({ index: 1, term: 2 }, { index: 100, term: 1 }), true);
  assert.equal(realRules.isUpToDate({ index: 7, term: 2 }, { index: 7, term: 2 }), true);
});

test("B06: duplicate answers, answers of other rounds and of strangers are not counted", () => {
  const node = new Node({ voters: [1, 2, 3, 4, 5], hardState: { term: 3, vote: 0, commit: 0 } });
  node.expire();
  const yes = { type: "pre-vote-response", term: 3, electionTerm: 4, granted: true } as const;
  node.receive(2, yes);
  node.receive(2, yes);
  node.receive(77, yes);
  node.receive(3, { ...yes, electionTerm: 3 });
  assert.equal(node.role, "pre-candidate");
  node.receive(3, yes);
  assert.equal(node.role, "candidate");
});

test("B07: a member with a higher term does not depose the leader, and is taken back in", () => {
  const cluster = new Cluster([1, 2, 3]);
  cluster.run(3000);
  const { leader } = cluster;
  const other = [...cluster.nodes.values()].find((node) => node !== leader) as Node;
  other.receive(99, { type: "vote-request", term: 50, last: { index: 99, term: 49 }, transfer: true });
  assert.equal(other.term, 50);
  let changes = 0;
  for (let step = 0; step < 100; step++) {
    cluster.run(20);
    if (cluster.leader !== leader) changes++;
  }
  assert.equal(changes, 0);
  assert.equal(other.core.status().leader, leader.id);
});

test("B08: a granted pre-vote counts although the voter's own term is older", () => {
  const node = new Node({ hardState: { term: 9, vote: 0, commit: 0 }, log: [9] });
  node.expire();
  node.receive(2, { type: "pre-vote-response", term: 3, electionTerm: 10, granted: true });
  assert.equal(node.role, "candidate");
});

test("B09: a pre-vote of a lower term is answered with our term, not dropped", () => {
  const node = new Node({ hardState: { term: 9, vote: 0, commit: 0 } });
  node.now = 5000;
  node.receive(2, { type: "pre-vote-request", term: 3, electionTerm: 4, last: { index: 5, term: 3 } });
  assert.deepEqual(node.take("pre-vote-response")[0]?.message, {
    type: "pre-vote-response",
    term: 9,
    electionTerm: 4,
    granted: false,
  });
});

test("B10: members with long logs and members with high terms do not refuse each other for ever", () => {
  const cluster = new Cluster([1, 2, 3, 4, 5], (id) =>
    id <= 2
      ? { log: [1, 2, 2, 2, 2], hardState: { term: 2, vote: 0, commit: 0 } }
      : { log: [1, 1], hardState: { term: 30, vote: 0, commit: 0 } },
  );
  cluster.isolate(5);
  cluster.run(10_000);
  assert.equal(cluster.leaders.length, 1);
  assert.ok(cluster.leader.id <= 2, "only a long log can win a quorum that needs one of its kind");
});

test("B11: votes are reset with each pre-vote round, of the same term or of another", () => {
  for (const term of [0, 6]) {
    const node = new Node({ voters: [1, 2, 3, 4, 5] });
    node.expire();
    node.receive(2, { type: "pre-vote-response", term: 0, electionTerm: 1, granted: true });
    node.receive(3, { type: "pre-vote-response", term, electionTerm: 1, granted: false });
    node.expire();
    assert.equal(node.role, "pre-candidate");
    node.receive(4, { type: "pre-vote-response", term, electionTerm: term + 1, granted: true });
    assert.equal(node.role, "pre-candidate", "two of five: what member 2 said in the round before is forgotten");
    node.receive(5, { type: "pre-vote-response", term, electionTerm: term + 1, granted: true });
    assert.equal(node.role, "candidate");
  }
});

test("B12: answering a pre-vote changes nothing at all", () => {
  for (const electionTerm of [1, 5, 6, 100]) {
    const node = new Node({ hardState: { term: 5, vote: 2, commit: 0 }, log: [1] });
    node.now = 4000;
    const before = JSON.stringify([node.core.status(), node.core.deadline(), node.hardState]);
    node.receive(3, { type: "pre-vote-request", term: electionTerm - 1, electionTerm, last: { index: 9, term: 9 } });
    assert.equal(JSON.stringify([node.core.status(), node.core.deadline(), node.hardState]), before);
  }
});

test("B13: a leader that hears no quorum stops leading within T", () => {
  const node = new Node().lead();
  node.propose("x");
  const from = node.now;
  while (node.role === "leader") node.expire();
  assert.ok(node.now - from <= 1000);
  assert.deepEqual(node.propose("y").ok, false);
});

test("a tick at the core's own deadline always does something, whatever the rounding", () => {
  for (let at = 0; at < 2000; at++) {
    const node = new Node({ now: at * 0.1 + 1 / 3 }).lead();
    node.now += at / 7;
    node.receive(2, { type: "heartbeat-response", term: node.term, round: 1 });
    for (let step = 0; step < 40 && node.role === "leader"; step++) {
      const deadline = node.core.deadline();
      node.advance(Math.max(0, deadline - node.now));
      assert.ok(node.role !== "leader" || node.core.deadline() > deadline, `started at ${at}`);
      node.now = Math.max(node.now, deadline);
    }
  }
});

test("B14: a pre-candidate has forgotten the leader, and lets others stand", () => {
  const node = new Node();
  node.receive(2, { type: "heartbeat", term: 1, commit: 0, round: 1 });
  node.expire();
  assert.equal(node.role, "pre-candidate");
  assert.equal(node.core.status().leader, 0);
  node.receive(3, { type: "pre-vote-request", term: 1, electionTerm: 2, last: first });
  assert.equal(node.take("pre-vote-response")[0]?.message.granted, true);
});

test("B15: an append that must be rejected is contact with the leader all the same", () => {
  const node = new Node();
  for (let step = 0; step < 20; step++) {
    node.advance(800);
    assert.equal(node.role, "follower");
    node.receive(2, { type: "append", term: 1, previous: { index: 50, term: 1 }, commit: 0, entries: [] });
  }
});

test("B16: late pre-votes and votes mean nothing to a leader, whatever they say", () => {
  const leader = new Node().lead();
  for (const ahead of [0, 3]) {
    const term = leader.term + ahead;
    leader.receive(3, { type: "pre-vote-response", term, electionTerm: leader.term + 1, granted: ahead === 0 });
    leader.receive(3, { type: "vote-response", term, granted: ahead === 0 });
    assert.deepEqual([leader.role, leader.term], ["leader", 1]);
  }
});

test("B16: a second timeout while the vote's write is pending asks for another term, and the writes still elect", () => {
  const alone = new Node({ voters: [1], manualDisk: true });
  alone.expire();
  alone.expire();
  assert.deepEqual([alone.role, alone.term], ["candidate", 2]);
  alone.completePersists(1);
  assert.equal(alone.role, "candidate", "the vote of term 1 does not elect in term 2");
  alone.completePersists(1);
  assert.deepEqual([alone.role, alone.term], ["leader", 2]);
});

test("B18: a learner does not stand", () => {
  const node = new Node({ id: 4, learners: [4] });
  for (let step = 0; step < 10; step++) node.expire();
  assert.equal(node.role, "follower");
  assert.deepEqual(node.sent, []);
});

test("B19: a learner votes when it is asked: the candidate may know a newer configuration", () => {
  const node = new Node({ id: 4, learners: [4] });
  node.receive(2, { type: "vote-request", term: 3, last: first, transfer: false });
  assert.equal(node.take("vote-response")[0]?.message.granted, true);
});

test("B21: heartbeats keep a fixed schedule, and a 30-day run changes nothing", () => {
  const node = new Node().lead();
  const start = node.now;
  for (let beat = 1; beat <= 50; beat++) {
    node.advance(start + beat * 100 - 1 - node.now);
    assert.deepEqual(node.take("heartbeat"), []);
    node.advance(1 + (beat % 3) * 15);
    node.answer(node.takeRound(), 2, 3);
  }
  node.advance(730);
  assert.equal(node.take("heartbeat").length, 2);
  node.advance(1);
  assert.deepEqual(node.take("heartbeat"), [], "beats that were missed are not made up for");
  const thirtyDays = new Node({ now: 30 * 86_400_000 }).lead();
  assert.equal(thirtyDays.role, "leader");
});

test("B22: a restarted voter is silent for T and the drift, since it may have promised a lease", () => {
  const node = new Node({ hardState: { term: 4, vote: 2, commit: 0 }, incarnation: 2 });
  node.now = 1005;
  node.receive(3, { type: "pre-vote-request", term: 4, electionTerm: 5, last: first });
  assert.equal(node.take("pre-vote-response")[0]?.message.granted, false);
  node.receive(3, { type: "vote-request", term: 5, last: first, transfer: false });
  assert.deepEqual(node.take("vote-response"), []);
  assert.equal(node.term, 4, "nor is the term adopted");
  node.now = 1011;
  node.receive(3, { type: "vote-request", term: 5, last: first, transfer: false });
  assert.equal(node.take("vote-response")[0]?.message.granted, true);
});

test("B22: a voter that starts for the first time, or is the only one, has promised nothing", () => {
  const bootstrapped = [configurationEntry(1, 1, configurationOf([1, 2, 3]))];
  const fresh = new Node({ hardState: { term: 1, vote: 0, commit: 1 }, entries: bootstrapped });
  fresh.receive(3, { type: "vote-request", term: 2, last: { index: 1, term: 1 }, transfer: false });
  assert.equal(fresh.take("vote-response")[0]?.message.granted, true);
  const alone = new Node({ voters: [1], hardState: { term: 9, vote: 1, commit: 0 }, random: () => 0 });
  assert.equal(alone.core.deadline(), 1000);
});

test("B22: where the first leader leads in term 1, whoever followed it without a vote is silent after a restart too", () => {
  const request = { type: "vote-request", term: 2, last: { index: 1, term: 1 }, transfer: false } as const;
  for (const log of [[], [1]]) {
    const follower = new Node({ hardState: { term: 1, vote: 0, commit: 0 }, log, incarnation: 2 });
    follower.receive(3, request);
    assert.deepEqual([follower.term, follower.take("vote-response")], [1, []], "the leader of term 1 may hold a lease");
    follower.now = 1010;
    follower.receive(3, request);
    assert.equal(follower.take("vote-response")[0]?.message.granted, true);
  }
});

test("stickiness: within T of hearing a leader a vote request is ignored, and its term is not adopted", () => {
  const node = new Node({ hardState: { term: 1, vote: 0, commit: 0 } });
  node.now = 3000;
  node.receive(2, { type: "heartbeat", term: 1, commit: 0, round: 1 });
  node.now += 999;
  node.receive(3, { type: "vote-request", term: 9, last: { index: 9, term: 9 }, transfer: false });
  assert.equal(node.term, 1);
  assert.deepEqual(node.take("vote-response"), []);
  node.receive(3, { type: "vote-request", term: 9, last: { index: 9, term: 9 }, transfer: true });
  assert.equal(node.take("vote-response")[0]?.message.granted, true, "unless the leader itself asked for it");
});

test("B58: two leaders in one term are not tolerated: the member stops", () => {
  const node = new Node().lead();
  assert.throws(
    () => node.receive(2, { type: "append", term: node.term, previous: first, commit: 0, entries: [] }),
    /a term has one leader/,
  );
  const follower = new Node();
  follower.receive(2, { type: "heartbeat", term: 3, commit: 0, round: 1 });
  assert.throws(
    () => follower.receive(3, { type: "heartbeat", term: 3, commit: 0, round: 1 }),
    /a term has one leader/,
  );
});
