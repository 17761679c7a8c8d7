/**
 * How a leader asks a follower that it is unsure of: one thing at a time, and small while nothing comes back. The paper
 * leaves this open (§5.3: "retries indefinitely"); docs/raft.md says what was chosen.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { entriesOf } from "./support/fixtures.ts";
import { Node, type NodeOptions } from "./support/node.ts";

const first = { index: 0, term: 0 };
const kilobyte = "k".repeat(1000);

/** A leader with `count` entries of a kilobyte each that it has sent to member 3 and had no answer for. */
function leaderOf(count: number, options: NodeOptions = {}): Node {
  const node = new Node(options).lead();
  for (let at = 0; at < count; at++) {
    node.propose(kilobyte);
    node.acknowledge(2);
  }
  return node.clear();
}

/** What went to member 3: where each append starts, and how many entries it holds. */
function sentToThree(node: Node): [previous: number, entries: number][] {
  return node
    .take("append")
    .filter(({ to }) => to === 3)
    .map(({ message }) => [message.previous.index, message.entries.length]);
}

test("a follower whose link broke is asked without entries whether it has all of what was sent, once in T/5", () => {
  const node = leaderOf(20);
  node.core.unreachable(node.now, 3);
  node.flush();
  assert.deepEqual(sentToThree(node), [[21, 0]]);
  const from = node.now;
  let bytes = 0;
  let asked = 0;
  while (node.now < from + 900) {
    node.advance(10);
    node.acknowledge(2);
    for (const { to, message } of node.take("append")) {
      if (to !== 3) continue;
      asked++;
      for (const { frame } of message.entries) bytes += frame.length;
    }
    node.core.unreachable(node.now, 3);
    node.flush();
  }
  assert.equal(asked, 4);
  assert.equal(bytes, 0);
});

test("when it had received everything, nothing is sent again", () => {
  const node = leaderOf(20);
  node.core.unreachable(node.now, 3);
  node.flush();
  node.clear().acknowledge(3, 21);
  assert.deepEqual(sentToThree(node), []);
  assert.deepEqual([node.progressOf(3).state, node.progressOf(3).match], ["replicating", 21]);
});

test("when it lacks some, its answer says from where on, and only that is sent again", () => {
  const node = leaderOf(20);
  node.core.unreachable(node.now, 3);
  node.flush();
  node.clear().reject(3, 15);
  assert.deepEqual(sentToThree(node), [[15, 6]]);
});

test("a probe with entries that has no answer is not sent again: the next ones carry nothing", () => {
  const node = leaderOf(20);
  node.core.unreachable(node.now, 3);
  node.flush();
  node.reject(3, 15);
  node.clear();
  for (let beat = 0; beat < 6; beat++) {
    node.advance(100);
    node.acknowledge(2);
  }
  assert.deepEqual(sentToThree(node), [
    [15, 0],
    [15, 0],
    [15, 0],
  ]);
  node.acknowledge(3, 15);
  assert.deepEqual(sentToThree(node), [[15, 6]], "and it answers again");
});

test("a follower whose disk stands still is asked once in T/5, and goes on when it has everything", () => {
  const leader = leaderOf(20);
  for (let beat = 0; beat < 10; beat++) {
    leader.advance(100);
    leader.answer(leader.takeRound(), 2, 3);
  }
  assert.deepEqual(new Set(sentToThree(leader).map(([, entries]) => entries)), new Set([0]));
  leader.acknowledge(3, 8);
  assert.equal(leader.progressOf(3).state, "probing", "an answer to what was sent before the probe");
  leader.acknowledge(3, 21);
  assert.equal(leader.progressOf(3).state, "replicating");
});

