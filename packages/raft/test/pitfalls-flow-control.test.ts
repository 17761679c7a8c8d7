/** Bugs that other implementations shipped, on windows, quotas and memory. docs/pitfalls.md lists them all. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { entriesOf } from "./support/fixtures.ts";
import { Node } from "./support/node.ts";

const first = { index: 0, term: 0 };

test("B32: with a full window nothing more is sent, and the follower is still asked and told", () => {
  const node = new Node({ limits: { maxInflightAppends: 3 } }).lead();
  for (let at = 0; at < 10; at++) node.propose(`v${at}`);
  const toTwo = node.take("append").filter(({ to }) => to === 2);
  assert.equal(toTwo.length, 3);
  for (const { message } of toTwo) assert.equal(message.entries.length, 1);
  // Member 3 lets the commit index move; member 2 hears of it although its window is full.
  node.acknowledge(3, 2);
  node.advance(2);
  const news = node.take("append").filter(({ to }) => to === 2);
  assert.deepEqual(
    news.map(({ message }) => [message.entries.length, message.commit]),
    [[0, 2]],
  );
  node.acknowledge(2, 4);
  assert.ok(node.take("append").some(({ to, message }) => to === 2 && message.entries.length > 0));
});

test("B33: the bytes in flight are counted anew when the window is dropped", () => {
  const node = new Node().lead();
  node.propose("x".repeat(1000));
  const before = node.core.status().followers.find(({ id }) => id === 2);
  assert.ok((before?.inflightBytes ?? 0) > 1000);
  node.core.unreachable(node.now, 2);
  const after = node.core.status().followers.find(({ id }) => id === 2);
  assert.deepEqual([after?.state, after?.inflightAppends, after?.inflightBytes], ["probing", 0, 0]);
});

test("B34: a follower that was unreachable and lacks nothing goes back to replicating", () => {
  const node = new Node().lead();
  node.core.unreachable(node.now, 2);
  node.flush();
  for (const { to } of node.take("append")) if (to === 2) node.acknowledge(2);
  assert.equal(node.core.status().followers.find(({ id }) => id === 2)?.state, "replicating");
});

test("B38: appends that stay unanswered while heartbeats are answered are asked for, and sent again if they were lost", () => {
  const node = new Node().lead();
  node.propose("x");
  node.clear();
  const asked: { previous: number; entries: number }[] = [];
  for (let step = 0; step < 15; step++) {
    node.expire();
    node.answer(node.takeRound(), 2, 3);
    for (const { to, message } of node.take("append")) {
      if (to === 2) asked.push({ previous: message.previous.index, entries: message.entries.length });
    }
  }
  assert.ok(asked.length >= 3 && asked.length <= 8, `${asked.length} times in one and a half timeouts`);
  assert.deepEqual(new Set(asked.map(({ entries }) => entries)), new Set([0]), "nothing is piled up on it");
  assert.equal(asked[0]?.previous, 2, "do you hold all that was sent?");
  node.reject(2, 1);
  assert.deepEqual(
    node.take("append").map(({ to, message }) => [to, message.entries.map(({ index }) => index)]),
    [[2, [2]]],
  );
});

test("B39: proposals are bounded while nothing commits, and the quota is exactly what is uncommitted", () => {
  const node = new Node({ limits: { maxUncommittedBytes: 2000 } }).lead();
  let accepted = 0;
  while (node.propose("y".repeat(100)).ok) accepted++;
  assert.equal(accepted, Math.floor(2000 / 128));
  assert.deepEqual(node.propose("y".repeat(100)), {
    ok: false,
    refusal: { reason: "busy", bound: "maxUncommittedBytes" },
  });
  assert.equal(node.core.status().uncommittedBytes, accepted * 128);
  node.acknowledge(2);
  assert.equal(node.core.status().uncommittedBytes, 0);
  assert.equal(node.propose("z").ok, true);
});

test("B39: one command larger than the quota is taken when nothing else waits; one above the limit never", () => {
  const node = new Node({ limits: { maxUncommittedBytes: 50, maxCommandBytes: 200 } }).lead();
  assert.equal(node.propose("y".repeat(200)).ok, true);
  assert.deepEqual(node.propose("y".repeat(201)), { ok: false, refusal: { reason: "too-large", limitBytes: 200 } });
});

test("B39: proposals are bounded in number too", () => {
  const node = new Node({ limits: { maxUncommittedEntries: 3 } }).lead();
  assert.equal(node.propose("a", "b").ok, true);
  const busy = { ok: false, refusal: { reason: "busy", bound: "maxUncommittedEntries" } };
  assert.deepEqual(node.propose("c", "d"), busy);
  assert.equal(node.propose("c").ok, true);
  assert.deepEqual(node.propose("d"), busy);
  node.acknowledge(2);
  assert.equal(node.propose("d").ok, true);
});

test("B40: a small entry does not keep a large buffer alive", () => {
  const node = new Node();
  const big = new Uint8Array(1_000_000);
  const [entry] = entriesOf([1]);
  assert.ok(entry);
  big.set(entry.frame, 5000);
  const frame = big.subarray(5000, 5000 + entry.frame.length);
  node.receive(2, { type: "append", term: 1, previous: first, commit: 0, entries: [{ ...entry, frame }] });
  assert.ok((node.stored[0]?.frame.buffer.byteLength ?? 0) < 100);
});

test("bounded memory: applied entries leave it, and come back from the disk for a slow follower", () => {
  const node = new Node({ limits: { logCacheBytes: 2000, maxAppendBytes: 500 } }).lead();
  for (let at = 0; at < 100; at++) {
    node.propose("v".repeat(100));
    node.acknowledge(2);
  }
  node.clear();
  node.core.unreachable(node.now, 3);
  node.flush();
  assert.equal(node.loads.length, 0, "nothing is read for one that may be gone");
  node.reject(3, 1);
  const [load] = node.loads;
  assert.ok(load, "the entries are no longer in memory");
  assert.deepEqual([load.for, load.from, load.to], [3, 2, 86], "15 of the last entries are still in memory");
  node.clear();
  node.core.loaded(node.now, 3, 2, node.stored.slice(1, 4));
  node.flush();
  const append = node.take("append").find(({ to }) => to === 3);
  assert.deepEqual(
    append?.message.entries.map(({ index }) => index),
    [2, 3, 4],
  );
});

test("bounded memory: a follower that is behind in applying takes no more entries than it may hold", () => {
  const entries = entriesOf(Array.from({ length: 20 }, () => 1));
  const maxUnappliedBytes = entries.slice(0, 7).reduce((sum, { frame }) => sum + frame.length, 0);
  const node = new Node({ limits: { maxUnappliedBytes }, manualApply: true });
  const taken = (from: number): number => {
    const previous = from === 0 ? first : { index: from, term: 1 };
    node.receive(2, { type: "append", term: 1, previous, commit: 1, entries: entries.slice(from) });
    return node.take("append-accepted")[0]?.message.match ?? 0;
  };
  node.receive(2, { type: "append", term: 1, previous: first, commit: 1, entries: entries.slice(0, 1) });
  node.clear();
  assert.equal(taken(1), 7);
  node.core.applied(node.now, 1);
  assert.equal(taken(7), 20, "and the rest once it has caught up");
});

test("a load that is overtaken by an acknowledgment does not end replication to that follower", () => {
  const node = new Node({ limits: { logCacheBytes: 1000, maxAppendBytes: 500 } }).lead();
  for (let at = 0; at < 30; at++) {
    node.propose("v".repeat(100));
    node.acknowledge(2);
  }
  node.core.unreachable(node.now, 3);
  node.flush();
  node.reject(3, 1);
  const [load] = node.loads;
  assert.ok(load);
  // What was in flight before arrived after all, while the disk was read.
  node.acknowledge(3, 20);
  node.clear().core.loaded(node.now, 3, load.from, node.stored.slice(load.from - 1, load.from + 2));
  node.flush();
  assert.deepEqual(node.take("append"), [], "what was read is of no use any more");
  node.advance(300);
  assert.ok(
    node.loads.length > 1 || node.take("append").some(({ to }) => to === 3),
    "the next entries are sent, or asked of the disk",
  );
});

test("a follower without room is asked again after a pause, not in a storm", () => {
  const node = new Node({ limits: { maxAppendBytes: 200 } }).lead();
  for (let at = 0; at < 50; at++) node.propose("v".repeat(100));
  node.clear();
  let sent = 0;
  for (let round = 0; round < 30; round++) {
    // It takes nothing, and finds everything behind what it did not take without a predecessor.
    node.acknowledge(3, 1);
    const conflict = { index: 1, term: node.term, firstIndex: 1 };
    node.receive(3, { type: "append-rejected", term: node.term, rejected: 2 + round, conflict });
    sent += node.take("append").filter(({ to }) => to === 3).length;
  }
  assert.ok(sent <= 2, `${sent} appends within one instant`);
});

test("a bound on what waits to be applied never keeps out the entry that lets older ones be committed", () => {
  const node = new Node({
    limits: { maxUnappliedBytes: 100 },
    log: Array.from({ length: 50 }, () => 2),
    hardState: { term: 2, vote: 0, commit: 0 },
  });
  node.receive(3, {
    type: "append",
    term: 6,
    previous: { index: 50, term: 2 },
    commit: 0,
    entries: entriesOf([6], 51),
  });
  assert.equal(node.take("append-accepted")[0]?.message.match, 51);
});
