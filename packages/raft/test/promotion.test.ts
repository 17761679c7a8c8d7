/** Learners that are promoted by themselves (dissertation §4.2.1), and when a member counts as caught up. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { PastEnds } from "../src/past-ends.ts";
import { Cluster } from "./support/cluster.ts";
import { addressesOf, configurationOf, withLearners } from "./support/fixtures.ts";
import { Node } from "./support/node.ts";

/** A leader of 1, 2, 3 with learner 4, which is to be promoted; nothing of it is known. */
function leaderWithNewcomer(): Node {
  return new Node({ configuration: { ...configurationOf([1, 2, 3], [], [4]), promotable: [4] } }).lead();
}

/** One heartbeat interval with `writes` entries, all of which voters 2 and 3 take. */
function beat(node: Node, writes: number): void {
  for (let at = 0; at < writes; at++) node.propose("x");
  for (const id of [2, 3]) node.acknowledge(id);
  node.expire();
  node.answer(node.takeRound(), 2, 3, 4);
}

test("a learner that is to be promoted becomes a voter once it is caught up, and another one never does", () => {
  const cluster = new Cluster([1, 2, 3]);
  cluster.run(3000);
  for (const id of [4, 5]) cluster.add(id);
  const { leader } = cluster;
  assert.equal(leader.change({ ...withLearners([1, 2, 3], 4, 5), promotable: [4] }).ok, true);
  cluster.run(2000);
  for (const id of [1, 2, 3, 4, 5]) {
    const { voters, outgoing, learners, promotable } = cluster.node(id).core.status().configuration;
    assert.deepEqual([voters, outgoing, learners, promotable], [[1, 2, 3, 4], [], [5], []]);
  }
});

test("a learner that has nothing is not promoted, however long it is heard", () => {
  const node = leaderWithNewcomer();
  for (let at = 0; at < 30; at++) beat(node, 0);
  assert.equal(node.deciders, "1 2 3");
});

test("under a steady load a learner is promoted although it always lags a little", () => {
  const node = leaderWithNewcomer();
  for (let at = 0; at < 10; at++) beat(node, 5);
  node.acknowledge(4, node.last.index - 40);
  assert.equal(node.deciders, "1 2 3", "T/2 ago the log was longer than that");
  node.acknowledge(4, node.last.index - 15);
  assert.equal(node.deciders, "1 2 3 4 and 1 2 3");
});

test("a leader that is younger than T/2 promotes only who holds everything", () => {
  const node = leaderWithNewcomer();
  node.propose("x");
  for (const id of [2, 3]) node.acknowledge(id);
  node.acknowledge(4, node.last.index - 1);
  assert.equal(node.deciders, "1 2 3");
  node.acknowledge(4);
  assert.equal(node.deciders, "1 2 3 4 and 1 2 3");
});

test("a learner that was not heard within T is not promoted, whatever it held before", () => {
  const node = leaderWithNewcomer();
  node.change({ promotable: [] });
  for (const id of [2, 3, 4]) node.acknowledge(id);
  for (let at = 0; at < 11; at++) {
    node.expire();
    node.answer(node.takeRound(), 2, 3);
  }
  node.change({ promotable: [4] });
  for (const id of [2, 3]) node.acknowledge(id);
  assert.equal(node.deciders, "1 2 3");
  node.acknowledge(4);
  assert.equal(node.deciders, "1 2 3 4 and 1 2 3");
});

test("several learners that are caught up are promoted in one change", () => {
  const configuration = { ...configurationOf([1], [], [2, 3]), promotable: [2, 3] };
  const node = new Node({ configuration, manualDisk: true });
  node.expire();
  node.completePersists();
  for (const id of [2, 3]) node.receive(id, { type: "append-accepted", term: 1, match: 1 });
  assert.equal(node.deciders, "1");
  node.completePersists();
  assert.equal(node.deciders, "1 2 3 and 1");
});

