/**
 * The Raft paper (Ongaro and Ousterhout, extended version), §5.3 to §5.6, §6 and §8, and the AppendEntries rules of
 * Figure 2: one test for each sentence that states a rule.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { payloadOf } from "@quorate/raft";
import { Cluster } from "./support/cluster.ts";
import { entriesOf, textOf } from "./support/fixtures.ts";
import { Node } from "./support/node.ts";

const first = { index: 0, term: 0 };

test("§5.3: the leader appends the command to its log as a new entry and sends it to each other server in parallel", () => {
  const node = new Node().lead();
  node.propose("x");
  assert.equal(textOf(node.stored.at(-1) as never), "x");
  const appends = node.take("append");
  assert.deepEqual(
    appends.map(({ to }) => to),
    [2, 3],
  );
  for (const { message } of appends) assert.deepEqual(message.entries.map(textOf), ["x"]);
});

test("§5.3: each log entry stores a command, the term in which the leader received it, and an index", () => {
  const node = new Node({ hardState: { term: 6, vote: 0, commit: 0 } }).lead();
  node.propose("x");
  const entry = node.stored.at(-1);
  assert.equal(entry?.term, 7);
  assert.equal(entry?.index, 2);
  assert.deepEqual([...payloadOf(entry as never)], [120]);
});

test("§5.3: if followers are slow or messages are lost, the leader retries until all followers store all entries", () => {
  const node = new Node().lead();
  node.propose("x");
  node.clear();
  // Both followers go on answering heartbeats; the append to one of them was lost.
  node.acknowledge(2);
  let found = 0;
  for (let step = 0; step < 20 && found === 0; step++) {
    node.expire();
    node.answer(node.takeRound(), 2, 3);
    if (node.take("append").some(({ to }) => to === 3)) node.reject(3, 1);
    found = node.take("append").filter(({ to, message }) => to === 3 && message.entries.length > 0).length;
  }
  assert.equal(found, 1);
});

test("§5.3: an entry is committed once the leader that created it has replicated it on a majority", () => {
  const node = new Node({ voters: [1, 2, 3, 4, 5] }).lead();
  node.propose("x");
  node.acknowledge(2);
  assert.equal(node.core.status().commitIndex, 1);
  node.acknowledge(3);
  assert.equal(node.core.status().commitIndex, 2);
});

test("§5.3: this also commits all preceding entries in the leader's log, of previous leaders too", () => {
  const node = new Node({ log: [1, 2, 2], hardState: { term: 3, vote: 0, commit: 0 } }).lead({ commitNoop: false });
  assert.equal(node.core.status().commitIndex, 0);
  node.acknowledge(2);
  assert.equal(node.core.status().commitIndex, 4);
  assert.deepEqual(
    node.committed.map(({ term }) => term),
    [1, 2, 2, 4],
  );
});

test("§5.3: the leader includes its highest committed index in future appends and heartbeats", () => {
  const node = new Node().lead();
  node.propose("x");
  for (const id of [2, 3]) node.acknowledge(id);
  node.clear();
  node.propose("y");
  assert.deepEqual(
    node.take("append").map(({ message }) => message.commit),
    [2, 2],
  );
  node.expire();
  assert.deepEqual(
    node.take("heartbeat").map(({ message }) => message.commit),
    [2, 2],
  );
});

test("§5.3: once a follower learns that an entry is committed, it applies it, in log order", () => {
  const node = new Node();
  node.receive(2, { type: "append", term: 1, previous: first, commit: 0, entries: entriesOf([1, 1, 1]) });
  assert.deepEqual(node.committed, []);
  node.receive(2, { type: "append", term: 1, previous: { index: 3, term: 1 }, commit: 2, entries: [] });
  assert.deepEqual(
    node.committed.map(({ index }) => index),
    [1, 2],
  );
});

test("§5.3: if the follower has no entry with that index and term, it refuses the new entries", () => {
  for (const [log, previous] of [
    [[1], { index: 2, term: 1 }],
    [[1, 1], { index: 2, term: 2 }],
    [[], { index: 1, term: 1 }],
  ] as const) {
    const node = new Node({ log, hardState: { term: 3, vote: 0, commit: 0 } });
    node.receive(2, { type: "append", term: 3, previous, commit: 9, entries: entriesOf([3], previous.index + 1) });
    assert.equal(node.take("append-rejected").length, 1, JSON.stringify(previous));
    assert.equal(node.last.index, log.length);
    assert.equal(node.core.status().commitIndex, 0);
  }
});

/** Figure 7: the leader's log, and six followers that may exist with it. */
const leaderTerms = [1, 1, 1, 4, 4, 5, 5, 6, 6, 6];
const figure7: readonly (readonly [string, readonly number[]])[] = [
  ["a", [1, 1, 1, 4, 4, 5, 5, 6, 6]],
  ["b", [1, 1, 1, 4]],
  ["c", [1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 6]],
  ["d", [1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 7, 7]],
  ["e", [1, 1, 1, 4, 4, 4, 4]],
  ["f", [1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 3]],
];
for (const [name, log] of figure7) {
  test(`§5.3, Figure 7 (${name}): the leader forces the follower's log to duplicate its own`, () => {
    const leader = new Node({ id: 1, log: leaderTerms, hardState: { term: 7, vote: 0, commit: 0 } });
    leader.expire();
    leader.receive(3, { type: "pre-vote-response", term: 7, electionTerm: 8, granted: true });
    leader.receive(3, { type: "vote-response", term: 8, granted: true });
    assert.equal(leader.role, "leader");
    const follower = new Node({ id: 2, log, hardState: { term: 7, vote: 0, commit: 0 } });
    let trips = 0;
    for (; trips < 20; trips++) {
      const appends = leader.take("append").filter(({ to }) => to === 2);
      if (appends.length === 0) break;
      for (const { message } of appends) follower.receive(1, message);
      for (const { message } of follower.sent.splice(0)) leader.receive(2, message);
    }
    assert.deepEqual(
      follower.stored.map(({ term }) => term),
      [...leaderTerms, 8],
    );
    assert.ok(trips <= 5, `${trips} round trips, at most one for each term`);
  });
}

