/** Lease reads (dissertation §6.4.1): answered by the clock, for as long as promises last, and not a moment longer. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeConfiguration, entryKinds, makeEntry, realRules } from "@quorate/raft";
import { Configurations } from "../src/configurations.ts";
import { configurationOf } from "./support/fixtures.ts";
import { Node, type NodeOptions } from "./support/node.ts";

/** T = 1,000 ms and a drift bound of 1 %: a lease lasts 990 ms from when its round was sent. */
const leaseMs = 990;

/** A leader whose newest round was sent now and is not answered yet. */
function leaderWithRound(options: NodeOptions = {}): { node: Node; round: number } {
  const node = new Node(options).lead();
  for (const { id } of node.core.status().followers) node.acknowledge(id);
  node.clear().expire();
  return { node, round: node.takeRound() };
}

/** Whether a lease read is answered at once: then nobody was asked. */
function isServed(node: Node): boolean {
  const before = node.reads.length;
  node.clear().read(1000 + before, "lease");
  const served = node.reads.length > before;
  if (served) assert.equal(node.take("heartbeat").length, 0, "nobody is asked");
  return served;
}

test("a leader with a lease answers at once, at its commit index, and asks nobody", () => {
  const { node, round } = leaderWithRound();
  node.answer(round, 2);
  node.read(7, "lease");
  assert.deepEqual(node.reads, [{ id: 7, index: node.core.status().commitIndex }]);
  assert.equal(node.take("heartbeat").length, 0);
});

test("a lease is asked for by the reader: without it, a round is", () => {
  const { node, round } = leaderWithRound();
  node.answer(round, 2);
  node.clear().read(7);
  assert.deepEqual(node.reads, []);
  node.answer(node.takeRound(), 2);
  assert.equal(node.reads.length, 1);
});

test("it lasts T (1 - drift) from when the round was sent, however late the answer came", () => {
  for (const answeredAfter of [0, 500, leaseMs - 1]) {
    for (const [readAfter, served] of [
      [leaseMs - 1, true],
      [leaseMs, false],
      [leaseMs + 5, false],
    ] as const) {
      if (readAfter < answeredAfter) continue;
      const { node, round } = leaderWithRound();
      const sentAt = node.now;
      node.now = sentAt + answeredAfter;
      node.answer(round, 2);
      node.now = sentAt + readAfter;
      assert.equal(isServed(node), served, `answered after ${answeredAfter} ms, read after ${readAfter} ms`);
    }
  }
});

test("an answer that comes when the lease would be over gives none", () => {
  const { node, round } = leaderWithRound();
  node.now += leaseMs;
  node.answer(round, 2);
  assert.equal(isServed(node), false);
});

test("a minority gives no lease, and while joint a majority of one configuration gives none", () => {
  const five = leaderWithRound({ voters: [1, 2, 3, 4, 5] });
  five.node.now += 500;
  const late = (node: Node): boolean => {
    node.now += 495;
    return isServed(node);
  };
  five.node.answer(five.round, 2);
  assert.equal(late(five.node), false);
  const rules = { ...realRules, mayLeaveJoint: () => false };
  const joint = leaderWithRound({ voters: [1, 2, 3], outgoing: [1, 4, 5], rules });
  joint.node.now += 500;
  joint.node.expire();
  const round = joint.node.takeRound();
  joint.node.answer(round, 2, 3);
  assert.equal(late(joint.node), false, "the outgoing half has not answered");
  joint.node.answer(round, 4);
  assert.equal(isServed(joint.node), true);
});

test("no lease before an entry of the own term is committed", () => {
  const node = new Node().lead({ commitNoop: false });
  node.expire();
  node.answer(node.takeRound(), 2, 3);
  assert.equal(isServed(node), false);
  node.acknowledge(2);
  assert.equal(isServed(node), true);
});

test("a read that no lease covers waits for a round like any other", () => {
  const { node } = leaderWithRound();
  node.now += 2 * leaseMs;
  node.clear().read(5, "lease");
  assert.deepEqual(node.reads, []);
  node.answer(node.takeRound(), 3);
  assert.deepEqual(
    node.reads.map(({ id }) => id),
    [5],
  );
});

test("followers and members without a leader have no lease: a follower asks its leader", () => {
  const node = new Node();
  assert.equal(node.read(1, "lease")?.refusal.reason, "not-leader");
  node.receive(2, { type: "heartbeat", term: 1, commit: 0, round: 1 });
  node.read(1, "lease");
  assert.equal(node.take("read-index-request").length, 1);
});

test("the only voter needs nobody's promise", () => {
  const node = new Node({ voters: [1] });
  node.expire();
  node.now += 100_000;
  node.read(1, "lease");
  assert.equal(node.reads.length, 1);
});

test("learners promise nothing", () => {
  const { node, round } = leaderWithRound({ voters: [1, 2, 3], learners: [8, 9] });
  node.now += 300;
  node.expire();
  const next = node.takeRound();
  node.answer(next, 8, 9);
  node.answer(round, 2);
  node.now += 695;
  assert.equal(isServed(node), false);
});

test("time that the clock did not count ends the lease, and late answers to older rounds bring none", () => {
  const { node, round } = leaderWithRound();
  node.answer(round, 2, 3);
  node.expire();
  const sentBefore = node.takeRound();
  node.core.dropLease(node.now);
  assert.equal(isServed(node), false);
  const asked = node.take("heartbeat").at(-1)?.message.round ?? 0;
  node.answer(sentBefore, 2, 3);
  assert.equal(isServed(node), false, "a round from before the pause");
  node.answer(asked, 2);
  assert.equal(isServed(node), true, "a round from after it");
  new Node().core.dropLease(0);
});