test("a promotion that was given up is not tried again by itself", () => {
  const node = leaderWithNewcomer();
  node.acknowledge(4);
  assert.equal(node.deciders, "1 2 3 4 and 1 2 3");
  assert.equal(node.abandon().ok, true);
  for (const id of [2, 3, 4]) node.acknowledge(id);
  for (let at = 0; at < 20; at++) beat(node, 1);
  node.acknowledge(4);
  assert.equal(node.deciders, "1 2 3");
  assert.deepEqual(node.core.status().configuration.learners, [4]);
});

test("one becomes three and one again, and serves at every step", () => {
  const cluster = new Cluster([1]);
  cluster.run(3000);
  const one = cluster.node(1);
  for (const id of [2, 3]) cluster.add(id);
  one.change({ ...withLearners([1], 2, 3), promotable: [2, 3] });
  cluster.run(1000);
  assert.equal(one.deciders, "1 2 3");
  cluster.run(2000);
  one.propose("by three");
  cluster.run(50);
  assert.equal(cluster.node(3).core.status().commitIndex, one.last.index);
  assert.equal(one.change({ voters: [1], learners: [], members: addressesOf(1) }).ok, true);
  cluster.run(1000);
  assert.deepEqual(
    [1, 2, 3].map((id) => cluster.node(id).deciders),
    ["1", "1", "1"],
  );
  cluster.isolate(1);
  one.propose("alone");
  cluster.run(5000);
  assert.equal(one.role, "leader");
  assert.equal(one.core.status().commitIndex, one.last.index);
  assert.deepEqual(cluster.leaders, [one], "the two that left elect nobody");
});

test("all members replaced at once, the leader included, while writes go on", () => {
  const cluster = new Cluster([1, 2, 3]);
  cluster.run(3000);
  for (const id of [4, 5, 6]) cluster.add(id);
  cluster.leader.change(withLearners([1, 2, 3], 4, 5, 6));
  let accepted = 0;
  const write = (): void => {
    if (cluster.leader.propose(`w${accepted}`).ok) accepted++;
    cluster.run(20);
  };
  for (let at = 0; at < 20; at++) write();
  cluster.leader.change({ voters: [4, 5, 6], learners: [] });
  for (let at = 0; at < 40; at++) write();
  assert.ok(cluster.leader.id >= 4);
  assert.equal(cluster.leader.deciders, "4 5 6");
  for (const id of [1, 2, 3]) cluster.isolate(id);
  for (let at = 0; at < 5; at++) write();
  const commands = cluster.leader.committed.filter(({ kind }) => kind === 1);
  assert.equal(commands.length, accepted, "every write that was taken is committed, once");
});

test("a single voter whose newcomer dies the moment it is promoted takes the promotion back and goes on", () => {
  const cluster = new Cluster([1]);
  cluster.run(3000);
  const one = cluster.node(1);
  cluster.add(2);
  // Nothing of it is heard any more from the moment at which its voice counts.
  cluster.loses = (from) => from === 2 && one.deciders !== "1";
  one.change({ ...withLearners([1], 2), promotable: [2] });
  cluster.run(500);
  assert.equal(one.deciders, "1 2 and 1");
  cluster.isolate(2);
  cluster.run(1500);
  assert.deepEqual([one.role, one.deciders], ["leader", "1"]);
  one.propose("served by one");
  cluster.run(10);
  assert.equal(one.core.status().commitIndex, one.last.index);
});

test("where the log ended is remembered for as long as it is asked for, however long a leader leads", () => {
  const ends = new PastEnds();
  for (let beat = 0; beat <= 10_000; beat++) ends.note(100 * beat, beat, 500);
  assert.ok(ends.size <= 7, `${ends.size} marks`);
  const now = 1_000_050;
  assert.equal(ends.endAt(now), 10_000);
  assert.equal(ends.endAt(now - 500), 9995);
  assert.equal(new PastEnds().endAt(now), undefined);
});
