/** A log that begins after a base (Raft §7): what is pruned, what a start on such a log does, and what it still knows. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeConfiguration, encodeConfiguration, entryKinds, makeEntry, payloadOf } from "@quorate/raft";
import fc from "fast-check";
import { Configurations } from "../src/configurations.ts";
import { LogBytes } from "../src/log-bytes.ts";
import { configurationOf, entriesOf } from "./support/fixtures.ts";
import { Node } from "./support/node.ts";

const base = { index: 100, term: 4 };

test("the log begins after what was pruned, and goes on from there", () => {
  const node = new Node().lead();
  for (let count = 0; count < 5; count++) node.propose("x");
  node.acknowledge(2);
  node.prune(4);
  assert.deepEqual(node.core.status().base, { index: 4, term: node.term });
  node.propose("y");
  node.acknowledge(2);
  assert.equal(node.core.status().commitIndex, 7);
  assert.equal(node.committed.at(-1)?.index, 7);
});

test("pruning again, or less than before, changes nothing", () => {
  const node = new Node({ log: [1, 1, 2, 2], hardState: { term: 2, vote: 0, commit: 4 } });
  node.prune(3);
  node.prune(3);
  node.core.prune(node.now, { index: 1, term: 1 });
  assert.deepEqual(node.core.status().base, { index: 3, term: 2 });
});

test("what is not applied yet is never pruned, nor what the log says otherwise", () => {
  const node = new Node({ log: [1, 1, 2, 2], hardState: { term: 2, vote: 0, commit: 2 } });
  assert.throws(() => node.core.prune(node.now, { index: 3, term: 2 }), /only what is applied is pruned/);
  assert.throws(() => node.core.prune(node.now, { index: 2, term: 2 }), /only what is applied is pruned/);
});

test("a start on a pruned log: it is elected, by its last position, and leads", () => {
  const node = new Node({ base, log: [4, 5], hardState: { term: 5, vote: 0, commit: 101 } });
  node.expire();
  const [asked] = node.take("pre-vote-request");
  assert.deepEqual(asked?.message.last, { index: 102, term: 5 });
  node.receive(2, { type: "pre-vote-response", term: 5, electionTerm: 6, granted: true });
  node.receive(2, { type: "vote-response", term: 6, granted: true });
  assert.equal(node.role, "leader");
  node.acknowledge(2, 103);
  assert.equal(node.core.status().commitIndex, 103);
  assert.deepEqual(
    node.committed.map(({ index }) => index),
    [101, 102, 103],
  );
});

test("a start on a log that holds nothing but its base: it compares, votes, follows and leads by it", () => {
  const start = (): Node => new Node({ base, hardState: { term: 4, vote: 0, commit: 100 } });
  const voter = start();
  voter.now = 5000;
  const ask = (index: number, term: number): void =>
    voter.receive(2, { type: "vote-request", term: voter.term + 1, last: { index, term }, transfer: false });
  ask(99, 4);
  ask(100, 4);
  assert.deepEqual(
    voter.take("vote-response").map(({ message }) => message.granted),
    [false, true],
  );
  const follower = start();
  follower.receive(2, { type: "append", term: 5, previous: base, commit: 101, entries: entriesOf([5], 101) });
  assert.equal(follower.take("append-accepted")[0]?.message.match, 101);
  assert.equal(follower.committed.at(-1)?.index, 101);
  const leader = start().lead();
  assert.deepEqual(leader.core.status().last, { index: 101, term: 5 });
});

test("an append that reaches back before the base is known to match as far as the base", () => {
  const node = new Node({ base, log: [4], hardState: { term: 4, vote: 0, commit: 100 } });
  node.receive(2, {
    type: "append",
    term: 5,
    previous: { index: 90, term: 3 },
    commit: 101,
    entries: entriesOf([3, 3, 3, 3, 3, 4, 4, 4, 4, 4, 4, 5], 91),
  });
  assert.equal(node.take("append-accepted")[0]?.message.match, 102);
  assert.deepEqual(
    node.core.status().last,
    { index: 102, term: 5 },
    "the entry that was there is kept, and the new one follows",
  );
});

test("a hint for the leader never reaches before the base", () => {
  const node = new Node({ base, log: [4, 5, 5], hardState: { term: 5, vote: 0, commit: 100 } });
  node.receive(2, { type: "append", term: 7, previous: { index: 103, term: 6 }, commit: 100, entries: [] });
  assert.deepEqual(node.take("append-rejected")[0]?.message.conflict, { index: 103, term: 5, firstIndex: 102 });
  node.receive(2, { type: "append", term: 7, previous: { index: 102, term: 4 }, commit: 100, entries: [] });
  assert.deepEqual(node.take("append-rejected")[0]?.message.conflict, { index: 101, term: 4, firstIndex: 101 });
});

test("nor does it after a pruning: the run of one term that reaches across it begins behind it", () => {
  const node = new Node({ log: [4, 4, 4, 4, 5], hardState: { term: 5, vote: 0, commit: 3 } });
  node.prune(2);
  node.receive(2, { type: "append", term: 7, previous: { index: 4, term: 6 }, commit: 3, entries: [] });
  assert.deepEqual(node.take("append-rejected")[0]?.message.conflict, { index: 4, term: 4, firstIndex: 3 });
  node.receive(2, { type: "append", term: 7, previous: { index: 5, term: 3 }, commit: 3, entries: [] });
  assert.deepEqual(node.take("append-rejected")[0]?.message.conflict, { index: 2, term: 4, firstIndex: 2 });
});

test("what was pruned leaves memory, and no follower is served from it", () => {
  const node = new Node().lead();
  for (let count = 0; count < 3000; count++) node.propose("x".repeat(100));
  node.acknowledge(2);
  node.acknowledge(3);
  const window = (): number => JSON.stringify(node.core.status().uncommittedBytes).length;
  node.prune(2990);
  assert.equal(window(), 1);
  node.receive(3, { type: "heartbeat-response", term: node.term, round: 0 }, 2);
  node.clear().expire();
  node.reject(3, 2989, 3001);
  assert.deepEqual(node.takeStateEffects(), ["3 pruned >= 2990"]);
  assert.deepEqual(node.loads, []);
});

/** Placed as entries: the configuration of `voters` at `index`. */
function placed(index: number, voters: readonly number[]): ReturnType<typeof makeEntry> {
  return makeEntry(index, 1, entryKinds.configuration, encodeConfiguration(configurationOf(voters)));
}

