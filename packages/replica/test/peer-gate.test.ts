import assert from "node:assert/strict";
import { test } from "node:test";
import { HostError, silentLogger, type Done } from "@quorate/host";
import type { MemberId } from "@quorate/raft";
import { ForgottenStartError } from "../src/errors.ts";
import { nextIncarnation } from "../src/incarnations.ts";
import { decodeDisowned, encodeDisowned, encodeIntroduction } from "../src/introduction-codec.ts";
import { decodeKnownStarts, encodeKnownStarts, type KnownStarts } from "../src/known-starts.ts";
import { PeerGate } from "../src/peer-gate.ts";

/** The gate of member 1, in its start 500, and a disk that answers when told to. */
function gateOf(starts: KnownStarts = new Map()) {
  const saves: { readonly starts: KnownStarts; readonly done: Done }[] = [];
  const taken: string[] = [];
  const sent: { readonly to: MemberId; readonly message: Uint8Array }[] = [];
  const failures: Error[] = [];
  const gate = new PeerGate({
    memberId: 1,
    incarnation: 500,
    knownStarts: { starts, save: (known, done) => saves.push({ starts: known, done }) },
    logger: silentLogger,
    send: (to, message) => sent.push({ to, message }),
    take: (from, incarnation, bytes) => taken.push(`${bytes[1]} of ${from} in ${incarnation}`),
    failed: (error) => failures.push(error),
  });
  return {
    gate,
    taken,
    sent,
    failures,
    saves,
    /** All starts of a disk; after undefined those of one that has forgotten older ones. */
    introduce: (from: MemberId, ...starts: readonly (number | undefined)[]): void => {
      const incarnations = starts.filter((start) => start !== undefined);
      const isWhole = starts[0] !== undefined;
      gate.receive(from, incarnations.at(-1) as number, encodeIntroduction({ incarnations, isWhole }));
    },
    say: (from: MemberId, incarnation: number, what: number): void =>
      gate.receive(from, incarnation, Uint8Array.of(0, what)),
    saved: (error?: HostError): void => saves.shift()?.done(error),
  };
}

test("a peer is heard once its start is recorded; what it said meanwhile is not lost and keeps its order", () => {
  const { introduce, say, saved, saves, taken } = gateOf();
  say(2, 70, 0);
  introduce(2, 70);
  say(2, 70, 1);
  say(2, 70, 2);
  assert.deepEqual(taken, []);
  assert.deepEqual([...(saves[0]?.starts ?? [])], [[2, 70]]);
  saved();
  say(2, 70, 3);
  assert.deepEqual(taken, ["1 of 2 in 70", "2 of 2 in 70", "3 of 2 in 70"]);
  introduce(2, 70);
  assert.equal(saves.length, 0, "another connection of the same start is nothing new");
});

test("a restart is heard, also when another one before it was missed, and the start before it is not any more", () => {
  const { introduce, say, saved, taken } = gateOf(new Map([[2, 70]]));
  say(2, 70, 1);
  introduce(2, 70, 80, 90);
  say(2, 70, 2);
  saved();
  say(2, 90, 3);
  introduce(2, undefined, 90, 95);
  saved();
  say(2, 90, 4);
  say(2, 95, 5);
  assert.deepEqual(taken, ["1 of 2 in 70", "3 of 2 in 90", "5 of 2 in 95"]);
});

test("a disk that was wiped, and an older copy of a disk, are told so and not heard", () => {
  for (const starts of [[12], [9000], [9000, 9001], [60, 71], [60, 71, 80], [undefined, 69, 9000]]) {
    const incarnation = starts.at(-1) as number;
    const { introduce, say, saves, sent, taken } = gateOf(new Map([[2, 70]]));
    introduce(2, ...starts);
    say(2, incarnation, 1);
    assert.deepEqual(taken, []);
    assert.equal(saves.length, 0);
    assert.equal(sent.length, 1);
    assert.equal(sent[0]?.to, 2);
    assert.deepEqual(sent[0] && decodeDisowned(sent[0].message), { incarnation, known: 70 });
  }
});

test("a disk that has forgotten its older starts is heard by those who knew none but these", () => {
  const { introduce, say, saved, taken } = gateOf(new Map([[2, 70]]));
  introduce(2, undefined, 71, 90);
  saved();
  say(2, 90, 1);
  assert.equal(taken.length, 1);
});

test("who is not recorded yet is known all the same: an empty disk that comes right behind it is not heard", () => {
  const { introduce, say, saved, sent, taken } = gateOf();
  introduce(2, 70);
  introduce(2, 80);
  saved();
  say(2, 80, 1);
  assert.deepEqual(taken, []);
  assert.equal(sent.length, 1);
});

