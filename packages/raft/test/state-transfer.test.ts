/** Which follower is sent the state, and until when (Raft §7): the leader's half. The state itself is the replica's. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Node, type NodeOptions } from "./support/node.ts";

/** Member `id` starts anew: the leader asks it from the end of the log on. */
function restart(node: Node, id: number): void {
  for (const incarnation of [1, 2])
    node.receive(id, { type: "heartbeat-response", term: node.term, round: 0 }, incarnation);
}

/** A leader of three whose log was pruned up to `pruned`; follower 2 has everything, follower 3 nothing after `match`. */
function prunedLeader(pruned: number, match = 0, options: NodeOptions = {}): Node {
  const node = new Node(options).lead({ commitNoop: false });
  node.acknowledge(2);
  for (let count = 0; count < 20; count++) node.propose("x".repeat(100));
  node.acknowledge(2);
  if (match > 0) node.acknowledge(3, match);
  else restart(node, 3);
  node.prune(pruned);
  return node.clear();
}

test("a follower whose next entry was pruned is to be sent the state, once, and no appends; heartbeats go on", () => {
  const node = prunedLeader(10);
  node.reject(3, 5, 21);
  assert.deepEqual(node.takeStateEffects(), ["3 pruned >= 10"]);
  assert.equal(node.progressOf(3).state, "snapshot");
  node.clear();
  for (let beat = 0; beat < 5; beat++) {
    node.expire();
    node.answer(node.takeRound(), 2, 3);
    node.propose("more");
    node.acknowledge(2);
  }
  assert.deepEqual(
    node.take("append").filter(({ to }) => to === 3),
    [],
  );
  assert.deepEqual(node.takeStateEffects(), [], "it was asked for once");
});

test("a new follower of a leader that was pruned to its last entry gets the state at once, without a walk", () => {
  const node = prunedLeader(21);
  node.reject(3, 0, 21);
  assert.deepEqual(node.takeStateEffects(), ["3 pruned >= 21"]);
});

test("a follower that has what comes before the log is served from it", () => {
  const node = prunedLeader(10);
  node.reject(3, 10, 21);
  assert.equal(node.progressOf(3).state, "probing");
  assert.equal(node.take("append").at(-1)?.message.previous.index, 10);
  node.acknowledge(3, 21);
  assert.equal(node.progressOf(3).state, "replicating");
  assert.deepEqual(node.takeStateEffects(), []);
});

test("one that rejects even the base has another history: it gets the state", () => {
  const node = prunedLeader(10);
  node.reject(3, 10, 21);
  node.receive(3, {
    type: "append-rejected",
    term: node.term,
    rejected: 10,
    conflict: { index: 10, term: 0, firstIndex: 10 },
  });
  assert.deepEqual(node.takeStateEffects(), ["3 pruned >= 10"]);
});

test("the follower's own acknowledgment of the state's position ends it, and entries go on from there", () => {
  const node = prunedLeader(10);
  node.reject(3, 5, 21);
  node.takeStateEffects();
  node.clear().acknowledge(3, 15);
  assert.equal(node.progressOf(3).state, "replicating");
  assert.deepEqual(
    node.take("append").map(({ to, message }) => [to, message.previous.index, message.entries.length]),
    [[3, 15, 6]],
  );
  assert.deepEqual(node.takeStateEffects(), ["3 unwanted"]);
});

test("a transfer that ended well proves nothing by itself: the follower is asked behind the state", () => {
  const node = prunedLeader(10);
  node.reject(3, 5, 21);
  node.takeStateEffects();
  node.clear().stateSent(3, { index: 15, term: node.term });
  assert.deepEqual([node.progressOf(3).state, node.progressOf(3).match], ["probing", 0]);
  assert.equal(node.take("append")[0]?.message.previous.index, 15);
  assert.deepEqual(node.takeStateEffects(), []);
  node.acknowledge(3, 21);
  assert.equal(node.progressOf(3).state, "replicating");
});

