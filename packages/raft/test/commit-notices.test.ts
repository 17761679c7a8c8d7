import assert from "node:assert/strict";
import { test } from "node:test";
import { Node } from "./support/node.ts";

/** What went to `to`, as [entries, commit index]. */
function appendsTo(node: Node, to: number): [number, number][] {
  return node
    .take("append")
    .filter((sent) => sent.to === to)
    .map(({ message }) => [message.entries.length, message.commit]);
}

test("the news of a commit travels with the next entries", () => {
  const node = new Node().lead();
  node.propose("a");
  node.clear();
  node.acknowledge(2);
  assert.deepEqual(appendsTo(node, 2), [], "nothing of its own");
  node.advance(1);
  node.propose("b");
  assert.deepEqual(appendsTo(node, 2), [[1, 2]]);
});

test("without entries it goes on its own within 2 ms, once", () => {
  const node = new Node().lead();
  node.advance(2);
  node.propose("a");
  node.clear();
  node.acknowledge(2);
  const { now } = node;
  assert.equal(node.core.deadline(), now + 2);
  node.advance(1.9);
  assert.deepEqual([appendsTo(node, 2), appendsTo(node, 3)], [[], []]);
  node.advance(0.1);
  for (const id of [2, 3]) {
    assert.deepEqual(
      node.sent.filter(({ to, message }) => to === id && message.type === "append").length,
      1,
      `member ${id}`,
    );
  }
  node.clear();
  node.advance(5);
  assert.deepEqual([appendsTo(node, 2), appendsTo(node, 3)], [[], []]);
  assert.ok(node.core.deadline() > node.now + 10, "and nobody is woken for it again");
});

test("a second commit does not put off the news of the first", () => {
  const node = new Node().lead();
  node.advance(2);
  node.propose("a");
  node.propose("b");
  node.clear();
  node.acknowledge(2, 2);
  const due = node.core.deadline();
  node.advance(1);
  node.acknowledge(2, 3);
  assert.equal(node.core.deadline(), due);
  node.advance(1);
  assert.deepEqual(appendsTo(node, 2), [[0, 3]]);
});

test("the member that passed commands on is told of their commit at once, and no other", () => {
  const node = new Node().lead();
  node.advance(2);
  const asked = node.core.propose(node.now, [Uint8Array.of(1)], 3);
  assert.ok(asked.ok);
  node.flush();
  node.clear();
  node.acknowledge(2);
  assert.deepEqual(appendsTo(node, 3), [[0, 2]]);
  node.propose("not its own");
  node.clear();
  node.acknowledge(2);
  assert.deepEqual(appendsTo(node, 3), []);
});

test("a follower whose read is answered is told of the commit index that it must reach", () => {
  const node = new Node().lead();
  node.advance(2);
  node.propose("a");
  node.acknowledge(2);
  node.receive(3, { type: "read-index-request", term: node.term, id: 77 });
  const round = node.takeRound();
  node.clear();
  node.answer(round, 2);
  assert.deepEqual(
    node.sent.filter(({ to }) => to === 3).map(({ message }) => message.type),
    ["read-index-response", "append"],
  );
  assert.deepEqual(appendsTo(node, 3), [[0, 2]]);
});