test("whoever comes while others are recorded is recorded next", () => {
  const { introduce, say, saved, saves, taken } = gateOf();
  introduce(2, 70);
  introduce(3, 40);
  introduce(2, 70, 75);
  assert.equal(saves.length, 1);
  saved();
  say(3, 40, 1);
  say(2, 75, 2);
  assert.deepEqual(taken, []);
  assert.deepEqual(
    [...(saves[0]?.starts ?? [])],
    [
      [2, 75],
      [3, 40],
    ],
  );
  saved();
  assert.deepEqual(taken, ["2 of 2 in 75", "1 of 3 in 40"]);
});

test("a member that is told of a start that its disk does not know stops; a message to another start of it is nothing", () => {
  const { gate, failures } = gateOf();
  gate.receive(2, 70, encodeDisowned({ incarnation: 499, known: 600 }));
  assert.equal(failures.length, 0);
  gate.receive(2, 70, encodeDisowned({ incarnation: 500, known: 600 }));
  assert.ok(failures[0] instanceof ForgottenStartError);
  assert.match(failures[0].message, /knows start 600 of this member.*new id/s);
});

test("a disk that cannot record a start stops the member, and nothing of that start is let in", () => {
  const { introduce, say, saved, failures, taken } = gateOf();
  introduce(2, 70);
  say(2, 70, 1);
  saved(new HostError("io", "/member/peers", "the disk is broken"));
  assert.equal(failures.length, 1);
  assert.deepEqual(taken, []);
});

test("what waits for a record is bounded", () => {
  const { introduce, say, saved, taken } = gateOf();
  introduce(2, 70);
  for (let count = 0; count < 5000; count++) say(2, 70, 1);
  saved();
  assert.equal(taken.length, 1000);
});

test("a gate that stops waits for what is being written, and lets nothing in after it", () => {
  const { gate, introduce, say, saved, taken } = gateOf(new Map([[3, 5]]));
  introduce(2, 70);
  let stopped = false;
  gate.stop(() => {
    stopped = true;
  });
  assert.equal(stopped, false);
  saved();
  assert.equal(stopped, true);
  say(2, 70, 1);
  say(3, 5, 1);
  assert.deepEqual(taken, []);
});

test("garbage in place of an introduction introduces nobody", () => {
  const { gate, saves, failures, say, taken } = gateOf();
  const good = encodeIntroduction({ incarnations: [60, 70], isWhole: true });
  for (const bytes of [
    good.subarray(0, 18),
    Uint8Array.of(5),
    Uint8Array.of(6),
    new Uint8Array(17).fill(255, 1).fill(5, 0, 1),
  ]) {
    gate.receive(2, 70, bytes);
  }
  // It names another start than its connection does, or starts that do not rise, or none.
  gate.receive(2, 71, good);
  gate.receive(2, 70, encodeIntroduction({ incarnations: [70, 70], isWhole: true }));
  gate.receive(2, 70, encodeIntroduction({ incarnations: [], isWhole: true }));
  say(2, 70, 1);
  assert.deepEqual([saves.length, failures.length, taken.length], [0, 0, 0]);
});

test("the file of known starts is read as it was written; with any byte changed it is not read", () => {
  const starts = new Map([
    [3, 2 ** 52],
    [1, 7],
  ]);
  const bytes = encodeKnownStarts(starts);
  assert.deepEqual(decodeKnownStarts(bytes), starts);
  assert.deepEqual(decodeKnownStarts(encodeKnownStarts(new Map())), new Map());
  for (let at = 0; at < bytes.length; at++) {
    const changed = bytes.slice();
    changed[at] = (changed[at] as number) ^ 0x10;
    assert.equal(decodeKnownStarts(changed), undefined, `byte ${at}`);
    assert.equal(decodeKnownStarts(bytes.subarray(0, at)), undefined);
  }
});

test("incarnations rise on one disk, start anywhere on an empty one, and jump far after damage", () => {
  for (const share of [0, 0.5, 1 - 2 ** -32]) {
    const random = { next: () => share };
    const first = nextIncarnation(random, 0, false);
    assert.ok(first >= 1 && first < 2 ** 40);
    const second = nextIncarnation(random, first, false);
    assert.ok(second > first && second < first + 2 ** 20);
    assert.ok(nextIncarnation(random, first, true) > first + 1000 * 2 ** 20);
    assert.ok(nextIncarnation(random, 0, true) > 1000 * 2 ** 20);
  }
});
