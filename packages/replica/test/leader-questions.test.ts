import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { ReplicaError } from "../src/errors.ts";
import {
  decodeLeaderQuestion,
  decodeLeaderReply,
  encodeLeaderQuestion,
  encodeLeaderReply,
  maxQuestionBytes,
} from "../src/leader-question-codec.ts";
import { WholeCluster } from "./support/whole-cluster.ts";

const joined = (chunks: readonly Uint8Array[]): Uint8Array => Uint8Array.from(chunks.flatMap((chunk) => [...chunk]));
const id = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });
const some = fc.uint8Array({ maxLength: 40 });

test("questions and replies are read as they were written, and garbage never throws", () => {
  fc.assert(
    fc.property(id, some, fc.boolean(), (number, bytes, isAnswered) => {
      const question = { id: number, question: bytes };
      assert.deepEqual(decodeLeaderQuestion(joined(encodeLeaderQuestion(question))), question);
      const reply = { id: number, answer: isAnswered ? bytes : undefined };
      assert.deepEqual(decodeLeaderReply(joined(encodeLeaderReply(reply))), reply);
    }),
  );
  fc.assert(
    fc.property(some, (bytes) => {
      decodeLeaderQuestion(Uint8Array.of(10, ...bytes));
      decodeLeaderReply(Uint8Array.of(11, ...bytes));
    }),
  );
});

interface Told {
  error: ReplicaError | undefined;
  answer: readonly number[];
}

/** Three members, each of which answers with its id and the question; what callers were told. */
function asking(): {
  whole: WholeCluster;
  leader: number;
  followers: number[];
  told: Told[];
  ask: (by: number) => void;
} {
  const whole = new WholeCluster(3);
  const leader = whole.elect();
  for (const [member, { replica }] of whole.members) {
    replica.answerAsLeader((question, answer) => answer(Uint8Array.of(member, ...question)));
  }
  const told: Told[] = [];
  const ask = (by: number): void => {
    whole.member(by).replica.askLeader(Uint8Array.of(7, 8), (error, answer) => {
      told.push({ error, answer: error === undefined ? [...answer] : [] });
    });
  };
  return { whole, leader, followers: [1, 2, 3].filter((one) => one !== leader), told, ask };
}

test("a question is answered by the leader, whoever asks", () => {
  const { whole, leader, told, ask } = asking();
  for (const by of [1, 2, 3]) ask(by);
  assert.equal(told.length, 0, "never from inside the call");
  whole.until(() => told.length === 3);
  for (const one of told) assert.deepEqual(one, { error: undefined, answer: [leader, 7, 8] });
});

test("a leader that has no answer yet says so, and nobody waits", () => {
  const { whole, leader, followers, told, ask } = asking();
  whole.member(leader).replica.answerAsLeader((_question, answer) => answer(undefined));
  for (const by of [leader, ...followers]) ask(by);
  whole.until(() => told.length === 3);
  for (const { error } of told) assert.equal(error?.code, "no-leader");
});

test("a leader that never answers is waited for no longer than a request may take", () => {
  const { whole, leader, followers, told, ask } = asking();
  whole.member(leader).replica.answerAsLeader(() => {});
  ask(followers[0] as number);
  whole.until(() => told.length === 1, 60_000);
  assert.equal(told[0]?.error?.code, "timeout");
});

test("whoever asked a leader that dies is told that no answer will come", () => {
  const { whole, leader, followers, told, ask } = asking();
  whole.member(leader).replica.answerAsLeader(() => {});
  ask(followers[0] as number);
  whole.world.run(50);
  whole.crash(leader);
  whole.until(() => told.length === 1);
  assert.equal(told[0]?.error?.code, "outcome-unknown");
});

test("without a leader a question fails at once", () => {
  const { whole, leader, followers, told, ask } = asking();
  whole.crash(leader);
  whole.crash(followers[1] as number);
  whole.world.run(5000);
  ask(followers[0] as number);
  whole.until(() => told.length === 1, 100);
  assert.equal(told[0]?.error?.code, "no-leader");
});

test("a question larger than it may be is refused where it is asked", () => {
  const { whole, told } = asking();
  whole.member(1).replica.askLeader(new Uint8Array(maxQuestionBytes + 1), (error) => {
    told.push({ error, answer: [] });
  });
  whole.until(() => told.length === 1);
  assert.equal(told[0]?.error?.code, "too-large");
});
