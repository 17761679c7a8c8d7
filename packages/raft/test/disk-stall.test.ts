/** A leader whose disk stands still steps aside (pitfall B54): heartbeats alone do not keep it leader for ever. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Unstored } from "../src/unstored.ts";
import { Node } from "./support/node.ts";

/** Time passes in heartbeats, all of which the followers answer; returns when the leader stepped aside, or gave up waiting. */
function leadUntil(node: Node, until: number, each: () => void = () => {}): number {
  while (node.role === "leader" && node.now < until) {
    node.expire();
    if (node.role !== "leader") break;
    const round = node.take("heartbeat").at(-1)?.message.round;
    if (round !== undefined) node.answer(round, 2, 3);
    each();
  }
  return node.now;
}

test("B54: a leader whose disk has stored nothing for 3 T hands over to a member that has everything", () => {
  const node = new Node({ manualDisk: true }).lead();
  const from = node.now;
  assert.ok(leadUntil(node, from + 10_000) > from + 9000, "a disk that owes nothing is not slow");
  node.propose("x");
  const since = node.now;
  node.acknowledge(3);
  leadUntil(node, since + 2850);
  assert.deepEqual(node.take("timeout-now"), []);
  leadUntil(node, since + 3100);
  assert.deepEqual(
    node.take("timeout-now").map(({ to }) => to),
    [3],
  );
});

test("B54: where nobody takes over within T, it stops leading, though all others answer", () => {
  const node = new Node({ manualDisk: true }).lead();
  node.propose("x");
  const since = node.now;
  const steppedAside = leadUntil(node, since + 10_000);
  assert.equal(node.role, "follower");
  assert.equal(steppedAside - since, 4000);
  const last = node.effects.findLast((effect) => effect.type === "role");
  assert.match(last?.reason ?? "", /its disk has stored nothing for 3000 ms/);
});

test("B54: a leader whose handing over came to nothing, and whose disk went on, hands over the next time too", () => {
  const node = new Node({ manualDisk: true }).lead();
  for (const time of ["first", "second"]) {
    node.propose("x");
    node.acknowledge(3);
    leadUntil(node, node.now + 3100);
    assert.equal(node.take("timeout-now").length > 0, true, `the ${time} time`);
    leadUntil(node, node.now + 500);
    node.completePersists();
    // The transfer times out, with the leader still there: its disk owes nothing.
    leadUntil(node, node.now + 2000);
    assert.equal(node.role, "leader");
  }
});

test("B54: where nobody is heard who could take over, it stops leading at once", () => {
  const node = new Node({ voters: [1, 2], learners: [3], manualDisk: true }).lead();
  node.propose("x");
  const since = node.now;
  while (node.role === "leader" && node.now < since + 10_000) {
    node.expire();
    const round = node.take("heartbeat").at(-1)?.message.round;
    // The quorum is heard until shortly before.
    if (round !== undefined && node.now - since < 2100) node.answer(round, 2);
  }
  assert.ok(node.now - since <= 3100);
});

test("B54: what the others commit meanwhile is kept, and a disk that goes on in time changes nothing", () => {
  const node = new Node({ manualDisk: true }).lead();
  node.propose("x");
  node.acknowledge(2);
  node.acknowledge(3);
  assert.equal(node.core.status().commitIndex, 2);
  const since = node.now;
  leadUntil(node, since + 2900);
  node.completePersists();
  leadUntil(node, since + 9000);
  assert.equal(node.role, "leader");
});

test("a disk that is slow and moves on is not stalled: the oldest write that is owed counts", () => {
  const node = new Node({ manualDisk: true }).lead();
  const until = node.now + 12_000;
  leadUntil(node, until, () => {
    node.propose("x");
    // Each write takes a second.
    if (node.pendingPersists.length > 10) node.completePersists(1);
  });
  assert.equal(node.role, "leader");
});

test("B54: it is not elected again while the disk stands still: its own vote would have to be durable", () => {
  const node = new Node({ manualDisk: true }).lead();
  node.propose("x");
  leadUntil(node, node.now + 10_000);
  node.clear();
  for (let round = 0; round < 20; round++) {
    node.expire();
    if (node.role === "pre-candidate") {
      node.receive(2, { type: "pre-vote-response", term: node.term, electionTerm: node.term + 1, granted: true });
    }
  }
  assert.deepEqual(node.take("vote-request"), []);
  assert.notEqual(node.role, "leader");
});

test("the only voter keeps leading: nobody could take over", () => {
  const node = new Node({ voters: [1], manualDisk: true });
  node.expire();
  node.completePersists();
  assert.equal(node.role, "leader");
  node.propose("x");
  node.now += 60_000;
  node.advance(0);
  assert.equal(node.role, "leader");
});

test("the bound follows T, and may be set", () => {
  const node = new Node({ manualDisk: true, limits: { maxPersistStallTimeouts: 5 } }).lead();
  node.propose("x");
  const since = node.now;
  assert.equal(leadUntil(node, since + 10_000) - since, 6000, "and T for the transfer");
});

test("since when the disk owes something is known with few numbers, and never said later than it is", () => {
  const unstored = new Unstored();
  for (let sequence = 1; sequence <= 10_000; sequence++) unstored.issued(sequence, sequence);
  assert.equal(unstored.oldestAt, 1);
  for (const sequence of [1, 2, 50, 777, 5000, 9999]) {
    unstored.stored(sequence);
    const at: number = unstored.oldestAt ?? Number.NaN;
    assert.ok(at <= sequence + 1 && at > sequence - 600, `${at} after ${sequence}`);
  }
  unstored.stored(10_000);
  assert.equal(unstored.oldestAt, undefined);
  unstored.issued(10_000, 20_000);
  assert.equal(unstored.oldestAt, undefined, "nothing new");
  unstored.issued(10_001, 20_001);
  assert.equal(unstored.oldestAt, 20_001);
});