test("the configuration in force at an index stays known back to the base, and no further", () => {
  const configurations = new Configurations(0, configurationOf([1]), [placed(5, [1, 2]), placed(9, [1, 2, 3])]);
  const votersAt = (index: number): string | undefined => configurations.at(index)?.configuration.voters.join();
  assert.deepEqual([0, 4, 5, 8, 9, 50].map(votersAt), ["1", "1", "1,2", "1,2", "1,2,3", "1,2,3"]);
  configurations.committedTo(9);
  assert.deepEqual([4, 5, 8, 9].map(votersAt), ["1", "1,2", "1,2", "1,2,3"], "committed or not");
  configurations.prunedTo(7);
  assert.deepEqual([4, 5, 7, 9].map(votersAt), [undefined, "1,2", "1,2", "1,2,3"]);
  configurations.prunedTo(9);
  assert.deepEqual([8, 9].map(votersAt), [undefined, "1,2,3"]);
  configurations.beginAnew(20, configurationOf([4]));
  assert.deepEqual([19, 20].map(votersAt), [undefined, "4"]);
});

test("a configuration goes with the state as of an index, wherever the log was pruned", () => {
  const payload = payloadOf(placed(3, [1, 2, 3, 4]));
  const node = new Node();
  const entries = [...entriesOf([1, 1]), makeEntry(3, 1, entryKinds.configuration, payload), ...entriesOf([1], 4)];
  node.receive(2, { type: "append", term: 1, previous: { index: 0, term: 0 }, commit: 4, entries });
  assert.deepEqual(node.core.configurationAt(2)?.configuration.voters, [1, 2, 3]);
  assert.deepEqual(node.core.configurationAt(4), { index: 3, configuration: decodeConfiguration(payload) });
  node.prune(4);
  assert.deepEqual(node.core.configurationAt(2), undefined);
  assert.equal(node.core.configurationAt(4)?.index, 3);
  assert.equal(node.core.status().configurationIndex, 3);
});

test("the bytes of a stretch of the log are estimated closely, whatever is appended, dropped and pruned", () => {
  const step = fc.oneof(
    fc.record({ append: fc.integer({ min: 1, max: 400 }), bytes: fc.integer({ min: 28, max: 3000 }) }),
    fc.record({ drop: fc.integer({ min: 1, max: 200 }) }),
    fc.record({ prune: fc.double({ min: 0, max: 1, noNaN: true }) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const bytes = new LogBytes(10, 10, 0);
      const frames: number[] = [];
      let base = 10;
      for (const one of steps) {
        if ("append" in one) {
          for (let count = 0; count < one.append; count++) {
            frames.push(one.bytes);
            bytes.append(10 + frames.length, one.bytes);
          }
        } else if ("drop" in one) {
          for (let count = 0; count < one.drop && 10 + frames.length > base; count++)
            bytes.drop(frames.pop() as number);
        } else {
          base += Math.floor(one.prune * (10 + frames.length - base));
          bytes.pruneTo(base);
        }
        for (const index of [base, 10 + frames.length, Math.floor((base + 10 + frames.length) / 2)]) {
          const truth = frames.slice(index - 10).reduce((sum, frame) => sum + frame, 0);
          const off = Math.abs(bytes.after(index) - truth);
          assert.ok(off <= 130_000, `${bytes.after(index)} for ${truth} after ${index}`);
        }
      }
      assert.equal(bytes.after(10 + frames.length), 0);
    }),
  );
});

test("the estimate takes bounded memory, however long the log", () => {
  const bytes = new LogBytes(0, 0, 0);
  for (let index = 1; index <= 400_000; index++) bytes.append(index, 1000);
  assert.ok(bytes.size <= 1024, `${bytes.size} samples`);
  assert.ok(Math.abs(bytes.after(200_000) - 200_000_000) < 1_000_000);
  const recovered = new LogBytes(50, 150, 1_000_000);
  assert.equal(recovered.after(100), 500_000, "of what was not seen, in proportion");
});
