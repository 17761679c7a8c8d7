import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { LeaseKeeping, type LeaseReplica } from "@quorate/store";
import {
  decodeLeaseAnswer,
  decodeLeaseQuestion,
  encodeLeaseAnswer,
  encodeLeaseQuestion,
  type LeaseAnswer,
} from "../src/lessor/lease-questions.ts";
import { noLogger, settle } from "./lease-world.ts";
import { memoryEngine, StoreDriver } from "./store-driver.ts";

const lease = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const seconds = fc.integer({ min: 0, max: 9_000_000_000 });

test("questions and answers are read as they were written, and garbage is none", () => {
  fc.assert(
    fc.property(fc.constantFrom("renew" as const, "time-to-live" as const), lease, seconds, (kind, id, ttl) => {
      assert.deepEqual(decodeLeaseQuestion(encodeLeaseQuestion({ kind, lease: id })), { kind, lease: id });
      const answers: LeaseAnswer[] = [
        { type: "renewed", ttl },
        { type: "time-to-live", ttl, granted: ttl + 1 },
        { type: "time-to-live", ttl: -1, granted: 0 },
      ];
      for (const answer of answers) assert.deepEqual(decodeLeaseAnswer(encodeLeaseAnswer(answer)), answer);
    }),
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 24 }), (bytes) => {
      decodeLeaseQuestion(bytes);
      decodeLeaseAnswer(bytes);
    }),
  );
});

/** A member that follows, and what it asks its leader. */
async function following(timeoutMs: number) {
  const { store } = await StoreDriver.open(memoryEngine());
  const asked: { question: Uint8Array; outcome: (error: Error | undefined, answer: Uint8Array) => void }[] = [];
  const status = { role: "follower", term: 3, configuration: { timing: { electionTimeoutMs: 1000 } } };
  const replica: LeaseReplica = {
    status,
    propose: () => assert.fail("a follower decides nothing"),
    readBarrier: (outcome) => void setImmediate(outcome, undefined),
    askLeader: (question, outcome) => void asked.push({ question, outcome }),
    answerAsLeader: () => {},
    onChange: () => () => {},
  };
  let nowMs = 0;
  const timers: { at: number; run: () => void }[] = [];
  const keeping = new LeaseKeeping({
    replica,
    leases: () => store.leases,
    encode: () => assert.fail("a follower decides nothing"),
    clock: { monotonicMs: () => nowMs },
    timers: {
      after: (delayMs, run) => {
        const timer = { at: nowMs + delayMs, run };
        timers.push(timer);
        return timer;
      },
      cancel: (timer) => void timers.splice(timers.indexOf(timer as (typeof timers)[number]), 1),
      afterPendingInput: (run) => void setImmediate(run),
    },
    logger: noLogger,
    timeoutMs,
  });
  const pass = async (ms: number): Promise<void> => {
    nowMs += ms;
    for (const timer of timers.splice(0)) timer.run();
    await settle();
  };
  return { keeping, asked, pass };
}

const none = new Uint8Array(0);

test("a follower asks the leader, again and again while there is none", async () => {
  const { keeping, asked, pass } = await following(5000);
  let renewed: number | undefined;
  keeping.renew(7n, (error, ttl) => (renewed = error === undefined ? ttl : -1));
  for (let attempt = 0; attempt < 3; attempt++) {
    assert.deepEqual(decodeLeaseQuestion(asked[attempt]?.question ?? none), { kind: "renew", lease: 7n });
    asked[attempt]?.outcome(new Error("nobody leads"), none);
    await pass(50);
  }
  asked[3]?.outcome(undefined, Uint8Array.of(99));
  await pass(50);
  assert.equal(renewed, undefined, "what cannot be read is no answer");
  asked[4]?.outcome(undefined, encodeLeaseAnswer({ type: "renewed", ttl: 60 }));
  assert.equal(renewed, 60);
});

test("it gives up when its time is over, with what it heard last", async () => {
  const { keeping, asked, pass } = await following(100);
  let failed: Error | undefined;
  keeping.timeToLive(7n, (error) => (failed = error));
  asked[0]?.outcome(new Error("nobody leads"), none);
  await pass(90);
  asked[1]?.outcome(new Error("still nobody"), none);
  assert.equal(failed?.message, "still nobody");
});

test("whoever waits when it is stopped is told so", async () => {
  const { keeping, asked } = await following(5000);
  let failed: Error | undefined;
  keeping.renew(7n, (error) => (failed = error));
  asked[0]?.outcome(new Error("nobody leads"), none);
  keeping.stop();
  assert.equal(failed?.message, "nobody leads");
});
