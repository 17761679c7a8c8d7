/** When rounds were sent: what a leader's knowledge of a fresh quorum rests on (docs/raft.md, "stranded"). */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { SentRounds } from "../src/sent-rounds.ts";
import { Node } from "./support/node.ts";

test("what is kept is bounded, however many rounds are sent and however long T is", () => {
  for (const timeoutMs of [10, 1000, 50_000]) {
    const rounds = new SentRounds();
    for (let round = 1; round <= 20_000; round++) {
      rounds.sent(round, (round * timeoutMs) / 5000, timeoutMs);
      assert.ok(rounds.size <= 51, `${rounds.size} rounds kept of ${round}`);
    }
    assert.ok(rounds.size >= 45, `${rounds.size}: and they reach back as far as T`);
  }
});

test("a round counts as sent at or before it was, by less than T/50, and not at all once it is older than T", () => {
  const steps = fc.array(fc.double({ min: 0, max: 300, noNaN: true }), { minLength: 1, maxLength: 200 });
  fc.assert(
    fc.property(steps, (gaps) => {
      const rounds = new SentRounds();
      const sentAt: number[] = [];
      let now = 0;
      for (const gap of gaps) {
        now += gap;
        sentAt.push(now);
        rounds.sent(sentAt.length, now, 1000);
      }
      sentAt.forEach((at, index) => {
        const counted = rounds.sentAt(index + 1);
        if (counted === undefined)
          return assert.ok(at < now - 980, `round ${index + 1} of ${now - at} ms ago is unknown`);
        assert.ok(counted <= at && counted > at - 20, `round ${index + 1}: ${counted} for ${at}`);
        return assert.ok(counted > now - 1000);
      });
      assert.equal(rounds.sentAt(0), undefined, "a round of nobody's");
    }),
  );
});

/** A member of a five-member cluster leads, has had one answer of each of two followers, and learns of a later term. */
function learnsALaterTerm(sentMsAgo: number): string {
  const node = new Node({ voters: [1, 2, 3, 4, 5] }).lead();
  node.expire();
  const round = node.takeRound();
  node.now += sentMsAgo;
  node.answer(round, 2, 3);
  node.receive(4, { type: "heartbeat-response", term: node.term + 5, round: 0 });
  return node.role;
}

test("a quorum is fresh when it answers a round that was sent less than T/2 ago", () => {
  assert.deepEqual([0, 250, 499, 500, 900].map(learnsALaterTerm), [
    "candidate",
    "candidate",
    "candidate",
    "follower",
    "follower",
  ]);
});

test("a late answer to an older round takes nothing back of what a newer one has shown", () => {
  const node = new Node({ voters: [1, 2, 3, 4, 5] }).lead();
  node.expire();
  const older = node.takeRound();
  node.expire();
  const newer = node.takeRound();
  node.now += 450;
  node.answer(newer, 2, 3);
  node.answer(older, 2, 3);
  node.receive(4, { type: "heartbeat-response", term: node.term + 5, round: 0 });
  assert.equal(node.role, "candidate");
});

test("rounds that reads ask for by the thousand leave freshness as it was", () => {
  const node = new Node().lead();
  for (let id = 1; id <= 1000; id++) {
    node.now += 0.3;
    node.read(id);
    node.answer(node.takeRound(), 2, 3);
  }
  assert.equal(node.reads.length, 1000);
  node.now += 479;
  node.receive(3, { type: "heartbeat-response", term: node.term + 5, round: 0 });
  assert.equal(node.role, "candidate", "the last round counts from less than T/50 before it was sent");
});
