/** Bugs that other implementations shipped, on replication and commit. docs/pitfalls.md lists them all. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { createRaft, decidedValue, realRules, type Append } from "@quorate/raft";
import { RaftLog } from "../src/log.ts";
import { nextProbe } from "../src/replication.ts";
import { Cluster } from "./support/cluster.ts";
import { configurationOf, entriesOf } from "./support/fixtures.ts";
import { Node } from "./support/node.ts";

const first = { index: 0, term: 0 };

/** A log whose entries have these terms. */
function logOf(terms: readonly number[]): RaftLog {
  const log = new RaftLog({ base: first, last: first, termRuns: [], configurations: [], entries: [] }, 0, 0, 1 << 20);
  log.append(entriesOf(terms));
  return log;
}

test("B23: replicas of an entry of an earlier term do not commit it", () => {
  const node = new Node({ log: [1], hardState: { term: 1, vote: 0, commit: 0 } }).lead({ commitNoop: false });
  node.acknowledge(2, 1);
  node.acknowledge(3, 1);
  assert.equal(node.core.status().commitIndex, 0);
});

test("B24: a rejection never moves the match index, whatever it says", () => {
  const node = new Node({ log: [1, 1, 1], hardState: { term: 1, vote: 0, commit: 0 } }).lead({ commitNoop: false });
  const conflict = { index: 3, term: 1, firstIndex: 1 };
  node.receive(2, { type: "append-rejected", term: node.term, rejected: 3, conflict });
  const progress = node.core.status().followers.find(({ id }) => id === 2);
  assert.equal(progress?.match, 0);
  assert.equal(node.core.status().commitIndex, 0);
});

test("B25: a heartbeat does not commit what was not verified against this leader", () => {
  const node = new Node({ log: [1, 1, 1, 1], hardState: { term: 2, vote: 0, commit: 0 } });
  node.receive(2, { type: "heartbeat", term: 3, commit: 4, round: 1 });
  assert.equal(node.core.status().commitIndex, 0, "our tail may be another leader's");
  node.receive(2, { type: "append", term: 3, previous: { index: 2, term: 1 }, commit: 4, entries: [] });
  assert.equal(node.core.status().commitIndex, 2);
});

test("B25: and the leader's heartbeats name no more than the follower is known to hold", () => {
  const node = new Node().lead();
  node.propose("x");
  node.acknowledge(2);
  node.expire();
  const commits = node.take("heartbeat").map(({ to, message }) => [to, message.commit]);
  assert.deepEqual(commits, [
    [2, 2],
    [3, 1],
  ]);
});

test("B26, B28: appends in any order, repeated and cut short, never remove what was acknowledged", () => {
  const log = entriesOf([1, 1, 1, 2, 2, 2, 2, 3, 3, 3]);
  const append = fc.tuple(fc.nat(9), fc.nat(10)).map(([start, length]): Append => {
    const previous = start === 0 ? first : { index: start, term: log[start - 1]?.term ?? 0 };
    return { type: "append", term: 3, previous, commit: 0, entries: log.slice(start, start + length) };
  });
  fc.assert(
    fc.property(fc.array(append, { maxLength: 30 }), (appends) => {
      const node = new Node();
      let acknowledged = 0;
      for (const message of appends) {
        node.receive(2, message);
        for (const { message: answer } of node.take("append-accepted")) {
          acknowledged = Math.max(acknowledged, answer.match);
        }
        assert.ok(node.stored.length >= acknowledged);
        node.stored.forEach((entry, at) => assert.equal(entry.term, log[at]?.term));
      }
    }),
  );
});

test("B26: what lies before the base of the log is committed: it matches, and only the rest is acknowledged", () => {
  const log = entriesOf([1, 1, 1, 1, 1, 1]);
  const core = createRaft({
    id: 1,
    incarnation: 1,
    now: 0,
    hardState: { term: 1, vote: 0, commit: 3 },
    log: {
      base: { index: 3, term: 1 },
      last: { index: 6, term: 1 },
      termRuns: [{ firstIndex: 3, term: 1 }],
      configurations: [],
      entries: log.slice(3),
    },
    appliedIndex: 3,
    configuration: configurationOf([1, 2, 3]),
    quarantined: false,
    random: () => 0,
  });
  const previous = { index: 1, term: 1 };
  core.receive(0, 2, 1, { type: "append", term: 1, previous, commit: 3, entries: log.slice(1, 5) });
  assert.deepEqual(
    core.takeEffects().filter(({ type }) => type === "send"),
    [{ type: "send", to: 2, message: { type: "append-accepted", term: 1, match: 5 } }],
  );
  assert.equal(core.status().last.index, 6);
});

test("B27: an empty append that does not match is rejected like any other", () => {
  const node = new Node();
  node.receive(2, { type: "append", term: 1, previous: { index: 4, term: 1 }, commit: 0, entries: [] });
  assert.equal(node.take("append-rejected")[0]?.message.rejected, 4);
});