test("§5.3: backtracking takes one round trip for each conflicting term, not for each entry", () => {
  const leader = new Node({ id: 1, log: Array.from({ length: 5000 }, (_, at) => (at < 100 ? 1 : 3)) });
  leader.expire();
  leader.receive(3, { type: "pre-vote-response", term: 3, electionTerm: 4, granted: true });
  leader.receive(3, { type: "vote-response", term: 4, granted: true });
  const follower = new Node({ id: 2, log: Array.from({ length: 4000 }, (_, at) => (at < 100 ? 1 : 2)) });
  let trips = 0;
  for (; trips < 50 && follower.last.index < 5001; trips++) {
    for (const { message } of leader.take("append").filter(({ to }) => to === 2)) follower.receive(1, message);
    for (const { message } of follower.sent.splice(0)) leader.receive(2, message);
  }
  assert.equal(follower.last.index, 5001);
  assert.ok(trips <= 5, `${trips} round trips`);
});

test("§5.3: a leader never overwrites or deletes entries in its own log", () => {
  const cluster = new Cluster([1, 2, 3]);
  cluster.run(3000);
  const { leader } = cluster;
  const held: string[] = [];
  for (let step = 0; step < 20; step++) {
    leader.propose(`v${step}`);
    cluster.run(50);
    const now = leader.stored.map((entry) => `${entry.index}@${entry.term}`);
    assert.deepEqual(now.slice(0, held.length), held);
    held.splice(0, held.length, ...now);
  }
});

test("Figure 2, AppendEntries 3: an existing entry that conflicts is deleted with all that follow it", () => {
  const node = new Node({ log: [1, 1, 2, 2, 2], hardState: { term: 3, vote: 0, commit: 0 } });
  node.receive(2, { type: "append", term: 3, previous: { index: 2, term: 1 }, commit: 0, entries: entriesOf([3], 3) });
  assert.deepEqual(
    node.stored.map(({ term }) => term),
    [1, 1, 3],
  );
  assert.equal(node.take("append-accepted")[0]?.message.match, 3);
});

test("Figure 2, AppendEntries 3 and 4: a late, shorter append deletes nothing that matches", () => {
  const node = new Node();
  node.receive(2, { type: "append", term: 1, previous: first, commit: 0, entries: entriesOf([1, 1, 1, 1]) });
  node.receive(2, { type: "append", term: 1, previous: first, commit: 0, entries: entriesOf([1, 1]) });
  assert.equal(node.stored.length, 4);
  assert.deepEqual(
    node.take("append-accepted").map(({ message }) => message.match),
    [4, 2],
    "and acknowledges only what that append held",
  );
});

test("Figure 2, AppendEntries 5: commitIndex becomes min(leaderCommit, index of last new entry)", () => {
  const node = new Node({ log: [1, 1, 1, 1, 1], hardState: { term: 2, vote: 0, commit: 0 } });
  node.receive(2, { type: "append", term: 2, previous: { index: 1, term: 1 }, commit: 5, entries: entriesOf([1], 2) });
  assert.equal(node.core.status().commitIndex, 2, "the entries after it may be another leader's");
});

