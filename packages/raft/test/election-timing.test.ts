/** How long everything takes in elections: when to stand, when to ask again, how long to be silent (docs/raft.md, Timers). */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Cluster } from "./support/cluster.ts";
import { Node } from "./support/node.ts";

const first = { index: 0, term: 0 };
const votedInTerm4 = { hardState: { term: 4, vote: 2, commit: 0 }, incarnation: 2 };

test("a restarted voter does not stand, and so vote for itself, within its silence", () => {
  const node = new Node({ ...votedInTerm4, random: () => 0 });
  node.advance(1009);
  assert.deepEqual(node.sent, []);
  node.advance(1);
  assert.deepEqual(
    node.take("pre-vote-request").map(({ to }) => to),
    [2, 3],
  );
});

test("its silence ends after T (1 + drift), to the millisecond", () => {
  for (const [at, granted] of [
    [1009, false],
    [1010, true],
  ] as const) {
    const node = new Node({ ...votedInTerm4, random: () => 0.9 });
    node.now = at;
    node.receive(3, { type: "pre-vote-request", term: 4, electionTerm: 5, last: first });
    assert.equal(node.take("pre-vote-response")[0]?.message.granted, granted, `after ${at} ms`);
  }
});

test("stickiness lasts from hearing a leader until T later, to the millisecond", () => {
  for (const [after, granted] of [
    [999, false],
    [1000, true],
  ] as const) {
    const node = new Node();
    node.receive(2, { type: "heartbeat", term: 1, commit: 0, round: 1 });
    node.now += after;
    node.receive(3, { type: "pre-vote-request", term: 1, electionTerm: 2, last: first });
    assert.equal(node.take("pre-vote-response")[0]?.message.granted, granted, `after ${after} ms`);
  }
});

test("a leader grants no pre-vote: it hears itself", () => {
  const node = new Node().lead();
  node.receive(3, { type: "pre-vote-request", term: 1, electionTerm: 2, last: { index: 9, term: 1 } });
  assert.equal(node.take("pre-vote-response")[0]?.message.granted, false);
});

test("who grants a vote gives the candidate a whole T, and who refuses one gives nothing", () => {
  for (const [last, granted] of [
    [{ index: 1, term: 3 }, true],
    [first, false],
  ] as const) {
    const node = new Node({ hardState: { term: 3, vote: 0, commit: 0 }, log: [3] });
    node.now = 1450;
    const before = node.core.deadline();
    node.receive(3, { type: "vote-request", term: 3, last, transfer: false });
    assert.equal(node.take("vote-response")[0]?.message.granted, granted);
    assert.equal(node.core.deadline(), granted ? 1450 + 1500 : before);
  }
});

test("a pre-candidate asks again after 0.1 W to 0.5 W, since asking changes nothing at anybody", () => {
  for (const [random, wait] of [
    [0, 100],
    [0.5, 300],
    [0.999, 499.6],
  ] as const) {
    const node = new Node({ random: () => random });
    node.expire();
    assert.equal(node.role, "pre-candidate");
    assert.ok(Math.abs(node.core.deadline() - node.now - wait) < 0.001, `${node.core.deadline() - node.now}`);
  }
});

test("a refusal that teaches a later term does not cost another T: it asks again as soon as it would have", () => {
  const node = new Node();
  node.expire();
  const deadline = node.core.deadline();
  node.receive(2, { type: "pre-vote-response", term: 6, electionTerm: 1, granted: false });
  assert.deepEqual([node.role, node.term, node.core.deadline()], ["follower", 6, deadline]);
  node.expire();
  assert.deepEqual(
    node.take("pre-vote-request").map(({ message }) => message.electionTerm),
    [1, 1, 7, 7],
  );
});

test("the windows are wide for the round-trip times: W is ten of them, and an answer is waited for two of them", () => {
  const node = new Node({ random: () => 0.5 });
  node.core.observeRoundTrip(300);
  node.receive(2, { type: "heartbeat", term: 1, commit: 0, round: 1 });
  assert.equal(node.core.deadline() - node.now, 1000 + 0.5 * 3000);
  node.expire();
  assert.equal(node.core.deadline() - node.now, 600 + 0.5 * 0.4 * 3000);
});

test("a member that may not stand waits another T each time, and never spins", () => {
  for (const node of [new Node({ id: 4, learners: [4] }), new Node({ quarantined: true })]) {
    for (let step = 0; step < 5; step++) {
      node.expire();
      assert.ok(node.core.deadline() >= node.now + 1000);
    }
  }
});

test("a candidate that a quorum refused is a follower of nobody, and waits its time", () => {
  const node = new Node();
  node.expire();
  node.receive(2, { type: "pre-vote-response", term: 0, electionTerm: 1, granted: true });
  for (const id of [2, 3]) {
    assert.equal(node.role, "candidate");
    node.receive(id, { type: "vote-response", term: 1, granted: false });
  }
  assert.deepEqual([node.role, node.core.status().leader], ["follower", 0]);
  assert.ok(node.core.deadline() >= node.now + 1000);
});

test("the only voter leads as soon as its vote for itself is durable", () => {
  const node = new Node({ voters: [1], random: () => 0 });
  node.advance(1000);
  assert.equal(node.role, "leader");
});

test("a leader that hears a quorum late stops at T exactly, and not before", () => {
  const node = new Node().lead();
  const heard = node.now;
  node.advance(999);
  assert.equal(node.role, "leader");
  node.now = heard + 1000;
  node.advance(0);
  assert.equal(node.role, "follower");
});

test("a leader counts a follower as heard from the start of its leadership, and needs it again within T", () => {
  const cluster = new Cluster([1, 2, 3]);
  cluster.run(3000);
  const { leader } = cluster;
  cluster.isolate(leader.id);
  cluster.run(900);
  assert.equal(leader.role, "leader");
  cluster.run(200);
  assert.notEqual(leader.role, "leader");
});

test("a leader hears its quorum in answers to appends too, whether they were accepted or rejected", () => {
  for (const accepted of [true, false]) {
    const node = new Node().lead();
    for (let step = 0; step < 10; step++) {
      node.advance(300);
      if (accepted) node.acknowledge(2);
      else node.reject(2, 0, 1);
      assert.equal(node.role, "leader", `after ${300 * (step + 1)} ms`);
    }
  }
});