test("a follower holds what it accepted while its disk stands still, and says so when the disk has it", () => {
  const follower = new Node({ id: 3, manualDisk: true });
  const append = { type: "append", term: 1, commit: 0 } as const;
  follower.receive(1, { ...append, previous: first, entries: entriesOf([1, 1]) });
  follower.receive(1, { ...append, previous: { index: 2, term: 1 }, entries: [] });
  assert.deepEqual(follower.take("append-accepted"), []);
  follower.completePersists();
  assert.equal(follower.take("append-accepted").at(-1)?.message.match, 2);
});

test("a follower without room is asked with one entry, then with one append, and only then with a window", () => {
  const node = leaderOf(20, { limits: { maxAppendBytes: 3000 } });
  node.core.unreachable(node.now, 3);
  node.flush();
  node.reject(3, 1);
  node.clear().acknowledge(3, 2);
  assert.deepEqual(sentToThree(node), [], "it took one of two entries: not before the pause is over");
  node.advance(200);
  assert.deepEqual(sentToThree(node), [[2, 1]]);
  node.acknowledge(3, 2);
  node.advance(200);
  assert.deepEqual(sentToThree(node), [[2, 1]]);
  node.acknowledge(3, 3);
  assert.deepEqual(sentToThree(node), [[3, 2]]);
  node.acknowledge(3, 5);
  assert.equal(node.progressOf(3).state, "replicating");
  assert.equal(sentToThree(node).length, 8);
});

test("a new leader's first append carries what it has: followers that keep up are not asked twice", () => {
  const node = new Node();
  node.expire();
  node.receive(2, { type: "pre-vote-response", term: 0, electionTerm: 1, granted: true });
  node.clear().receive(2, { type: "vote-response", term: 1, granted: true });
  assert.deepEqual(sentToThree(node), [[0, 1]]);
});

test("one read of the log at a time for a follower, and none for one that does not answer", () => {
  const node = leaderOf(20, { limits: { logCacheBytes: 3000, maxAppendBytes: 3000 } });
  node.core.unreachable(node.now, 3);
  node.flush();
  node.reject(3, 1);
  for (let beat = 0; beat < 6; beat++) {
    node.advance(100);
    node.acknowledge(2);
  }
  assert.equal(node.loads.length, 1);
  node.clear().core.unreachable(node.now, 3);
  node.core.loaded(node.now, 3, 2, node.stored.slice(1, 3));
  node.flush();
  assert.deepEqual(sentToThree(node), [[1, 0]], "the link broke while the log was read");
});

test("entries that the log could not give are asked for again after T/2", () => {
  const node = leaderOf(20, { limits: { logCacheBytes: 3000, maxAppendBytes: 3000 } });
  node.core.unreachable(node.now, 3);
  node.flush();
  node.reject(3, 1);
  node.core.loaded(node.now, 3, 2, undefined);
  node.flush();
  for (let beat = 0; beat < 4; beat++) {
    node.advance(100);
    node.acknowledge(2);
  }
  assert.equal(node.loads.length, 1);
  node.advance(100);
  assert.equal(node.loads.length, 2);
});

test("an answer of the log for another follower, or for another question, is no answer", () => {
  const node = leaderOf(20, { limits: { logCacheBytes: 3000, maxAppendBytes: 3000 } });
  node.core.unreachable(node.now, 3);
  node.flush();
  node.reject(3, 4);
  assert.equal(node.loads.at(-1)?.from, 5);
  node.clear();
  node.core.loaded(node.now, 99, 5, node.stored.slice(4, 6));
  node.core.loaded(node.now, 3, 2, node.stored.slice(1, 3));
  node.core.loaded(node.now, 2, 5, node.stored.slice(4, 6));
  node.flush();
  assert.deepEqual(node.sent, []);
  node.core.loaded(node.now, 3, 5, node.stored.slice(4, 6));
  node.flush();
  assert.deepEqual(sentToThree(node), [[4, 2]]);
});