test("Figure 2: entries are on stable storage before the follower answers", () => {
  const node = new Node({ manualDisk: true });
  node.receive(2, { type: "append", term: 1, previous: first, commit: 0, entries: entriesOf([1]) });
  assert.deepEqual(node.take("append-accepted"), []);
  node.completePersists();
  assert.equal(node.take("append-accepted")[0]?.message.match, 1);
});

test("§5.4.1: the voter denies its vote if its own log is more up to date than that of the candidate", () => {
  const node = new Node({ log: [1, 2, 2], hardState: { term: 3, vote: 0, commit: 0 } });
  node.now = 3000;
  const asked: readonly (readonly [number, number, boolean])[] = [
    [3, 2, true],
    [4, 2, true],
    [1, 3, true],
    [2, 2, false],
    [9, 1, false],
    [0, 0, false],
  ];
  asked.forEach(([index, term, granted], at) => {
    node.receive(2, { type: "vote-request", term: 10 + at, last: { index, term }, transfer: false });
    assert.equal(node.take("vote-response")[0]?.message.granted, granted, `last entry ${index}@${term}`);
  });
});

test("§5.4.2, Figure 8: a leader never commits an entry of an earlier term by counting replicas", () => {
  const node = new Node({ voters: [1, 2, 3, 4, 5], log: [1, 2], hardState: { term: 3, vote: 0, commit: 1 } });
  node.lead({ commitNoop: false });
  assert.equal(node.term, 4);
  for (const id of [2, 3, 4, 5]) node.acknowledge(id, 2);
  assert.equal(node.core.status().commitIndex, 1, "on all five members, and still not committed");
  node.acknowledge(2, 3);
  node.acknowledge(3, 3);
  assert.equal(node.core.status().commitIndex, 3, "committed with the first entry of its own term");
});

test("§5.5: appends are idempotent: a follower ignores entries that are already in its log", () => {
  const node = new Node();
  const append = { type: "append", term: 1, previous: first, commit: 1, entries: entriesOf([1, 1]) } as const;
  node.receive(2, append);
  node.receive(2, append);
  assert.equal(node.stored.length, 2);
  assert.deepEqual(
    node.committed.map(({ index }) => index),
    [1],
  );
});

test("§5.6: safety does not depend on timing: a frozen and revived leader changes nothing that was committed", () => {
  const cluster = new Cluster([1, 2, 3]);
  cluster.run(3000);
  const old = cluster.leader;
  old.propose("before");
  cluster.settle();
  cluster.isolate(old.id);
  for (const node of cluster.nodes.values()) if (node !== old) node.propose("not a leader");
  old.propose("lost");
  cluster.run(4000);
  cluster.leader.propose("after");
  cluster.settle();
  cluster.heal();
  cluster.run(2000);
  const texts = old.committed.filter(({ kind }) => kind === 1).map(textOf);
  assert.deepEqual(texts, ["before", "after"]);
});

test("§6: commitment needs a majority of both configurations while joint", () => {
  const node = new Node({ voters: [1, 2, 3], outgoing: [1, 4, 5] }).lead({ commitNoop: false });
  node.propose("x");
  node.acknowledge(2);
  node.acknowledge(3);
  assert.equal(node.core.status().commitIndex, 0);
  node.acknowledge(4);
  assert.equal(node.core.status().commitIndex, 2, "the no-op and what came after it");
});

test("§6: learners receive the log and never count", () => {
  const node = new Node({ voters: [1, 2, 3], learners: [4, 5] }).lead();
  for (const id of [4, 5]) node.acknowledge(id);
  node.clear().propose("x");
  assert.deepEqual(
    node.take("append").map(({ to }) => to),
    [2, 3, 4, 5],
  );
  const before = node.core.status().commitIndex;
  node.acknowledge(4);
  node.acknowledge(5);
  assert.equal(node.core.status().commitIndex, before);
});

test("§8: each leader commits a blank no-op entry at the start of its term", () => {
  const node = new Node({ log: [1], hardState: { term: 1, vote: 0, commit: 0 } }).lead({ commitNoop: false });
  const noop = node.stored.at(-1);
  assert.equal(noop?.kind, 0);
  assert.equal(noop?.term, node.term);
});

test("§8: a leader exchanges heartbeats with a majority before it answers a read-only request", () => {
  const node = new Node({ voters: [1, 2, 3, 4, 5] }).lead();
  node.read(1);
  const [beat] = node.take("heartbeat");
  assert.ok(beat);
  node.receive(2, { type: "heartbeat-response", term: node.term, round: beat.message.round });
  assert.deepEqual(node.reads, []);
  node.receive(3, { type: "heartbeat-response", term: node.term, round: beat.message.round });
  assert.deepEqual(node.reads, [{ id: 1, index: node.core.status().commitIndex }]);
});
