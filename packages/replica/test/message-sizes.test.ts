import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeMessage, entryKinds, makeEntry } from "@quorate/raft";
import { encodeForward, messageKinds } from "../src/forwarding-codec.ts";
import { largestMessage } from "../src/message-sizes.ts";
import { encodeTransfer, maxChunkBytes } from "../src/transfer/transfer-codec.ts";

const small = { maxCommandBytes: 10, maxAppendBytes: 10, maxBatchBytes: 10, maxBatchCommands: 1 };

function bytesOf(chunks: readonly Uint8Array[]): number {
  return chunks.reduce((bytes, chunk) => bytes + chunk.length, 0);
}

/** An append as the sender makes it. */
function append(commandBytes: readonly number[]): number {
  const entries = commandBytes.map((bytes, at) => makeEntry(1 + at, 1, entryKinds.command, new Uint8Array(bytes)));
  const message = { type: "append", term: 1, previous: { index: 0, term: 0 }, commit: 0, entries } as const;
  return bytesOf([Uint8Array.of(messageKinds.raft), ...encodeMessage(message)]);
}

function forward(commandBytes: readonly number[]): number {
  const commands = commandBytes.map((bytes) => new Uint8Array(bytes));
  return bytesOf(encodeForward({ id: 1, incarnation: 1, commands }));
}

test("the largest message is an append of one command as large as they come", () => {
  assert.equal(largestMessage({ ...small, maxCommandBytes: 5_000_000 }), append([5_000_000]));
  assert.ok(append([5_000_000]) > forward([5_000_000]));
});

test("or as many frames as an append may hold", () => {
  const frames = append([1_000_000, 1_000_000]) - append([]);
  assert.equal(largestMessage({ ...small, maxAppendBytes: frames }), append([1_000_000, 1_000_000]));
});

test("or a batch of commands on its way to the leader, each with its length", () => {
  assert.equal(
    largestMessage({ ...small, maxBatchBytes: 3_000_000, maxBatchCommands: 300 }),
    forward(Array(300).fill(10_000)),
  );
});

test("or a part of a state", () => {
  const chunk = { type: "chunk", session: 1, number: 1, bytes: new Uint8Array(maxChunkBytes) } as const;
  assert.equal(largestMessage(small), bytesOf(encodeTransfer(chunk)));
});
