/** Bugs that other implementations shipped, on leadership transfer. docs/pitfalls.md lists all of them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { realRules } from "@quorate/raft";
import { Cluster } from "./support/cluster.ts";
import { configurationOf, entriesOf, textOf } from "./support/fixtures.ts";
import { Node } from "./support/node.ts";

const first = { index: 0, term: 0 };

function elected(...ids: readonly number[]): Cluster {
  const cluster = new Cluster(ids);
  cluster.run(3000);
  return cluster;
}

function anotherThan(cluster: Cluster, ...not: readonly number[]): Node {
  return [...cluster.nodes.values()].find(({ id }) => !not.includes(id)) as Node;
}

test("a leadership is handed over within a round trip, to the member that was asked for", () => {
  const cluster = elected(1, 2, 3);
  const { leader } = cluster;
  const { term } = leader;
  const target = anotherThan(cluster, leader.id);
  assert.equal(leader.transfer(target.id), undefined);
  cluster.settle();
  assert.equal(target.role, "leader");
  assert.equal(target.term, term + 1);
  assert.deepEqual(leader.transfers, [{ to: target.id, outcome: "done" }]);
  assert.equal(leader.core.status().transferringTo, 0);
});

test("B90: nothing is proposed during a transfer, and the target is told to stand once it has everything", () => {
  const node = new Node().lead();
  node.propose("x");
  node.transfer(2);
  assert.deepEqual(node.propose("y"), { ok: false, refusal: { reason: "transferring", to: 2 } });
  assert.equal(node.core.status().transferringTo, 2);
  assert.deepEqual(node.take("timeout-now"), [], "it lacks an entry");
  node.acknowledge(3);
  assert.deepEqual(node.take("timeout-now"), []);
  node.acknowledge(2);
  assert.deepEqual(
    node.take("timeout-now").map(({ to, message }) => [to, message.term]),
    [[2, node.term]],
  );
});

test("B90: a write that was proposed before the transfer is in the new leader's log, and committed", () => {
  const cluster = elected(1, 2, 3);
  const { leader } = cluster;
  const target = anotherThan(cluster, leader.id);
  leader.propose("just before");
  leader.transfer(target.id);
  cluster.run(50);
  assert.equal(target.role, "leader");
  for (const node of cluster.nodes.values()) {
    assert.ok(
      node.committed
        .filter(({ kind }) => kind === 1)
        .map(textOf)
        .includes("just before"),
    );
  }
});

test("B90: without the rule, a member that lacks entries is told to stand, and cannot win", () => {
  for (const rules of [realRules, { ...realRules, mayTransfer: () => true }]) {
    const cluster = new Cluster([1, 2, 3], () => ({ rules }));
    cluster.run(3000);
    const { leader } = cluster;
    const target = anotherThan(cluster, leader.id);
    cluster.loses = (_from, to, { type }) => to === target.id && type === "append";
    leader.propose("x");
    cluster.settle();
    leader.transfer(target.id);
    cluster.run(200);
    const stillLeads = leader.role === "leader";
    assert.equal(stillLeads, rules === realRules);
    assert.notEqual(target.role, "leader");
  }
});

test("B91: a transfer to a member that is dead ends within T, and leaves no trace but the leases", () => {
  const cluster = elected(1, 2, 3);
  const { leader } = cluster;
  const target = anotherThan(cluster, leader.id);
  cluster.isolate(target.id);
  const { term } = leader;
  const from = cluster.now;
  assert.equal(leader.transfer(target.id), undefined);
  while (leader.transfers.length === 0) cluster.run(10);
  assert.ok(cluster.now - from <= 1010);
  assert.deepEqual(leader.transfers, [{ to: target.id, outcome: "timed-out" }]);
  assert.deepEqual([leader.role, leader.term], ["leader", term]);
  assert.equal(leader.propose("goes on").ok, true);
  cluster.run(50);
  assert.equal(leader.core.status().commitIndex, leader.last.index);
  assert.deepEqual(leader.transfer(target.id), { ok: false, refusal: { reason: "no-target" } }, "not heard within T");
});

test("B88: once the target was told to stand no lease holds for the rest of the term, though the transfer came to nothing", () => {
  const node = new Node().lead();
  const servedByLease = (id: number): boolean => {
    node.expire();
    node.answer(node.takeRound(), 2, 3);
    node.read(id, "lease");
    return node.reads.some((read) => read.id === id);
  };
  assert.equal(servedByLease(1), true);
  node.propose("x");
  node.transfer(2);
  assert.equal(servedByLease(2), true, "nobody was told to stand yet: the target lacks an entry");
  node.acknowledge(2);
  assert.equal(node.take("timeout-now").length, 1);
  for (let beat = 0; beat < 12; beat++) {
    node.expire();
    node.answer(node.takeRound(), 2, 3);
  }
  assert.deepEqual(node.transfers, [{ to: 2, outcome: "timed-out" }]);
  assert.equal(node.role, "leader");
  assert.equal(servedByLease(3), false);
});

test("B92: the moment a transfer is given up, a joint configuration that it kept waiting is still unfinished", () => {
  const node = new Node({ voters: [1, 2, 3], learners: [4] }).lead();
  node.acknowledge(4);
  node.change({ voters: [1, 2, 4] });
  node.transfer(2);
  for (const id of [2, 3, 4]) node.acknowledge(id);
  while (node.transfers.length === 0) {
    node.now = Math.max(node.now, node.core.deadline());
    node.core.tick(node.now);
    node.effects.push(...node.core.takeEffects());
    const round = node.effects.findLast((effect) => effect.type === "send" && effect.message.type === "heartbeat");
    if (round?.type === "send" && round.message.type === "heartbeat") {
      for (const id of [2, 3, 4]) {
        node.core.receive(node.now, id, 1, { type: "heartbeat-response", term: node.term, round: round.message.round });
      }
    }
    if (node.effects.some((effect) => effect.type === "transfer-ended")) break;
  }
  assert.equal(node.deciders, "1 2 4 and 1 2 3");
  const early = node.core.changeConfiguration(node.now, { voters: [1, 2, 3, 4] });
  assert.deepEqual(early, { ok: false, refusal: { reason: "change-in-progress", index: 2, isJoint: true } });
  node.flush();
  assert.equal(node.deciders, "1 2 4", "and it is left in the next turn");
});

test("B91: a transfer dies with the leadership, and a later leadership begins without it", () => {
  const node = new Node().lead();
  node.propose("x");
  node.transfer(2);
  node.receive(3, { type: "heartbeat", term: node.term + 1, commit: 0, round: 1 });
  assert.deepEqual(node.transfers, [{ to: 2, outcome: "refused" }], "somebody else leads");
  node.now += 3000;
  node.lead();
  assert.equal(node.core.status().transferringTo, 0);
  assert.equal(node.propose("y").ok, true);
});

test("B91: a leader whose successor is never heard of learns no outcome, and says so within T", () => {
  const node = new Node().lead();
  node.transfer(2);
  const from = node.now;
  node.receive(2, { type: "vote-request", term: node.term + 1, last: node.last, transfer: true });
  assert.equal(node.role, "follower");
  assert.deepEqual(node.transfers, []);
  while (node.transfers.length === 0) node.expire();
  assert.ok(node.now - from <= 1000);
  assert.deepEqual(node.transfers, [{ to: 2, outcome: "timed-out" }]);
});

test("B92: while a transfer runs the configuration does not change, so that its target stays a voter", () => {
  const node = new Node({ voters: [1, 2, 3], learners: [4] }).lead();
  node.acknowledge(4);
  node.propose("x");
  node.transfer(2);
  const refused = { ok: false, refusal: { reason: "transferring", to: 2 } };
  assert.deepEqual(node.change({ voters: [1, 3] }), refused);
  assert.deepEqual(node.abandon(), refused);
});

test("B92: a joint configuration is not left while a transfer runs; the next leader leaves it", () => {
  const node = new Node({ voters: [1, 2, 3], learners: [4] }).lead();
  node.acknowledge(4);
  node.change({ voters: [1, 2, 4] });
  node.transfer(2);
  for (const id of [2, 3, 4]) node.acknowledge(id);
  assert.equal(node.deciders, "1 2 4 and 1 2 3");
  assert.equal(node.take("timeout-now").length, 1);
  node.receive(2, { type: "vote-request", term: 2, last: node.last, transfer: true });
  const next = new Node({ id: 2, entries: node.stored, learners: [4], hardState: { term: 1, vote: 1, commit: 2 } });
  next.lead();
  next.acknowledge(4);
  assert.equal(next.deciders, "1 2 4");
});

test("only a voter that stays one can be handed the leadership", () => {
  const node = new Node({ voters: [1, 2, 4], outgoing: [1, 2, 3], learners: [5] }).lead({ commitNoop: false });
  for (const to of [1, 3, 5, 99]) {
    const answer = node.transfer(to);
    assert.equal(answer?.refusal.reason, "invalid-target", String(to));
  }
  assert.equal(node.transfer(4), undefined);
});

test("a second transfer to another member is refused, to the same one it is the first", () => {
  const node = new Node().lead();
  node.propose("x");
  node.transfer(2);
  assert.equal(node.transfer(2), undefined);
  assert.equal(node.transfer(), undefined);
  assert.deepEqual(node.transfer(3), { ok: false, refusal: { reason: "transferring", to: 2 } });
  assert.deepEqual(new Node().transfer(2), { ok: false, refusal: { reason: "not-leader", leader: 0 } });
});

test("who is handed the leadership when nobody is named: caught up, then preferred, then closest", () => {
  const configuration = configurationOf([1, 2, 3, 4]);
  const members = configuration.members.map((member) => (member.id === 4 ? { ...member, priority: 7 } : member));
  const chosen = (behind: readonly number[]): number => {
    const node = new Node({ configuration: { ...configuration, members } }).lead();
    node.propose("x");
    for (let beat = 0; beat < 8; beat++) {
      node.expire();
      node.answer(node.takeRound(), 2, 3, 4);
      for (const id of [2, 3, 4]) if (!behind.includes(id)) node.acknowledge(id);
    }
    node.transfer();
    return node.core.status().transferringTo || (node.take("timeout-now").at(-1)?.to ?? 0);
  };
  assert.equal(chosen([]), 4);
  assert.equal(chosen([4]), 2);
  assert.equal(chosen([2, 4]), 3);
});

test("the target is told again when the first word was lost", () => {
  const node = new Node().lead();
  node.transfer(2);
  assert.equal(node.take("timeout-now").length, 1);
  for (let beat = 0; beat < 3; beat++) {
    node.expire();
    node.answer(node.takeRound(), 2, 3);
  }
  assert.equal(node.take("timeout-now").length, 1);
});

test("B18: a learner, a stranger and a quarantined member do not stand when they are told to", () => {
  for (const node of [
    new Node({ id: 4, learners: [4] }),
    new Node({ id: 4, configuration: configurationOf([]) }),
    new Node({ id: 3, quarantined: true }),
  ]) {
    node.receive(2, { type: "heartbeat", term: 5, commit: 0, round: 1 });
    node.clear().receive(2, { type: "timeout-now", term: 5 });
    assert.deepEqual([node.role, node.term, node.take("vote-request").length], ["follower", 5, 0]);
  }
});

test("only the leader of this very term can tell a member to stand", () => {
  for (const [from, term] of [
    [3, 5],
    [2, 4],
    [2, 6],
    [99, 5],
  ] as const) {
    const node = new Node();
    node.receive(2, { type: "heartbeat", term: 5, commit: 0, round: 1 });
    node.receive(from, { type: "timeout-now", term });
    assert.deepEqual([node.role, node.term], ["follower", 5], `${from} in term ${term}`);
  }
  const leader = new Node().lead();
  leader.receive(2, { type: "timeout-now", term: leader.term });
  assert.equal(leader.role, "leader", "B16: a leader that is told to stand leads already");
});

test("B17: a member stands by what its log says, whether that is applied or not", () => {
  const node = new Node({ manualApply: true });
  node.receive(2, { type: "append", term: 5, previous: first, commit: 1, entries: entriesOf([5]) });
  node.clear().receive(2, { type: "timeout-now", term: 5 });
  assert.equal(node.role, "candidate");
  assert.deepEqual(
    node.take("vote-request").map(({ to, message }) => [to, message.term, message.transfer]),
    [
      [2, 6, true],
      [3, 6, true],
    ],
  );
});

test("B92: voters that hear the leader all the time vote for whom it hands over to, check-quorum and Pre-Vote or not", () => {
  const cluster = elected(1, 2, 3, 4, 5);
  for (let handed = 0; handed < 20; handed++) {
    const { leader } = cluster;
    const { term } = leader;
    const target = anotherThan(cluster, leader.id, (leader.id % 5) + 1);
    leader.transfer(target.id);
    cluster.run(20);
    assert.equal(cluster.leader.id, target.id);
    assert.equal(cluster.leader.term, term + 1);
  }
});

test("a single voter has nobody to hand over to", () => {
  const node = new Node({ voters: [1] });
  node.expire();
  assert.equal(node.role, "leader");
  assert.deepEqual(node.transfer(), { ok: false, refusal: { reason: "no-target" } });
});

test("whom the leader told to stand is not taken for a stranded member, whatever of it arrives before its request for a vote", () => {
  const node = new Node({ id: 1 }).lead();
  node.acknowledge(2);
  node.acknowledge(3);
  node.expire();
  node.answer(node.takeRound(), 2, 3);
  node.transfer(2);
  assert.equal(node.take("timeout-now").length, 1);
  // It stands in the next term and waits for its own disk; a heartbeat that it answers meanwhile tells of that term.
  node.receive(2, { type: "heartbeat-response", term: node.term + 1, round: 0 });
  assert.equal(node.role, "follower");
  assert.deepEqual(node.take("vote-request"), []);
});