test("a transfer that failed is asked for again after T/2, then after T, and so on, up to 8 T", () => {
  const node = prunedLeader(10);
  node.reject(3, 5, 21);
  const waits: number[] = [];
  for (let failure = 0; failure < 7; failure++) {
    assert.deepEqual(node.takeStateEffects(), ["3 pruned >= 10"]);
    node.stateSent(3, undefined);
    const from = node.now;
    for (node.effects.length = 0; !node.effects.some(({ type }) => type === "state-wanted"); ) {
      node.expire();
      node.answer(node.takeRound(), 2, 3);
    }
    waits.push(node.now - from);
  }
  assert.deepEqual(waits, [500, 1000, 2000, 4000, 8000, 8000, 8000]);
});

test("a follower that has not answered yet is asked again behind what is left of the log", () => {
  const node = new Node().lead({ commitNoop: false });
  node.acknowledge(2);
  for (let count = 0; count < 20; count++) node.propose("x");
  node.acknowledge(2);
  node.clear().prune(10);
  assert.deepEqual(
    node.take("append").map(({ to, message }) => [to, message.previous.index, message.entries.length]),
    [[3, 10, 0]],
  );
  node.acknowledge(3, 1);
  assert.equal(node.progressOf(3).state, "probing", "an answer to the question before");
  node.acknowledge(3, 10);
  assert.deepEqual([node.progressOf(3).state, node.takeStateEffects()], ["replicating", []]);
});

test("no state is asked for while the follower is not heard, and at once when it is", () => {
  const node = prunedLeader(10, 5);
  node.takeStateEffects();
  const silent = new Node({ voters: [1, 2, 3, 4, 5] }).lead({ commitNoop: false });
  for (let count = 0; count < 20; count++) silent.propose("x");
  for (const id of [2, 3]) silent.acknowledge(id);
  silent.acknowledge(5, 3);
  for (let beat = 0; beat < 15; beat++) {
    silent.expire();
    silent.answer(silent.takeRound(), 2, 3);
  }
  silent.prune(15);
  silent.core.unreachable(silent.now, 5);
  silent.flush();
  const wantedBefore = silent.takeStateEffects();
  silent.receive(5, {
    type: "append-rejected",
    term: silent.term,
    rejected: silent.progressOf(5).next - 1,
    conflict: { index: 3, term: silent.term, firstIndex: 1 },
  });
  assert.deepEqual([wantedBefore, silent.takeStateEffects()], [[], ["5 pruned >= 15"]]);
});

test("what is being streamed to a follower when the log is pruned under it is given up for the state", () => {
  const node = prunedLeader(1, 1, { limits: { maxInflightAppends: 2, maxAppendBytes: 200 } });
  assert.equal(node.progressOf(3).state, "replicating");
  node.prune(15);
  assert.deepEqual(node.takeStateEffects(), ["3 pruned >= 15"]);
  node.acknowledge(3, 3);
  assert.equal(node.progressOf(3).state, "snapshot", "an answer to what was in flight does not reach the log");
  node.acknowledge(3, 15);
  assert.deepEqual(node.takeStateEffects(), ["3 unwanted"], "one that does, does");
});

test("entries that come from the disk after they were pruned are not sent", () => {
  const limits = { logCacheBytes: 0, maxInflightAppends: 1, maxAppendBytes: 200 };
  const log = Array.from({ length: 20 }, () => 1);
  const hardState = { term: 1, vote: 0, commit: 20 };
  const node = new Node({ log, hardState, applied: 20, limits }).lead({ commitNoop: false });
  node.acknowledge(2);
  node.reject(3, 5, 20);
  const load = node.loads.at(-1);
  assert.deepEqual([load?.for, load?.from], [3, 6]);
  node.prune(18);
  node.clear();
  node.core.loaded(node.now, 3, 6, node.stored.slice(5, 10));
  node.flush();
  assert.deepEqual([node.take("append"), node.loads.at(-1)?.from], [[], 19], "it is asked behind what is left");
});

test("a follower that says nothing any more is sent no state, and is as soon as it is heard", () => {
  const node = prunedLeader(10);
  node.reject(3, 5, 21);
  node.takeStateEffects();
  node.stateSent(3, undefined);
  for (let beat = 0; beat < 15; beat++) {
    node.expire();
    node.answer(node.takeRound(), 2);
  }
  node.stateSent(3, undefined);
  node.takeStateEffects();
  for (let beat = 0; beat < 150; beat++) {
    node.expire();
    node.answer(node.takeRound(), 2);
  }
  assert.deepEqual(node.takeStateEffects(), []);
  node.expire();
  node.answer(node.takeRound(), 3);
  assert.deepEqual(node.takeStateEffects(), ["3 pruned >= 10"]);
});

