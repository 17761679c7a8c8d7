/** Bugs that other implementations shipped, on asynchronous storage and on reads. docs/pitfalls.md lists them all. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { realRules } from "@quorate/raft";
import { Cluster } from "./support/cluster.ts";
import { entriesOf } from "./support/fixtures.ts";
import { Node } from "./support/node.ts";

const first = { index: 0, term: 0 };

test("B44: the completion of an append that was overwritten meanwhile counts for nothing", () => {
  const node = new Node({ manualDisk: true });
  node.receive(2, { type: "append", term: 1, previous: first, commit: 0, entries: entriesOf([1, 1]) });
  node.receive(3, { type: "append", term: 2, previous: first, commit: 2, entries: entriesOf([2, 2]) });
  node.completePersists(1);
  assert.equal(node.core.status().durableIndex, 0);
  assert.deepEqual(node.committed, []);
  assert.deepEqual(node.take("append-accepted"), [], "and the old leader's acknowledgment is not sent");
  node.completePersists();
  assert.equal(node.core.status().durableIndex, 2);
  assert.deepEqual(
    node.take("append-accepted").map(({ to, message }) => [to, message.match]),
    [[3, 2]],
  );
});

test("B44: not even when the same entry has come back since", () => {
  const node = new Node({ manualDisk: true });
  node.receive(2, { type: "append", term: 1, previous: first, commit: 0, entries: entriesOf([1]) });
  node.receive(3, { type: "append", term: 2, previous: first, commit: 0, entries: entriesOf([2]) });
  node.receive(2, { type: "append", term: 3, previous: first, commit: 0, entries: entriesOf([1]) });
  node.completePersists(1);
  assert.equal(node.core.status().durableIndex, 0, "two truncations are still on their way to the disk");
});

test("B45: what is durable falls with a truncation", () => {
  const node = new Node({ log: [1, 1, 1], hardState: { term: 1, vote: 0, commit: 0 }, manualDisk: true });
  node.receive(2, { type: "append", term: 2, previous: { index: 1, term: 1 }, commit: 0, entries: entriesOf([2], 2) });
  assert.equal(node.core.status().durableIndex, 1);
});

test("B46: completions that arrive out of order lose nothing", () => {
  const node = new Node({ manualDisk: true });
  node.receive(2, { type: "append", term: 1, previous: first, commit: 0, entries: entriesOf([1]) });
  node.receive(2, { type: "append", term: 1, previous: { index: 1, term: 1 }, commit: 0, entries: entriesOf([1], 2) });
  const [one, two] = node.pendingPersists.splice(0);
  node.core.stored(node.now, two?.sequence ?? 0, { index: 2, term: 1 });
  node.core.stored(node.now, one?.sequence ?? 0, { index: 1, term: 1 });
  node.flush();
  assert.equal(node.core.status().durableIndex, 2);
  assert.deepEqual(
    node.take("append-accepted").map(({ message }) => message.match),
    [1, 2],
  );
});

test("B46: and what was durable stays so: no promise that rests on it waits again", () => {
  const node = new Node({ manualDisk: true });
  node.receive(2, { type: "append", term: 1, previous: first, commit: 0, entries: entriesOf([1]) });
  node.receive(3, { type: "heartbeat", term: 2, commit: 0, round: 1 });
  const [one, two] = node.pendingPersists.splice(0);
  for (const persist of [two, one]) node.core.stored(node.now, persist?.sequence ?? 0, { index: 1, term: 1 });
  node.flush();
  node.clear().receive(3, { type: "heartbeat", term: 2, commit: 0, round: 2 });
  assert.equal(node.take("heartbeat-response").length, 1);
});

test("B47: the term goes to the disk with the entries of that term, in one record", () => {
  const node = new Node({ manualDisk: true });
  node.receive(2, { type: "append", term: 6, previous: first, commit: 0, entries: entriesOf([6]) });
  assert.deepEqual(
    node.pendingPersists.map(({ hardState, entries }) => [hardState?.term, entries.length]),
    [[6, 1]],
  );
});

test("B48: a leader does not count its own entry before its disk has it, alone or not", () => {
  const alone = new Node({ voters: [1], manualDisk: true });
  alone.expire();
  alone.completePersists();
  alone.propose("x");
  assert.equal(alone.core.status().commitIndex, 0);
  alone.completePersists();
  assert.equal(alone.core.status().commitIndex, 2);
  const leader = new Node({ manualDisk: true }).lead();
  leader.propose("x");
  leader.acknowledge(2, 1);
  assert.equal(leader.core.status().commitIndex, 1);
  leader.completePersists();
  leader.acknowledge(2, 2);
  assert.equal(leader.core.status().commitIndex, 2);
});

test("B49: nothing is applied before it is durable here, though a quorum of others has it", () => {
  const leader = new Node({ manualDisk: true }).lead();
  leader.propose("x");
  leader.acknowledge(2, 2);
  leader.acknowledge(3, 2);
  assert.equal(leader.core.status().commitIndex, 2);
  assert.equal(leader.committed.at(-1)?.index, 1);
  leader.completePersists();
  assert.equal(leader.committed.at(-1)?.index, 2);
});

test("B56: a restart applies what is known to be committed, in order, and no more", () => {
  const node = new Node({ log: [1, 1, 1, 1], hardState: { term: 1, vote: 0, commit: 3 }, applied: 1 });
  assert.deepEqual(
    node.committed.map(({ index }) => index),
    [2, 3],
  );
});

test("B58: a truncation below the commit index stops the member", () => {
  const node = new Node({ log: [1, 1], hardState: { term: 1, vote: 0, commit: 2 } });
  assert.throws(
    () => node.receive(2, { type: "append", term: 3, previous: first, commit: 0, entries: entriesOf([3]) }),
    /a committed entry is never truncated/,
  );
});

test("B83: no read before an entry of the leader's own term is committed", () => {
  const node = new Node({ log: [1], hardState: { term: 1, vote: 0, commit: 1 } }).lead({ commitNoop: false });
  node.read(5);
  for (const { to, message } of node.take("heartbeat")) {
    node.receive(to, { type: "heartbeat-response", term: node.term, round: message.round });
  }
  assert.deepEqual(node.reads, [], "parked");
  node.acknowledge(2);
  assert.deepEqual(node.reads, [{ id: 5, index: 2 }], "and served once the no-op is committed");
});

test("B84: answers to rounds sent before a read arrived do not release it", () => {
  const node = new Node().lead();
  node.expire();
  const old = node.take("heartbeat")[0]?.message.round ?? 0;
  node.read(1);
  node.receive(2, { type: "heartbeat-response", term: node.term, round: old });
  assert.deepEqual(node.reads, []);
  const fresh = node.take("heartbeat")[0]?.message.round ?? 0;
  assert.ok(fresh > old);
  node.receive(2, { type: "heartbeat-response", term: node.term, round: fresh });
  assert.deepEqual(
    node.reads.map(({ id }) => id),
    [1],
  );
});

test("B84: a deposed leader never answers, whatever late acknowledgments arrive", () => {
  const node = new Node().lead();
  node.read(1);
  const [beat] = node.take("heartbeat");
  node.receive(2, { type: "heartbeat", term: node.term + 1, commit: 0, round: 1 });
  assert.deepEqual(node.refusedReads, [1]);
  node.receive(3, { type: "heartbeat-response", term: node.term - 1, round: beat?.message.round ?? 0 });
  assert.deepEqual(node.reads, []);
});

test("B84: the ids of forwarded reads are never used again, by a restarted member either", () => {
  const idOf = (incarnation: number): number => {
    const node = new Node({ id: 2, incarnation });
    node.receive(1, { type: "heartbeat", term: 2, commit: 0, round: 1 });
    node.read(1);
    return node.take("read-index-request")[0]?.message.id ?? 0;
  };
  const [first, second] = [idOf(1), idOf(2)];
  assert.ok(Number.isSafeInteger(first) && Number.isSafeInteger(second));
  assert.ok(second - first >= 2 ** 32, "an incarnation would have to ask that often to reach the next one's");
});

test("B85: with one voter a read needs no answer, and a learner's read is served", () => {
  const node = new Node({ voters: [1], learners: [4] }).lead();
  node.read(1);
  assert.deepEqual(
    node.reads.map(({ id }) => id),
    [1],
  );
  node.receive(4, { type: "read-index-request", term: node.term, id: 77 });
  assert.deepEqual(
    node.take("read-index-response").map(({ to, message }) => [to, message.id, message.index]),
    [[4, 77, 1]],
  );
});

test("B87: reads need more than half of an even number, and both majorities while joint", () => {
  const even = new Node({ voters: [1, 2, 3, 4] }).lead();
  even.read(1);
  const round = even.take("heartbeat")[0]?.message.round ?? 0;
  even.receive(2, { type: "heartbeat-response", term: even.term, round });
  assert.deepEqual(even.reads, []);
  even.receive(3, { type: "heartbeat-response", term: even.term, round });
  assert.equal(even.reads.length, 1);
  // A joint configuration is left as soon as reads could be served; here it is kept.
  const rules = { ...realRules, mayLeaveJoint: () => false };
  const joint = new Node({ voters: [1, 2, 3], outgoing: [1, 4, 5], rules }).lead();
  joint.read(1);
  const jointRound = joint.take("heartbeat")[0]?.message.round ?? 0;
  for (const id of [2, 3]) joint.receive(id, { type: "heartbeat-response", term: joint.term, round: jointRound });
  assert.deepEqual(joint.reads, []);
  joint.receive(4, { type: "heartbeat-response", term: joint.term, round: jointRound });
  assert.equal(joint.reads.length, 1);
});

test("a follower's reads are refused when its leader changes, and forgotten ones are not answered", () => {
  const node = new Node({ id: 2 });
  assert.deepEqual(node.read(1), { ok: false, refusal: { reason: "not-leader", leader: 0 } });
  node.receive(1, { type: "heartbeat", term: 2, commit: 0, round: 1 });
  node.read(2);
  node.read(3);
  const [request] = node.take("read-index-request");
  node.core.forgetRead(2);
  node.receive(1, { type: "read-index-response", term: 2, id: request?.message.id ?? 0, index: 1 });
  assert.deepEqual(node.reads, []);
  node.receive(3, { type: "heartbeat", term: 3, commit: 0, round: 1 });
  assert.deepEqual(node.refusedReads, [3]);
});

test("phantom leader: an isolated leader serves no read, while the new one does", () => {
  const cluster = new Cluster([1, 2, 3]);
  cluster.run(3000);
  const old = cluster.leader;
  cluster.isolate(old.id);
  old.read(1);
  cluster.run(4000);
  cluster.leader.propose("new");
  cluster.leader.read(2);
  cluster.settle();
  assert.deepEqual(old.reads, []);
  assert.deepEqual(old.refusedReads, [1]);
  assert.equal(cluster.leader.reads.length, 1);
});