test("B28: late acknowledgments and rejections neither lower match nor move next below it", () => {
  const node = new Node().lead();
  node.propose("a");
  node.propose("b");
  node.acknowledge(2, 3);
  node.acknowledge(2, 1);
  const conflict = { index: 0, term: 0, firstIndex: 0 };
  node.clear().receive(2, { type: "append-rejected", term: node.term, rejected: 2, conflict });
  const { match, next, state } = node.progressOf(2);
  assert.deepEqual([match, next, state], [3, 4, "replicating"]);
  node.receive(2, { type: "append-rejected", term: node.term, rejected: 3, conflict });
  assert.deepEqual(node.sent, [], "it says nothing that the acknowledgment has not overtaken");
});

test("B28: a rejection whose hint lies below what is known to match is asked from there on", () => {
  const node = new Node().lead();
  for (let at = 0; at < 8; at++) node.propose("x");
  node.acknowledge(2, 5);
  node.clear().receive(2, {
    type: "append-rejected",
    term: node.term,
    rejected: 8,
    conflict: { index: 2, term: 1, firstIndex: 1 },
  });
  assert.deepEqual(
    node.take("append").map(({ message }) => message.previous.index),
    [5],
  );
});

test("B28: while one thing is asked, a rejection of another is not taken for its answer", () => {
  const node = new Node({ log: [1, 1, 1, 1, 1], hardState: { term: 1, vote: 0, commit: 0 } });
  node.lead({ commitNoop: false });
  assert.deepEqual([node.progressOf(2).state, node.progressOf(2).next], ["probing", 6]);
  for (const rejected of [3, 4, 6]) {
    node.receive(2, {
      type: "append-rejected",
      term: node.term,
      rejected,
      conflict: { index: 1, term: 1, firstIndex: 1 },
    });
    assert.equal(node.progressOf(2).next, 6);
  }
  node.reject(2, 1, 5);
  assert.equal(node.progressOf(2).next, 2);
});

test("B28: acknowledgments of another term are not counted", () => {
  const node = new Node({ hardState: { term: 5, vote: 0, commit: 0 } }).lead();
  node.propose("x");
  node.receive(2, { type: "append-accepted", term: node.term - 1, match: 2 });
  assert.equal(node.core.status().commitIndex, 1);
});

test("B28, B57: what a member held before its restart has to be proved again", () => {
  const node = new Node().lead();
  node.propose("x");
  node.clear();
  node.receive(2, { type: "heartbeat-response", term: node.term, round: 1 }, 2);
  const progress = node.core.status().followers.find(({ id }) => id === 2);
  assert.equal(progress?.match, 0);
  assert.equal(progress?.state, "probing");
  node.receive(2, { type: "append-accepted", term: node.term, match: 2 }, 1);
  assert.equal(node.core.status().commitIndex, 1, "and its older self is no longer listened to");
});

test("B28, B57: nor does it count as following since a time before its restart", () => {
  for (const incarnation of [1, 2]) {
    const node = new Node().lead();
    node.expire();
    node.answer(node.takeRound(), 2);
    node.receive(2, { type: "heartbeat-response", term: node.term, round: 0 }, incarnation);
    node.receive(3, { type: "heartbeat-response", term: node.term + 1, round: 0 });
    assert.equal(node.role, incarnation === 1 ? "candidate" : "follower");
  }
});

test("B29: the quorum arithmetic equals counting, for any sizes and values, joint or not", () => {
  const voters = fc.uniqueArray(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 7 });
  fc.assert(
    fc.property(voters, fc.oneof(voters, fc.constant([])), fc.array(fc.nat(20), { minLength: 10 }), (a, b, held) => {
      const holds = (ids: readonly number[], index: number): boolean =>
        ids.length === 0 || 2 * ids.filter((id) => (held[id] as number) >= index).length > ids.length;
      let expected = 0;
      for (let index = 0; index <= 20; index++) if (holds(a, index) && holds(b, index)) expected = index;
      assert.equal(
        decidedValue({ voters: a, outgoing: b }, (id) => held[id] as number),
        expected,
      );
    }),
  );
});

test("B30: every accepted append reports its end, whether its entries were new, known or none", () => {
  const node = new Node();
  const taken = (start: number, terms: readonly number[]): number | undefined => {
    const previous = { index: start, term: start === 0 ? 0 : 1 };
    node.receive(2, { type: "append", term: 1, previous, commit: 0, entries: entriesOf(terms, start + 1) });
    return node.take("append-accepted")[0]?.message.match;
  };
  assert.equal(taken(0, [1, 1, 1, 1]), 4);
  assert.equal(taken(0, [1]), 1);
  assert.equal(taken(1, [1, 1]), 3);
  assert.equal(taken(2, []), 2);
  assert.equal(taken(3, [1, 1]), 5);
});

