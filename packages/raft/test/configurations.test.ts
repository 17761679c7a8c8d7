import assert from "node:assert/strict";
import { test } from "node:test";
import {
  CorruptFrameError,
  decodeConfiguration,
  decodeUtf8,
  encodeConfiguration,
  encodeUtf8,
  entryKinds,
  makeEntry,
  type Configuration,
} from "@quorate/raft";
import fc from "fast-check";
import { Cluster } from "./support/cluster.ts";
import { configurationEntry, configurationOf } from "./support/fixtures.ts";
import { Node } from "./support/node.ts";

const first = { index: 0, term: 0 };

test("a configuration is in force as soon as it is appended, and rolled back with its entry (B72)", () => {
  const node = new Node();
  const five = configurationOf([1, 2, 3, 4, 5]);
  const entries = [configurationEntry(1, 1, five)];
  node.receive(2, { type: "append", term: 1, previous: first, commit: 0, entries });
  assert.deepEqual(node.core.status().configuration.voters, [1, 2, 3, 4, 5]);
  node.receive(3, {
    type: "append",
    term: 2,
    previous: first,
    commit: 0,
    entries: [makeEntry(1, 2, entryKinds.noop, new Uint8Array(0))],
  });
  assert.deepEqual(node.core.status().configuration.voters, [1, 2, 3]);
  const announced = node.effects.filter((effect) => effect.type === "configuration");
  assert.deepEqual(
    announced.map((effect) => (effect.type === "configuration" ? effect.configuration.voters.length : 0)),
    [5, 3],
  );
});

test("while a change of T is uncommitted, voters keep the larger value and leaders the smaller", () => {
  const slower: Configuration = {
    ...configurationOf([1, 2, 3]),
    timing: { electionTimeoutMs: 3000, clockDriftPpm: 10_000 },
  };
  const voter = new Node({ random: () => 0 });
  voter.receive(2, {
    type: "append",
    term: 1,
    previous: first,
    commit: 0,
    entries: [configurationEntry(1, 1, slower)],
  });
  voter.receive(2, { type: "heartbeat", term: 1, commit: 0, round: 1 });
  assert.equal(voter.core.deadline(), 3000, "as a voter it waits the longer time");
});

test("once a change of T is committed, its value alone holds", () => {
  const quicker = { ...configurationOf([1, 2, 3]), timing: { electionTimeoutMs: 500, clockDriftPpm: 10_000 } };
  const voter = new Node({ random: () => 0 });
  const entries = [configurationEntry(1, 1, quicker)];
  voter.receive(2, { type: "append", term: 1, previous: first, commit: 0, entries });
  voter.receive(2, { type: "heartbeat", term: 1, commit: 1, round: 1 });
  assert.equal(voter.core.deadline(), 1000, "the timer was set before the news");
  voter.receive(2, { type: "heartbeat", term: 1, commit: 1, round: 2 });
  assert.equal(voter.core.deadline(), 500);
});

test("while a longer T is not committed, what a leader knows of its quorum rests on the shorter one", () => {
  const slower = { ...configurationOf([1, 2, 3]), timing: { electionTimeoutMs: 10_000, clockDriftPpm: 10_000 } };
  const node = new Node();
  const entries = [configurationEntry(1, 1, slower)];
  node.receive(2, { type: "append", term: 1, previous: first, commit: 0, entries });
  node.lead({ commitNoop: false }).expire();
  const round = node.takeRound();
  node.now += 3000;
  node.answer(round, 2);
  node.receive(3, { type: "heartbeat-response", term: node.term + 1, round: 0 });
  assert.equal(node.role, "follower", "the others still keep the T that they know to be committed");
});

test("a configuration survives its encoding, and damaged bytes are refused", () => {
  const configuration = configurationOf([1, 2, 9_007_199_254_740_991], [1, 5], [7]);
  const bytes = encodeConfiguration(configuration);
  assert.deepEqual(decodeConfiguration(bytes), configuration);
  for (let cut = 0; cut < bytes.length; cut++) {
    assert.throws(() => decodeConfiguration(bytes.subarray(0, cut)), CorruptFrameError);
  }
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (garbage) => {
      try {
        decodeConfiguration(garbage);
      } catch (error) {
        assert.ok(error instanceof CorruptFrameError, String(error));
      }
    }),
  );
});

test("UTF-8 as the host's own encoder and decoder have it", () => {
  const encoder = new TextEncoder();
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      assert.deepEqual(encodeUtf8(text), encoder.encode(text));
      assert.equal(decodeUtf8(encodeUtf8(text)), text.toWellFormed());
    }),
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 8 }), (bytes) => {
      let expected: string | undefined;
      try {
        expected = decoder.decode(bytes);
      } catch {
        expected = undefined;
      }
      assert.equal(decodeUtf8(bytes), expected);
    }),
  );
});

test("T is changed through the log: until that is committed, the leader relies on the shorter one", () => {
  for (const [before, after] of [
    [1000, 4000],
    [1000, 500],
  ] as const) {
    const timing = { electionTimeoutMs: after, clockDriftPpm: 10_000 };
    const node = new Node().lead();
    assert.equal(node.change({ timing }).ok, true);
    node.expire();
    node.answer(node.takeRound(), 2, 3);
    const lostAt = (): number => {
      const from = node.now;
      while (node.role === "leader") node.expire();
      return node.now - from;
    };
    if (after > before) assert.ok(lostAt() <= before, "not committed: the leader relies on the shorter one");
    else assert.ok(lostAt() <= after, "at once");
  }
});

test("a change of T that is committed holds for the leader that made it, and for one that is elected later", () => {
  const cluster = new Cluster([1, 2, 3]);
  cluster.run(3000);
  const { leader } = cluster;
  assert.equal(leader.change({ timing: { electionTimeoutMs: 3000, clockDriftPpm: 20_000 } }).ok, true);
  cluster.run(500);
  for (const node of cluster.nodes.values()) {
    assert.deepEqual(node.core.status().configuration.timing, { electionTimeoutMs: 3000, clockDriftPpm: 20_000 });
  }
  cluster.isolate(leader.id);
  cluster.run(2500);
  assert.deepEqual(cluster.leaders, [leader], "nobody stands within the new T");
  cluster.run(8000);
  assert.notEqual(cluster.leader.id, leader.id);
});
