/** What a review found: memory without a bound, and answers that lay in a socket while the process stood still. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { makeEntry } from "@quorate/raft";
import { RaftLog } from "../src/log.ts";
import { Cluster } from "./support/cluster.ts";
import { entriesOf } from "./support/fixtures.ts";
import { Node } from "./support/node.ts";

const first = { index: 0, term: 0 };

test("a leader whose own disk stands still takes a bounded amount of proposals, though others commit them", () => {
  const node = new Node({
    manualDisk: true,
    limits: { maxUncommittedBytes: 10_000, maxUnappliedBytes: 20_000 },
  }).lead();
  node.completePersists();
  let accepted = 0;
  for (; accepted < 1000 && node.propose("x".repeat(1000)).ok; accepted++) {
    node.acknowledge(2);
    node.acknowledge(3);
  }
  assert.ok(accepted < 30, `${accepted} kB taken with a bound of 20 kB`);
});

test("entries beyond the cache leave memory at once, large ones too", () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const log = new RaftLog({ base: first, last: first, termRuns: [], configurations: [], entries: [] }, 0, 0, 4 << 20);
  collect();
  const before = process.memoryUsage().arrayBuffers;
  for (let index = 1; index <= 200; index++) {
    log.append([makeEntry(index, 1, 1, new Uint8Array(1 << 20))]);
    log.durable = index;
    log.commitTo(index);
    log.takeCommitted();
    log.appliedTo(index);
  }
  // Buffers of a collection are freed beside the program; the next collection waits for that.
  collect();
  collect();
  const heldMiB = (process.memoryUsage().arrayBuffers - before) >> 20;
  assert.equal(log.lastIndex, 200);
  assert.ok(heldMiB < 40, `${heldMiB} MiB held with a cache of 4 MiB`);
});

test("a deposed leader that was paused does not take late answers for a fresh quorum, and deposes nobody", () => {
  const one = new Node({ id: 1 }).lead();
  one.expire();
  const [beat] = one.take("heartbeat");
  one.now += 3000;
  // This answer lay in the socket for three seconds; meanwhile member 2 leads term 2, and member 3 follows it.
  one.receive(2, { type: "heartbeat-response", term: 1, round: beat?.message.round ?? 0 });
  one.receive(3, { type: "heartbeat-response", term: 2, round: 0 });
  assert.equal(one.role, "follower");
  assert.deepEqual(one.take("vote-request"), []);
});

test("and a stranded member is still taken back in at once", () => {
  const cluster = new Cluster([1, 2, 3]);
  cluster.run(3000);
  const { leader } = cluster;
  const stranded = [...cluster.nodes.values()].find((node) => node !== leader);
  stranded?.receive(99, { type: "vote-request", term: 50, last: { index: 99, term: 49 }, transfer: true });
  for (let step = 0; step < 50; step++) {
    cluster.run(20);
    assert.equal(cluster.leader, leader);
  }
  assert.equal(stranded?.core.status().leader, leader.id);
});

test("a leader whose machine slept, clock and all, does not take the term of its successor for a stranded member's", () => {
  const one = new Node({ id: 1 }).lead();
  one.expire();
  const [beat] = one.take("heartbeat");
  one.receive(2, { type: "heartbeat-response", term: 1, round: beat?.message.round ?? 0 });
  one.receive(3, { type: "heartbeat-response", term: 1, round: beat?.message.round ?? 0 });
  one.expire();
  const unanswered = one.takeRound();
  one.core.dropLease(one.now);
  // This answer, too, was on its way before the machine slept.
  one.receive(2, { type: "heartbeat-response", term: 1, round: unanswered });
  one.receive(3, { type: "heartbeat-response", term: 2, round: 0 });
  assert.equal(one.role, "follower");
  assert.deepEqual(one.take("vote-request"), []);
});

test("a leader that takes a member back claims no transfer: who follows another leader by now stays with it", () => {
  const leader = new Node({ id: 1 }).lead();
  leader.expire();
  const round = leader.takeRound();
  leader.answer(round, 2, 3);
  leader.receive(3, { type: "heartbeat-response", term: 5, round: 0 });
  assert.deepEqual(
    leader.take("vote-request").map(({ message }) => [message.term, message.transfer]),
    [
      [6, false],
      [6, false],
    ],
  );
  // Started a moment ago, it follows member 2: it is silent, but not for its own leader.
  const follower = new Node({ id: 3, hardState: { term: 4, vote: 0, commit: 0 } });
  follower.receive(2, { type: "heartbeat", term: 5, commit: 0, round: 1 });
  follower.receive(1, { type: "vote-request", term: 6, last: { index: 9, term: 4 }, transfer: false });
  assert.equal(follower.term, 5);
  follower.receive(2, { type: "vote-request", term: 6, last: { index: 9, term: 4 }, transfer: false });
  assert.equal(follower.term, 6);
  assert.deepEqual(
    follower.take("vote-response").map(({ message }) => message.granted),
    [true],
  );
});

test("many commands in one go are taken", () => {
  const leader = new Node({ limits: { maxUncommittedEntries: 1_000_000 } }).lead();
  assert.equal(
    leader.core.propose(
      leader.now,
      Array.from({ length: 200_000 }, () => Uint8Array.of(1)),
    ).ok,
    true,
  );
});

test("repeated appends at a stalled disk gather one answer, the furthest", () => {
  const follower = new Node({ id: 3, manualDisk: true });
  const append = { type: "append", term: 1, previous: first, commit: 0 } as const;
  follower.receive(1, { ...append, entries: entriesOf([1, 1]) });
  for (let time = 0; time < 1000; time++) follower.receive(1, { ...append, entries: entriesOf([1]) });
  follower.completePersists();
  assert.deepEqual(
    follower.take("append-accepted").map(({ message }) => message.match),
    [2],
  );
});

test("a pre-candidate that asks again announces no change", () => {
  const node = new Node();
  for (let step = 0; step < 20; step++) node.expire();
  assert.equal(node.effects.filter(({ type }) => type === "role").length, 1);
});
