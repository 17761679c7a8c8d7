import assert from "node:assert/strict";
import { test } from "node:test";
import type { MemberClient } from "../harness/member-client.ts";
import type { Contender } from "./contenders.ts";
import { checkEffects, LeaderChanged } from "./effects.ts";
import type { Operation } from "./operations.ts";

const put: Operation = { id: "put", title: "put", path: "/", message: new Uint8Array(0), revisions: 1 };
const read: Operation = { ...put, id: "read", title: "read", revisions: 0 };
const seen = {
  started: 110,
  succeeded: 100,
  failed: 0,
  bodyBytes: 30,
  processorSeconds: 0,
  sentMicros: new Float64Array(0),
  tookMicros: new Float64Array(0),
};

test("puts count when the revision moved by all that were answered and by no more than were sent", async () => {
  for (const moved of [100, 105, 110]) await checkEffects(contender(7 + moved), put, seen, 7, 0);
  await assert.rejects(checkEffects(contender(7 + 99), put, seen, 7, 0), /100 of 110 .* moved by 99/);
  await assert.rejects(checkEffects(contender(7 + 111), put, seen, 7, 0), /moved by 111/);
});

test("reads count when the revision did not move", async () => {
  await checkEffects(contender(7), read, seen, 7, 0);
  await assert.rejects(checkEffects(contender(8), read, seen, 7, 0), /moved by 1/);
});

test("answers that failed, answers without a message, and no answers at all do not count", async () => {
  await assert.rejects(checkEffects(contender(7), read, { ...seen, failed: 1 }, 7, 0), /1 requests failed/);
  await assert.rejects(checkEffects(contender(7), read, { ...seen, bodyBytes: 0 }, 7, 0), /there were errors/);
  await assert.rejects(checkEffects(contender(7), read, { ...seen, succeeded: 0 }, 7, 0), /nothing was answered/);
});

test("a load under which the leader changed does not count", async () => {
  await assert.rejects(checkEffects(contender(107, 1), put, seen, 7, 0), LeaderChanged);
});

function contender(revision: number, leader = 0): Contender {
  const client = { revision: () => Promise.resolve(revision) } as unknown as MemberClient;
  const member = { endpoint: "127.0.0.1:1", pid: 1, client, log: () => "" };
  return {
    name: "Quorate",
    members: [member, member],
    leader: () => Promise.resolve(leader),
    destroy: () => Promise.resolve(),
  };
}