test("rejections of what was sent before change nothing for one that waits for the state", () => {
  const node = prunedLeader(10);
  node.reject(3, 5, 21);
  node.takeStateEffects();
  node.clear();
  for (const [rejected, last] of [
    [21, 5],
    [21, 15],
    [12, 11],
  ] as const) {
    node.reject(3, last, rejected);
  }
  assert.deepEqual([node.progressOf(3).state, node.take("append"), node.takeStateEffects()], ["snapshot", [], []]);
});

/** Follower 3 lacks 20 entries of 128 bytes that are no longer in memory. */
function costlyLeader(stateBytes: number | undefined): Node {
  const node = new Node({ limits: { logCacheBytes: 0, stateAdvantageBytes: 500 } }).lead({ commitNoop: false });
  node.acknowledge(2);
  if (stateBytes !== undefined) node.core.observeStateBytes(stateBytes);
  for (let count = 0; count < 20; count++) node.propose("x".repeat(100));
  node.acknowledge(2);
  restart(node, 3);
  node.reject(3, 0, 21);
  return node;
}

test("where the log would cost more bytes than the state, the state is sent; where not, or unknown, the log", () => {
  assert.deepEqual(costlyLeader(1000).takeStateEffects(), ["3 cheaper >= 1"]);
  assert.deepEqual(costlyLeader(3000).takeStateEffects(), []);
  assert.deepEqual(costlyLeader(undefined).takeStateEffects(), []);
  assert.equal(costlyLeader(2200).loads.length, 1, "the advantage is too small");
});

test("what memory holds is sent from it, whatever the state costs", () => {
  const node = new Node({ limits: { stateAdvantageBytes: 0 } }).lead({ commitNoop: false });
  node.acknowledge(2);
  node.core.observeStateBytes(1);
  for (let count = 0; count < 20; count++) node.propose("x".repeat(100));
  restart(node, 3);
  node.reject(3, 0, 21);
  assert.deepEqual([node.takeStateEffects(), node.progressOf(3).state], [[], "probing"]);
});

test("a follower with a cheaper state that catches up through the log is not sent it any more", () => {
  const node = costlyLeader(1000);
  node.takeStateEffects();
  node.acknowledge(3, 5);
  assert.equal(node.progressOf(3).state, "snapshot", "a little progress changes nothing");
  node.acknowledge(3, 12);
  assert.deepEqual([node.takeStateEffects(), node.progressOf(3).state], [["3 unwanted"], "replicating"]);
});

for (const end of [4, 5]) {
  test(`a state up to ${end} is no help to a follower that has acknowledged 5 meanwhile: the log is, whatever it costs`, () => {
    const node = costlyLeader(1000);
    node.takeStateEffects();
    node.acknowledge(3, 5);
    node.loads.length = 0;
    node.clear().stateSent(3, { index: end, term: node.term });
    assert.deepEqual([node.takeStateEffects(), node.progressOf(3).state], [[], "replicating"]);
    assert.deepEqual(
      node.loads.map(({ from }) => from),
      [6],
    );
  });
}

test("a follower without which nothing is committed gets what is not: no state can bring that", () => {
  const node = new Node({ limits: { logCacheBytes: 0, stateAdvantageBytes: 500 } }).lead({ commitNoop: false });
  node.core.observeStateBytes(100);
  for (let count = 0; count < 20; count++) node.propose("x".repeat(100));
  restart(node, 3);
  node.reject(3, 0, 21);
  assert.deepEqual([node.takeStateEffects(), node.progressOf(3).state], [[], "probing"]);
  node.acknowledge(3, 21);
  assert.equal(node.core.status().commitIndex, 21);
});