test("a follower that keeps up with the disk is streamed from it: what was read is in flight, and the next is read", () => {
  const limits = { logCacheBytes: 3000, maxAppendBytes: 3000, maxInflightAppends: 2 };
  const node = leaderOf(20, { limits });
  assert.deepEqual([node.progressOf(3).next, node.progressOf(3).inflightAppends], [4, 2]);
  node.acknowledge(3, 2);
  assert.equal(node.loads.at(-1)?.from, 4);
  node.clear().core.loaded(node.now, 3, 4, node.stored.slice(3, 5));
  node.flush();
  assert.deepEqual(sentToThree(node), [[3, 2]]);
  assert.deepEqual([node.progressOf(3).next, node.progressOf(3).inflightAppends], [6, 2]);
  node.acknowledge(3, 3);
  assert.deepEqual([node.loads.at(-1)?.from, node.progressOf(3).state], [6, "replicating"]);
});

test("silence about appends counts as loss after T/2, while heartbeats are answered", () => {
  const node = leaderOf(1);
  const sentAt = node.now;
  for (const [after, state] of [
    [100, "replicating"],
    [499, "replicating"],
    [500, "probing"],
  ] as const) {
    node.advance(sentAt + after - node.now);
    node.answer(1, 2, 3);
    assert.equal(node.progressOf(3).state, state, `after ${after} ms`);
  }
});

test("a follower that lacks nothing is not asked, however long nothing is proposed", () => {
  const node = new Node().lead();
  node.advance(2);
  node.clear();
  for (let beat = 0; beat < 30; beat++) {
    node.advance(100);
    node.answer(node.takeRound(), 2, 3);
  }
  assert.deepEqual(node.take("append"), []);
  node.propose("x");
  node.advance(100);
  node.answer(node.takeRound(), 2, 3);
  assert.equal(node.progressOf(3).state, "replicating", "silence counts from when it was sent something");
});

test("heartbeats that a follower without room answers do not make it one that does not answer", () => {
  const node = leaderOf(20, { limits: { maxAppendBytes: 3000 } });
  node.core.unreachable(node.now, 3);
  node.flush();
  node.reject(3, 1);
  node.clear().acknowledge(3, 2);
  for (let beat = 0; beat < 7; beat++) {
    node.advance(100);
    node.answer(1, 2, 3);
    for (const [previous, entries] of sentToThree(node)) {
      assert.deepEqual([previous, entries], [2, 1]);
      node.acknowledge(3, 2);
    }
  }
});

test("the bytes in flight are bounded, to the byte", () => {
  const frameBytes = 1028;
  for (const [maxInflightBytes, sent] of [
    [2 * frameBytes, 2],
    [2 * frameBytes + 1, 3],
  ] as const) {
    const node = leaderOf(10, { limits: { maxInflightBytes } });
    assert.equal(node.progressOf(3).inflightAppends, sent);
    assert.equal(node.progressOf(3).inflightBytes, sent * frameBytes);
  }
});

test("nor are they asked for at once when the follower was being streamed to", () => {
  const limits = { logCacheBytes: 3000, maxAppendBytes: 3000, maxInflightAppends: 2 };
  const node = leaderOf(20, { limits });
  node.acknowledge(3, 2);
  assert.equal(node.loads.length, 1);
  node.core.loaded(node.now, 3, 4, undefined);
  for (let beat = 0; beat < 4; beat++) {
    node.advance(100);
    node.answer(1, 2, 3);
  }
  assert.deepEqual([node.loads.length, node.progressOf(3).state], [1, "probing"]);
});

test("the pause after a probe counts from when it was sent, however long the log was read for it", () => {
  const node = leaderOf(20, { limits: { logCacheBytes: 3000, maxAppendBytes: 3000 } });
  node.core.unreachable(node.now, 3);
  node.flush();
  node.reject(3, 1);
  node.clear().advance(300);
  node.core.loaded(node.now, 3, 2, node.stored.slice(1, 3));
  node.flush();
  node.advance(199);
  assert.deepEqual(sentToThree(node), [[1, 2]]);
  node.advance(1);
  assert.deepEqual(sentToThree(node), [[1, 0]]);
});
