/** What waits for the disk, and what does not (Raft Figure 2: "updated on stable storage before responding to RPCs"). */
import assert from "node:assert/strict";
import { test } from "node:test";
import { entriesOf } from "./support/fixtures.ts";
import { Node } from "./support/node.ts";

const first = { index: 0, term: 0 };
const append = { type: "append", term: 1, commit: 0 } as const;

test("a heartbeat's answer never waits for entries", () => {
  const node = new Node({ manualDisk: true });
  node.receive(2, { type: "heartbeat", term: 1, commit: 0, round: 1 });
  node.completePersists();
  node.clear().receive(2, { ...append, previous: first, entries: entriesOf([1]) });
  node.receive(2, { type: "heartbeat", term: 1, commit: 0, round: 2 });
  assert.deepEqual(
    node.take("heartbeat-response").map(({ message }) => message.round),
    [2],
  );
});

test("but it waits for its term", () => {
  const node = new Node({ manualDisk: true });
  node.receive(2, { type: "heartbeat", term: 1, commit: 0, round: 1 });
  assert.deepEqual(node.take("heartbeat-response"), []);
  node.completePersists();
  assert.equal(node.take("heartbeat-response").length, 1);
});

test("what is durable is acknowledged at once, whatever else is on its way to the disk", () => {
  const node = new Node({ manualDisk: true });
  node.receive(2, { ...append, previous: first, entries: entriesOf([1]) });
  node.completePersists();
  node.clear().receive(2, { ...append, previous: { index: 1, term: 1 }, entries: entriesOf([1], 2) });
  node.receive(2, { ...append, previous: first, entries: entriesOf([1]) });
  assert.deepEqual(
    node.take("append-accepted").map(({ message }) => message.match),
    [1],
  );
});

test("an entry that came a second time while the disk still has it to write is acknowledged when it is written", () => {
  const node = new Node({ manualDisk: true });
  for (let time = 0; time < 2; time++) node.receive(2, { ...append, previous: first, entries: entriesOf([1]) });
  assert.deepEqual(node.take("append-accepted"), []);
  node.completePersists();
  assert.deepEqual(
    node.take("append-accepted").map(({ message }) => message.match),
    [1],
  );
});

test("a promise of a term that has passed is never spoken", () => {
  const node = new Node({ manualDisk: true });
  node.receive(2, { type: "vote-request", term: 5, last: first, transfer: false });
  node.receive(3, { type: "heartbeat", term: 6, commit: 0, round: 1 });
  node.completePersists();
  assert.deepEqual(node.take("vote-response"), []);
  assert.equal(node.take("heartbeat-response").length, 1);
});

test("each write releases the promises that rest on it, and no others", () => {
  const node = new Node({ manualDisk: true });
  node.receive(2, { ...append, previous: first, entries: entriesOf([1]) });
  node.receive(2, { ...append, previous: { index: 1, term: 1 }, entries: entriesOf([1], 2) });
  node.completePersists(1);
  assert.deepEqual(
    node.take("append-accepted").map(({ message }) => message.match),
    [1],
  );
  node.completePersists(1);
  assert.deepEqual(
    node.take("append-accepted").map(({ message }) => message.match),
    [2],
  );
});

test("a truncation that the disk has not done holds back only what lies behind it", () => {
  const node = new Node({ log: [1, 1], hardState: { term: 1, vote: 0, commit: 0 }, manualDisk: true });
  node.receive(2, { ...append, previous: { index: 2, term: 1 }, entries: entriesOf([1], 3) });
  node.receive(3, { ...append, term: 2, previous: { index: 2, term: 1 }, entries: entriesOf([2, 2], 3) });
  node.completePersists(1);
  assert.equal(node.core.status().durableIndex, 2);
  node.completePersists(1);
  assert.equal(node.core.status().durableIndex, 4);
});

test("two truncations within one turn go to the disk as the deeper one", () => {
  const node = new Node({ log: [1, 1, 1], hardState: { term: 1, vote: 0, commit: 0 }, manualDisk: true });
  const conflicting = { type: "append", term: 2, commit: 0 } as const;
  node.core.receive(node.now, 2, 1, { ...conflicting, previous: { index: 2, term: 1 }, entries: entriesOf([2], 3) });
  node.core.receive(node.now, 3, 1, { ...conflicting, term: 3, previous: first, entries: entriesOf([3]) });
  node.flush();
  node.completePersists();
  assert.deepEqual(
    node.stored.map(({ term }) => term),
    [3],
  );
  assert.equal(node.core.status().durableIndex, 1);
});

test("the commit index reaches the disk with later entries, and never alone", () => {
  const node = new Node({ manualDisk: true });
  node.receive(2, { ...append, previous: first, commit: 1, entries: entriesOf([1]) });
  node.completePersists();
  const writes = node.effects.filter(({ type }) => type === "persist").length;
  node.receive(2, { type: "heartbeat", term: 1, commit: 1, round: 1 });
  assert.equal(node.effects.filter(({ type }) => type === "persist").length, writes, "no write for it alone");
  node.receive(2, { ...append, previous: { index: 1, term: 1 }, commit: 1, entries: entriesOf([1], 2) });
  node.completePersists();
  assert.deepEqual(node.hardState, { term: 1, vote: 0, commit: 1 });
});

test("the disk starts before the network: what is to be stored is handed over first", () => {
  const node = new Node().lead();
  const before = node.effects.length;
  node.propose("x");
  assert.deepEqual(
    node.effects.slice(before).map(({ type }) => type),
    ["persist", "send", "send"],
  );
});

test("a completion of what was never handed to the disk stops the member", () => {
  const node = new Node();
  assert.throws(() => node.core.stored(node.now, 99, first), /only what was handed to the disk is stored/);
});

test("the appends of one turn are one write, and gather one answer: the furthest", () => {
  const node = new Node();
  node.core.receive(node.now, 2, 1, { ...append, previous: first, entries: entriesOf([1]) });
  node.core.receive(node.now, 2, 1, { ...append, previous: { index: 1, term: 1 }, entries: entriesOf([1], 2) });
  node.flush();
  assert.deepEqual(
    node.take("append-accepted").map(({ message }) => message.match),
    [2],
  );
});

test("an append that brings nothing new writes nothing", () => {
  const node = new Node({ manualDisk: true });
  node.receive(2, { ...append, previous: first, entries: entriesOf([1]) });
  node.completePersists();
  for (const entries of [[], entriesOf([1])]) node.receive(2, { ...append, previous: first, entries });
  assert.deepEqual(node.pendingPersists, []);
  assert.deepEqual(
    node.take("append-accepted").map(({ message }) => message.match),
    [1, 0, 1],
  );
});