test("what a member answered before it restarted gives no lease any more", () => {
  const { node, round } = leaderWithRound();
  node.answer(round, 2);
  assert.equal(isServed(node), true);
  node.receive(2, { type: "append-accepted", term: node.term, match: 1 }, 2);
  assert.equal(isServed(node), false);
});

test("a voter counts with the shortest T that it may go by: a longer one only when it is known to hold it", () => {
  const timed = (index: number, electionTimeoutMs: number): ReturnType<typeof makeEntry> => {
    const timing = { electionTimeoutMs, clockDriftPpm: 10_000 };
    return makeEntry(index, 1, entryKinds.configuration, encodeConfiguration({ ...configurationOf([1]), timing }));
  };
  const configurations = new Configurations(0, configurationOf([1]), [timed(5, 3000), timed(9, 2000)]);
  configurations.committedTo(9);
  assert.deepEqual(
    [4, 5, 8, 9, 20].map((match) => configurations.shortestTimeoutSince(match)),
    [1000, 2000, 2000, 2000, 2000],
  );
  configurations.prunedTo(9);
  assert.deepEqual([configurations.shortestTimeoutSince(8), configurations.shortestTimeoutSince(9)], [undefined, 2000]);
});

test("a longer T, once committed, lengthens the lease with the votes of those that hold it and no others", () => {
  const timing = { electionTimeoutMs: 3000, clockDriftPpm: 10_000 };
  const payload = encodeConfiguration({ ...configurationOf([1, 2, 3]), timing });
  const node = new Node();
  node.receive(3, {
    type: "append",
    term: 1,
    previous: { index: 0, term: 0 },
    commit: 0,
    entries: [makeEntry(1, 1, entryKinds.configuration, payload)],
  });
  node.lead({ commitNoop: false });
  node.acknowledge(2);
  assert.equal(node.core.status().commitIndex, 2, "member 3 is not known to hold it");
  node.clear().expire();
  const round = node.takeRound();
  node.answer(round, 3);
  node.now += 995;
  assert.equal(isServed(node), false, "member 3 may still go by the shorter one");
  node.answer(round, 2);
  assert.equal(isServed(node), true, "member 2 holds the longer one");
  node.now += 2970 - 995;
  assert.equal(isServed(node), false);
});

test("B88: a leadership transfer that was sent ends the leases of the whole term, whatever becomes of it", () => {
  const check = { committedInOwnTerm: true, now: 10, leaseUntil: 20 };
  assert.equal(realRules.mayServeLeaseRead({ ...check, leasesEnded: false }), true);
  assert.equal(realRules.mayServeLeaseRead({ ...check, leasesEnded: true }), false);
});

test("B89: the lease counts from the send time, less the drift between two clocks", () => {
  assert.equal(realRules.leaseUntil(5000, 1000, 10_000), 5990);
  assert.equal(realRules.leaseUntil(5000, 1000, 0), 6000);
  assert.equal(realRules.leaseUntil(5000, 1000, 500_000), 5500);
});

/**
 * A phantom leader: member 1 leads and is cut off from everybody. The clocks of the others run `rate` times as fast as its
 * own. Member 2 stands as soon as it may, member 3 votes as soon as it may. Returns how long before (in ms of member 1's
 * clock; negative: after) the end of the lease the first vote for another was granted.
 */
function marginOf(rate: number, restartsVoter: boolean): number {
  const { node: leader, round } = leaderWithRound();
  const sentAt = leader.now;
  leader.answer(round, 3);
  const hardState = { term: leader.term, vote: 1, commit: 0 };
  let voter = new Node({ id: 3, log: [1], hardState, now: 0 });
  const term = leader.term;
  // The voter has long been up: it hears the round at its own time 5,000, at the very moment when it was sent.
  voter.now = 5000;
  voter.receive(1, { type: "heartbeat", term, commit: 0, round });
  if (restartsVoter) voter = new Node({ id: 3, log: [1], hardState, now: 5000, incarnation: 2 });
  for (let passed = 0; ; passed += 0.5) {
    voter.now = 5000 + passed * rate;
    voter.clear().receive(2, { type: "vote-request", term: term + 1, last: { index: 9, term }, transfer: false });
    if (!voter.take("vote-response").some(({ message }) => message.granted)) continue;
    let held = passed;
    leader.now = sentAt + passed;
    while (isServed(leader)) leader.now = sentAt + (held += 0.5);
    if (held > passed) return passed - held;
    for (held = passed; held > 0; held -= 0.5) {
      const { node, round: again } = leaderWithRound();
      node.answer(again, 3);
      node.now += held;
      if (isServed(node)) return passed - held;
    }
  }
}

test("no vote goes to another while a lease holds, as long as clocks differ by no more than the bound", () => {
  for (const restartsVoter of [false, true]) {
    for (const rate of [0.99, 1, 1.005, 1.01]) {
      const margin = marginOf(rate, restartsVoter);
      assert.ok(margin > 0, `rate ${rate}: ${margin} ms`);
    }
  }
});

test("with clocks beyond the bound one does: the phantom leader", () => {
  assert.ok(marginOf(1.05, false) < 0);
});
