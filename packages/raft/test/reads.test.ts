/** Linearizable reads (dissertation §6.4): rounds that are shared and bounded, and what becomes of reads without one. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Node } from "./support/node.ts";

test("reads that arrive before a round is sent share it", () => {
  const node = new Node().lead();
  for (let id = 1; id <= 100; id++) node.core.requestRead(node.now, id);
  node.flush();
  assert.equal(node.take("heartbeat").length, 2, "one round to two followers");
});

test("at most four rounds are on their way without an answer: later reads wait, and share the next one", () => {
  const node = new Node().lead();
  node.expire();
  node.answer(node.takeRound(), 2, 3);
  const rounds = new Set<number>();
  const look = (): void => {
    for (const { message } of node.take("heartbeat")) rounds.add(message.round);
  };
  for (let id = 1; id <= 100; id++) {
    node.read(id);
    look();
  }
  assert.equal(rounds.size, 4);
  assert.deepEqual(node.reads, []);
  const [oldest = 0] = rounds;
  node.answer(oldest, 2);
  look();
  assert.deepEqual(
    node.reads.map(({ id }) => id),
    [1],
  );
  assert.equal(rounds.size, 5, "one answer makes room for one round");
  node.answer(Math.max(...rounds), 2);
  assert.equal(node.reads.length, 100, "which covers all that waited");
});

test("reads that wait behind unanswered rounds go with the next heartbeat that is due anyway", () => {
  const node = new Node().lead();
  for (let id = 1; id <= 10; id++) node.read(id);
  node.clear().expire();
  const round = node.takeRound();
  node.answer(round, 3);
  assert.equal(node.reads.length, 10);
});

test("a late answer to an older round takes nothing back", () => {
  const node = new Node({ voters: [1, 2, 3, 4, 5] }).lead();
  node.read(1);
  const round = node.takeRound();
  node.answer(round, 2);
  node.answer(round - 1, 2);
  node.answer(round, 3);
  assert.equal(node.reads.length, 1);
});

test("a leader turns away the reads of others beyond its bound, and tells them so", () => {
  const node = new Node({ limits: { maxPendingReads: 1 } }).lead();
  for (const id of [71, 72]) node.receive(2, { type: "read-index-request", term: node.term, id });
  assert.deepEqual(
    node.take("read-index-response").map(({ to, message }) => [to, message.id, message.index]),
    [[2, 72, 0]],
  );
  node.answer(node.takeRound(), 3);
  assert.deepEqual(
    node.take("read-index-response").map(({ to, message }) => [to, message.id, message.index]),
    [[2, 71, 1]],
  );
});

test("reads beyond the bound are refused at once, with the bound's name, on leader and follower", () => {
  const refused = { ok: false, refusal: { reason: "busy", bound: "maxPendingReads" } };
  const leader = new Node({ limits: { maxPendingReads: 2 } }).lead();
  assert.deepEqual([leader.read(1), leader.read(2), leader.read(3)], [undefined, undefined, refused]);
  const follower = new Node({ limits: { maxPendingReads: 1 } });
  follower.receive(2, { type: "heartbeat", term: 1, commit: 0, round: 1 });
  assert.deepEqual([follower.read(1), follower.read(2)], [undefined, refused]);
  follower.core.forgetRead(1);
  assert.equal(follower.read(3), undefined, "what is forgotten makes room");
});

test("a member that does not lead answers another's read with 0, and a member without a leader takes none", () => {
  const node = new Node();
  node.receive(2, { type: "read-index-request", term: 0, id: 5 });
  assert.deepEqual(
    node.take("read-index-response").map(({ to, message }) => [to, message.id, message.index]),
    [[2, 5, 0]],
  );
  const nobody = { ok: false, refusal: { reason: "not-leader", leader: 0 } };
  assert.deepEqual(node.read(1), nobody);
  node.expire();
  assert.equal(node.role, "pre-candidate");
  assert.deepEqual(node.read(1), nobody);
});

test("a read that the leader could not take is refused, and one that is answered twice is answered once", () => {
  const node = new Node();
  node.receive(2, { type: "heartbeat", term: 1, commit: 0, round: 1 });
  node.read(1);
  node.read(2);
  const [one, two] = node.take("read-index-request").map(({ message }) => message.id);
  node.receive(2, { type: "read-index-response", term: 1, id: one ?? 0, index: 0 });
  for (let time = 0; time < 2; time++) {
    node.receive(2, { type: "read-index-response", term: 1, id: two ?? 0, index: 7 });
  }
  assert.deepEqual([node.refusedReads, node.reads], [[1], [{ id: 2, index: 7 }]]);
  assert.equal(node.core.status().pendingReads, 0);
});

test("a leader that stops leading tells the followers that asked it", () => {
  const node = new Node().lead();
  node.receive(2, { type: "read-index-request", term: node.term, id: 5 });
  node.read(1);
  node.receive(3, { type: "heartbeat", term: node.term + 1, commit: 0, round: 1 });
  assert.deepEqual(
    node.take("read-index-response").map(({ to, message }) => [to, message.id, message.index]),
    [[2, 5, 0]],
  );
  assert.deepEqual(node.refusedReads, [1]);
});

test("forgetting does nothing for a read of the leader's own: it is answered by its round", () => {
  const node = new Node().lead();
  node.read(1);
  node.core.forgetRead(1);
  node.core.forgetRead(77);
  node.answer(node.takeRound(), 2);
  assert.deepEqual(
    node.reads.map(({ id }) => id),
    [1],
  );
});

test("once all reads are answered, no further round goes out for them", () => {
  const node = new Node().lead();
  for (let id = 1; id <= 3; id++) {
    node.read(id);
    node.answer(node.takeRound(), 2);
    node.answer(1, 3);
    assert.deepEqual(node.sent, []);
  }
});

test("what was refused when the leader changed is not answered by the old one, nor refused again", () => {
  const node = new Node();
  node.receive(2, { type: "heartbeat", term: 1, commit: 0, round: 1 });
  node.read(1);
  const [asked] = node.take("read-index-request");
  node.receive(3, { type: "heartbeat", term: 2, commit: 0, round: 1 });
  node.receive(2, { type: "read-index-response", term: 1, id: asked?.message.id ?? 0, index: 5 });
  node.receive(2, { type: "heartbeat", term: 3, commit: 0, round: 1 });
  assert.deepEqual([node.reads, node.refusedReads, node.core.status().pendingReads], [[], [1], 0]);
});

test("what a member answered before it restarted counts for no read any more", () => {
  const node = new Node({ voters: [1, 2, 3, 4, 5] }).lead();
  node.read(1);
  const round = node.takeRound();
  node.answer(round, 2);
  node.receive(2, { type: "heartbeat-response", term: node.term, round: 0 }, 2);
  node.answer(round, 3);
  assert.deepEqual(node.reads, []);
  node.answer(round, 4);
  assert.equal(node.reads.length, 1);
});
