import assert from "node:assert/strict";
import { test } from "node:test";
import { Cluster } from "./support/cluster.ts";
import { textOf } from "./support/fixtures.ts";

test("three members elect one leader, which commits what it is given", () => {
  const cluster = new Cluster([1, 2, 3]);
  cluster.run(3000);
  assert.equal(cluster.leaders.length, 1);
  cluster.leader.propose("a", "b");
  cluster.settle();
  cluster.run(10);
  for (const node of cluster.nodes.values()) {
    assert.deepEqual(node.committed.filter((entry) => entry.kind === 1).map(textOf), ["a", "b"]);
  }
});

test("a member that was cut off comes back without a leader change and without a term change", () => {
  const cluster = new Cluster([1, 2, 3]);
  cluster.run(3000);
  const { leader } = cluster;
  const other = [...cluster.nodes.values()].find((node) => node !== leader);
  assert.ok(other);
  const { term } = leader;
  cluster.isolate(other.id);
  cluster.run(30_000);
  leader.propose("while away");
  cluster.settle();
  cluster.heal();
  cluster.run(5000);
  assert.equal(leader.role, "leader");
  assert.deepEqual(
    [...cluster.nodes.values()].map((node) => node.term),
    [term, term, term],
  );
  assert.equal(other.core.status().commitIndex, leader.core.status().commitIndex);
});

test("when the leader is lost, another leads within three timeouts, and the old one rejoins", () => {
  const cluster = new Cluster([1, 2, 3]);
  cluster.run(3000);
  const old = cluster.leader;
  old.propose("kept");
  cluster.settle();
  cluster.isolate(old.id);
  cluster.run(3000);
  assert.notEqual(cluster.leader, old);
  assert.notEqual(old.role, "leader", "check-quorum ended the old leadership");
  cluster.leader.propose("new");
  cluster.settle();
  cluster.heal();
  cluster.run(3000);
  assert.equal(cluster.leaders.length, 1);
  const logs = [...cluster.nodes.values()].map((node) =>
    node.committed.map((entry) => `${entry.index}@${entry.term}`).join(),
  );
  assert.equal(new Set(logs).size, 1);
});

test("a follower that the leader no longer hears, but that hears the leader, starts no election", () => {
  const cluster = new Cluster([1, 2, 3]);
  cluster.run(3000);
  const { leader } = cluster;
  const other = [...cluster.nodes.values()].find((node) => node !== leader);
  assert.ok(other);
  const { term } = leader;
  cluster.cut(other.id, leader.id);
  cluster.run(20_000);
  assert.equal(leader.role, "leader");
  assert.equal(leader.term, term);
});

test("a follower that hears nobody, but is heard, neither deposes the leader nor raises a term", () => {
  const cluster = new Cluster([1, 2, 3]);
  cluster.run(3000);
  const { leader } = cluster;
  const deaf = [...cluster.nodes.values()].find((node) => node !== leader);
  assert.ok(deaf);
  for (const id of cluster.nodes.keys()) if (id !== deaf.id) cluster.cut(id, deaf.id);
  const { term } = leader;
  cluster.run(20_000);
  assert.equal(leader.role, "leader");
  assert.equal(deaf.term, term);
});

test("reads on leader and follower wait for a round of the leader", () => {
  const cluster = new Cluster([1, 2, 3]);
  cluster.run(3000);
  const { leader } = cluster;
  const other = [...cluster.nodes.values()].find((node) => node !== leader);
  assert.ok(other);
  leader.propose("x");
  cluster.settle();
  leader.read(7);
  other.read(8);
  assert.deepEqual(leader.reads, []);
  cluster.settle();
  const { commitIndex } = leader.core.status();
  assert.deepEqual(leader.reads, [{ id: 7, index: commitIndex }]);
  assert.deepEqual(other.reads, [{ id: 8, index: commitIndex }]);
});

test("a member stranded at a higher term is taken back in at once, by the same leader", () => {
  const cluster = new Cluster([1, 2, 3], (id) => (id === 3 ? { hardState: { term: 40, vote: 3, commit: 0 } } : {}));
  cluster.cut(3, 1);
  cluster.cut(3, 2);
  cluster.run(4000);
  const { leader } = cluster;
  cluster.heal();
  cluster.run(500);
  assert.equal(cluster.leader, leader);
  assert.equal(leader.term, 41);
  leader.propose("after");
  cluster.settle();
  cluster.run(10);
  assert.equal(cluster.node(3).core.status().commitIndex, leader.core.status().commitIndex);
});