test("one that has been sent the state goes on through the log, though that would cost as much again: no newer state is there", () => {
  const node = costlyLeader(1000);
  node.takeStateEffects();
  node.loads.length = 0;
  node.stateSent(3, { index: 1, term: node.term });
  assert.deepEqual(node.takeStateEffects(), []);
  assert.deepEqual(
    node.loads.map(({ from }) => from),
    [2],
  );
  node.core.loaded(node.now, 3, 2, node.stored.slice(1));
  node.flush();
  // Once it has caught up, what it lacks later is another matter.
  node.acknowledge(3, 21);
  assert.equal(node.progressOf(3).state, "replicating");
  node.core.unreachable(node.now, 3);
  for (let count = 0; count < 20; count++) node.propose("x".repeat(100));
  node.acknowledge(2);
  node.acknowledge(3, 21);
  assert.deepEqual(node.takeStateEffects(), ["3 cheaper >= 22"]);
});

test("the bytes of a log that a restart found count too", () => {
  const log = Array.from({ length: 50 }, () => 1);
  const limits = { stateAdvantageBytes: 500, logCacheBytes: 0 };
  const hardState = { term: 1, vote: 0, commit: 50 };
  const node = new Node({ log, hardState, applied: 50, frameBytes: 50_000, limits }).lead({ commitNoop: false });
  node.core.observeStateBytes(10_000);
  node.reject(3, 25, 50);
  assert.deepEqual(node.takeStateEffects(), ["3 cheaper >= 1"]);
});

test("a long-diverged follower costs one question for each term, or the state: never a walk through the entries", () => {
  const log = Array.from({ length: 400 }, (_, at) => 1 + Math.floor(at / 100));
  const node = new Node({ log, hardState: { term: 4, vote: 0, commit: 400 }, limits: { stateAdvantageBytes: 0 } });
  node.lead({ commitNoop: false });
  node.acknowledge(2);
  node.prune(350);
  node.clear();
  node.receive(3, {
    type: "append-rejected",
    term: node.term,
    rejected: 400,
    conflict: { index: 390, term: 3, firstIndex: 201 },
  });
  assert.equal(node.take("append").at(-1)?.message.previous.index, 350, "the last that may agree is the base");
  node.receive(3, {
    type: "append-rejected",
    term: node.term,
    rejected: 350,
    conflict: { index: 350, term: 3, firstIndex: 201 },
  });
  assert.deepEqual(node.takeStateEffects(), ["3 pruned >= 350"]);
});

test("a leader that stops leading wants no state sent any more", () => {
  const node = prunedLeader(10);
  node.reject(3, 5, 21);
  node.takeStateEffects();
  node.receive(2, { type: "heartbeat", term: node.term + 1, commit: 0, round: 1 });
  assert.deepEqual(node.takeStateEffects(), ["3 unwanted"]);
  node.stateSent(3, { index: 15, term: 1 });
  assert.deepEqual(node.takeStateEffects(), [], "and what was under way means nothing any more");
});

test("a follower that starts anew while it is sent the state is asked again what it has", () => {
  const node = prunedLeader(10);
  node.reject(3, 5, 21);
  node.takeStateEffects();
  node.receive(3, { type: "heartbeat-response", term: node.term, round: 0 }, 3);
  assert.deepEqual([node.takeStateEffects(), node.progressOf(3).state], [["3 unwanted"], "probing"]);
  node.reject(3, 12, 21);
  node.acknowledge(3, 21);
  assert.equal(node.progressOf(3).state, "replicating", "it has the state already");
});

test("answers about a state that nobody asked for, or for nobody, mean nothing", () => {
  const node = prunedLeader(10);
  node.stateSent(3, { index: 15, term: 1 });
  node.stateSent(77, { index: 15, term: 1 });
  node.stateSent(2, undefined);
  const idle = new Node();
  idle.stateSent(2, { index: 3, term: 1 });
  assert.deepEqual([node.takeStateEffects(), idle.takeStateEffects()], [[], []]);
});

test("a state that ends before the log begins is of no use: another one is wanted", () => {
  const node = prunedLeader(10);
  node.reject(3, 5, 21);
  node.takeStateEffects();
  node.prune(18);
  node.stateSent(3, { index: 12, term: node.term });
  assert.equal(node.progressOf(3).state, "snapshot");
  for (let beat = 0; beat < 6; beat++) {
    node.expire();
    node.answer(node.takeRound(), 2, 3);
  }
  assert.deepEqual(node.takeStateEffects(), ["3 pruned >= 18"]);
});
