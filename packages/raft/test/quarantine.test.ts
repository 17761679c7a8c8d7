/** A member whose log was damaged may have lost what it acknowledged: when it gets its voice back (docs/raft.md, Quarantine). */
import assert from "node:assert/strict";
import { test } from "node:test";
import { entriesOf } from "./support/fixtures.ts";
import { Node, type NodeOptions } from "./support/node.ts";

const first = { index: 0, term: 0 };
const append = { type: "append", term: 5 } as const;

/** A quarantined member that has heard the leader of term 5 and asked it. */
function quarantined(options: NodeOptions = {}): { node: Node; id: number } {
  const node = new Node({ quarantined: true, incarnation: 2, ...options });
  node.receive(2, { type: "heartbeat", term: 5, commit: 0, round: 1 });
  const [ask] = node.take("read-index-request");
  assert.ok(ask, "it asks its leader what is committed now");
  return { node: node.clear(), id: ask.message.id };
}

function isQuarantined(node: Node): boolean {
  return node.core.status().quarantined;
}

test("it takes entries, and neither stands, nor votes, nor answers a pre-vote with yes", () => {
  const node = new Node({ quarantined: true, log: [1], hardState: { term: 3, vote: 0, commit: 0 }, incarnation: 2 });
  for (let step = 0; step < 10; step++) node.expire();
  assert.equal(node.role, "follower");
  node.receive(3, { type: "pre-vote-request", term: 3, electionTerm: 4, last: { index: 9, term: 3 } });
  assert.equal(node.take("pre-vote-response")[0]?.message.granted, false);
  node.receive(3, { type: "vote-request", term: 4, last: { index: 9, term: 3 }, transfer: true });
  assert.equal(node.take("vote-response")[0]?.message.granted, false);
  node.receive(2, { ...append, previous: { index: 1, term: 1 }, commit: 0, entries: entriesOf([5], 2) });
  assert.equal(node.take("append-accepted")[0]?.message.match, 2);
});

test("it has a voice again when it holds, committed, what the leader had committed after its restart", () => {
  const { node, id } = quarantined();
  node.receive(2, { type: "read-index-response", term: 5, id, index: 3 });
  node.receive(2, { ...append, previous: first, entries: entriesOf([5, 5]), commit: 2 });
  assert.equal(isQuarantined(node), true, "two of three entries are not all");
  node.receive(2, { ...append, previous: { index: 2, term: 5 }, entries: entriesOf([5], 3), commit: 2 });
  assert.equal(isQuarantined(node), true, "and what is not known to be committed may be cut again");
  node.receive(2, { type: "heartbeat", term: 5, commit: 3, round: 2 });
  assert.equal(isQuarantined(node), false);
});

test("not before its disk has it", () => {
  const { node, id } = quarantined({ manualDisk: true });
  node.receive(2, { type: "read-index-response", term: 5, id, index: 2 });
  node.receive(2, { ...append, previous: first, commit: 2, entries: entriesOf([5, 5]) });
  assert.deepEqual([node.core.status().commitIndex, isQuarantined(node)], [2, true]);
  node.completePersists();
  assert.equal(isQuarantined(node), false);
});

test("not for what it found committed on its own disk, before the leader's log has confirmed it", () => {
  const { node, id } = quarantined({ log: [1, 1, 1], hardState: { term: 4, vote: 0, commit: 3 } });
  node.receive(2, { type: "read-index-response", term: 5, id, index: 3 });
  node.receive(2, { type: "heartbeat", term: 5, commit: 3, round: 2 });
  assert.deepEqual([node.core.status().commitIndex, isQuarantined(node)], [3, true]);
  node.receive(2, { ...append, previous: { index: 3, term: 1 }, commit: 3, entries: [] });
  assert.equal(isQuarantined(node), false);
});

test("its ordinary reads are answered meanwhile, and do not end it", () => {
  const { node } = quarantined();
  node.read(9);
  const [read] = node.take("read-index-request");
  node.receive(2, { type: "read-index-response", term: 5, id: read?.message.id ?? 0, index: 1 });
  assert.deepEqual(node.reads, [{ id: 9, index: 1 }]);
  node.receive(2, { ...append, previous: first, commit: 1, entries: entriesOf([5]) });
  assert.equal(isQuarantined(node), true);
});

test("an answer to an older question does not end it", () => {
  const { node, id } = quarantined();
  node.now += 1000;
  node.receive(2, { type: "heartbeat", term: 5, commit: 0, round: 2 });
  const [again] = node.take("read-index-request");
  assert.ok(again && again.message.id > id);
  node.receive(2, { type: "read-index-response", term: 5, id, index: 1 });
  node.receive(2, { ...append, previous: first, commit: 1, entries: entriesOf([5]) });
  assert.equal(isQuarantined(node), true);
});

test("it asks again after T, and no sooner, while it has no answer or the leader could not take the question", () => {
  const { node, id } = quarantined();
  const hear = (afterMs: number): number => {
    node.now += afterMs;
    node.receive(2, { type: "heartbeat", term: 5, commit: 0, round: 2 });
    return node.take("read-index-request").length;
  };
  node.receive(2, { type: "read-index-response", term: 5, id, index: 0 });
  assert.equal(hear(999), 0);
  assert.equal(hear(1), 1);
  assert.equal(hear(999), 0);
  assert.equal(hear(1), 1);
});

test("once it knows what to wait for, it asks no more", () => {
  const { node, id } = quarantined();
  node.receive(2, { type: "read-index-response", term: 5, id, index: 3 });
  node.now += 5000;
  node.receive(2, { type: "heartbeat", term: 5, commit: 0, round: 2 });
  assert.deepEqual(node.take("read-index-request"), []);
});

test("it does not say who decides at an index that its log has lost, or may have lost: its state may reach further", () => {
  const node = new Node({
    quarantined: true,
    log: [1, 1, 1],
    hardState: { term: 3, vote: 0, commit: 2 },
    incarnation: 2,
  });
  assert.equal(node.core.configurationAt(2)?.index, 0);
  assert.equal(node.core.configurationAt(3), undefined, "entry 3 may have been replaced by another configuration");
  assert.equal(node.core.configurationAt(9), undefined, "there may have been a configuration between");
  node.receive(2, { ...append, previous: { index: 3, term: 1 }, entries: entriesOf([5], 4), commit: 4 });
  assert.equal(node.core.configurationAt(4)?.index, 0);
});