test("B30: with one entry a message and a divergent tail, a follower catches up", () => {
  const cluster = new Cluster([1, 2, 3], (id) => ({
    log: id === 3 ? [1, 1, 1, 1, 1, 1] : [1, 2, 2, 2, 2, 2, 2, 2],
    limits: { maxAppendBytes: 1 },
  }));
  cluster.run(5000);
  assert.equal(cluster.leaders.length, 1);
  assert.deepEqual(
    cluster.node(3).stored.map(({ term }) => term),
    cluster.leader.stored.map(({ term }) => term),
  );
});

test("B31: a hint beyond the rejected index, or out of range, is clamped", () => {
  for (const conflict of [
    { index: 500, term: 9, firstIndex: 400 },
    { index: 0, term: 0, firstIndex: 0 },
    { index: 2, term: 7, firstIndex: 1 },
  ]) {
    const node = new Node({ log: [1, 1, 1], hardState: { term: 1, vote: 0, commit: 0 } }).lead({ commitNoop: false });
    node.receive(2, { type: "append-rejected", term: node.term, rejected: 3, conflict });
    const progress = node.core.status().followers.find(({ id }) => id === 2);
    assert.ok(progress !== undefined && progress.next >= 1 && progress.next <= 3, JSON.stringify(progress));
  }
});

test("B31: after a rejection, the next question lies behind the last position at which both logs can have one term", () => {
  const rows: { leader: number[]; rejected: number; conflict: [number, number, number]; next: number; why: string }[] =
    [
      { leader: [1, 1, 2, 2, 3, 3], rejected: 6, conflict: [4, 2, 3], next: 5, why: "both have term 2 at 4" },
      { leader: [1, 1, 2, 3, 3, 3], rejected: 6, conflict: [5, 2, 2], next: 4, why: "the leader's term 2 ends at 3" },
      { leader: [1, 1, 1, 4, 4], rejected: 5, conflict: [5, 3, 2], next: 2, why: "the follower's term 3 begins at 2" },
      {
        leader: [1, 1, 4, 4, 4],
        rejected: 5,
        conflict: [5, 3, 5],
        next: 3,
        why: "the leader has nothing between 1 and 4",
      },
      { leader: [4, 4, 4, 4, 4], rejected: 5, conflict: [3, 2, 2], next: 1, why: "the leader has only later terms" },
      { leader: [1, 1, 1, 1], rejected: 4, conflict: [0, 0, 0], next: 1, why: "the follower has nothing" },
      { leader: [1, 1, 1, 1], rejected: 2, conflict: [9, 1, 1], next: 2, why: "never beyond what was rejected" },
      { leader: [4, 4, 4, 4], rejected: 4, conflict: [3, 2, 0], next: 1, why: "never before the first entry" },
    ];
  for (const { leader, rejected, conflict, next, why } of rows) {
    const [index, term, firstIndex] = conflict;
    assert.equal(nextProbe(logOf(leader), rejected, { index, term, firstIndex }), next, why);
  }
});

test("B36: entries that leave a gap are refused by the one who appends", () => {
  const node = new Node();
  assert.throws(
    () => node.receive(2, { type: "append", term: 1, previous: first, commit: 0, entries: entriesOf([1, 1], 2) }),
    /without a gap/,
  );
});

test("promises: what truncates and what appends reach the disk in that order, as one record", () => {
  const node = new Node({ log: [1, 1, 1], hardState: { term: 1, vote: 0, commit: 0 }, manualDisk: true });
  node.receive(2, { type: "append", term: 2, previous: { index: 1, term: 1 }, commit: 0, entries: entriesOf([2], 2) });
  const [persist] = node.pendingPersists;
  assert.equal(persist?.truncateFrom, 2);
  assert.deepEqual(
    persist?.entries.map(({ index, term }) => [index, term]),
    [[2, 2]],
  );
  assert.deepEqual(persist?.hardState, { term: 2, vote: 0, commit: 0 });
});

test("determinism: the same inputs give the same effects, byte for byte", () => {
  const run = (): string => {
    let state = 7;
    const random = (): number => {
      state = (state * 48_271) % 2_147_483_647;
      return state / 2_147_483_647;
    };
    const cluster = new Cluster([1, 2, 3, 4, 5], () => ({ random }));
    cluster.run(3000);
    cluster.leader.propose("a", "b");
    cluster.isolate(cluster.leader.id);
    cluster.run(3000);
    cluster.heal();
    cluster.run(1000);
    return JSON.stringify([...cluster.nodes.values()].map(({ effects }) => effects));
  };
  assert.equal(run(), run());
});

test("createRaft refuses a hard state that is older than the log: the term is durable no later than its entries", () => {
  assert.throws(
    () =>
      createRaft({
        id: 1,
        incarnation: 1,
        now: 0,
        hardState: { term: 1, vote: 0, commit: 0 },
        log: {
          base: first,
          last: { index: 1, term: 2 },
          termRuns: [{ firstIndex: 1, term: 2 }],
          configurations: [],
          entries: entriesOf([2]),
        },
        appliedIndex: 0,
        configuration: configurationOf([1]),
        quarantined: false,
        random: () => 0,
        rules: realRules,
      }),
    /the term is durable/,
  );
});
