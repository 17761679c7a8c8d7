import assert from "node:assert/strict";
import { test } from "node:test";
import type { HostError } from "@quorate/host";
import { askPeer } from "../src/ask-peer.ts";
import { encodeAnswer } from "../src/greeting.ts";
import { MemoryWorld } from "./memory-world.ts";
import { addressOf, TestMember } from "./members.ts";
import { Stranger } from "./stranger.ts";

interface Asked {
  error: HostError | undefined;
  text: string | undefined;
}

function ask(world: MemoryWorld, id: number): Asked {
  const asked: Asked = { error: undefined, text: undefined };
  askPeer(world.host(), addressOf(id), 500, (error, text) => Object.assign(asked, { error, text }));
  world.run(1000);
  return asked;
}

test("somebody who is no member asks, and is told what the member says at that moment", () => {
  const world = new MemoryWorld();
  let answer = "first";
  const one = new TestMember(world, 1, { answer: () => answer });
  assert.deepEqual(ask(world, 1), { error: undefined, text: "first" });
  answer = "http://10.0.0.1:2379,\u00e9";
  assert.equal(ask(world, 1).text, answer);
  assert.deepEqual(one.refusals, []);
});

test("a member that has nothing to say, or too much, answers with nothing", () => {
  const world = new MemoryWorld();
  const members = [new TestMember(world, 1), new TestMember(world, 2, { answer: () => "x".repeat(1025) })];
  assert.equal(ask(world, 1).text, "");
  assert.equal(ask(world, 2).text, "");
  assert.deepEqual(
    members.flatMap(({ refusals }) => refusals),
    [],
  );
});

test("where nobody listens, the question fails in words", () => {
  assert.match(ask(new MemoryWorld(), 3).error?.message ?? "", /gave no answer/);
});

test("an answer that nobody asked for begins no connection", () => {
  const world = new MemoryWorld();
  const one = new TestMember(world, 1);
  const stranger = new Stranger(world, addressOf(1), encodeAnswer({ kind: "answer", text: "hello" }));
  world.runUntil(() => stranger.closed);
  assert.ok(stranger.answer?.kind === "refusal");
  assert.match(one.refusals.join(), /not with a answer|not with an answer/);
});
