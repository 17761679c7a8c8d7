/** A state was installed (Raft §7): what becomes of the log, of promises, of the configuration. The follower's half. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { entriesOf } from "./support/fixtures.ts";
import { Node, type NodeOptions } from "./support/node.ts";

const first = { index: 0, term: 0 };

/** A follower of member 2 in term 5, with entries of these terms, of which `commit` are committed. */
function follower(log: readonly number[], commit = 0, options: NodeOptions = {}): Node {
  const node = new Node({ log, hardState: { term: 5, vote: 0, commit }, ...options });
  node.receive(2, { type: "heartbeat", term: 5, commit: 0, round: 1 });
  return node.clear();
}

test("a state beyond the end of the log makes it begin anew there, and the leader is told once that is durable", () => {
  const node = follower([1, 1, 2], 2, { manualDisk: true });
  node.install({ index: 50, term: 4 }, 5);
  const { base, last, commitIndex, appliedIndex } = node.core.status();
  assert.deepEqual(
    [base, last],
    [
      { index: 50, term: 4 },
      { index: 50, term: 4 },
    ],
  );
  assert.deepEqual([commitIndex, appliedIndex], [50, 50]);
  assert.deepEqual(
    node.pendingPersists.map(({ base: at, truncateFrom, entries, hardState }) => [
      at?.position,
      truncateFrom,
      entries.length,
      hardState,
    ]),
    [[{ index: 50, term: 4 }, undefined, 0, { term: 5, vote: 0, commit: 50 }]],
  );
  assert.deepEqual(node.take("append-accepted"), [], "not before the log begins there durably");
  node.completePersists();
  assert.deepEqual(
    node.take("append-accepted").map(({ to, message }) => [to, message.match]),
    [[2, 50]],
  );
  node.receive(2, {
    type: "append",
    term: 5,
    previous: { index: 50, term: 4 },
    commit: 51,
    entries: entriesOf([5], 51),
  });
  node.completePersists();
  assert.deepEqual(
    node.committed.map(({ index }) => index),
    [1, 2, 51],
    "nothing that the state holds is applied again",
  );
});

test("the log's own entry at the state's end keeps what follows it, acknowledged or not", () => {
  const node = follower([1, 1, 2, 2, 5, 5], 2);
  node.install({ index: 4, term: 2 }, 5);
  const { last, commitIndex, appliedIndex, base } = node.core.status();
  assert.deepEqual([last, commitIndex, appliedIndex, base], [{ index: 6, term: 5 }, 4, 4, first]);
  assert.deepEqual(
    node.take("append-accepted").map(({ message }) => message.match),
    [4],
    "of what follows, nothing is known to match",
  );
  node.receive(2, { type: "append", term: 5, previous: { index: 6, term: 5 }, commit: 6, entries: [] });
  assert.deepEqual(
    node.committed.map(({ index }) => index),
    [1, 2, 5, 6],
  );
  assert.equal(node.stored.length, 6);
});

test("another entry at the state's end ends the whole log: what came before it may be of another history too", () => {
  const node = follower([1, 1, 3, 3, 3, 3], 1);
  node.install({ index: 4, term: 4 }, 5);
  assert.deepEqual(node.core.status().last, { index: 4, term: 4 });
  assert.deepEqual([node.base, node.stored], [{ index: 4, term: 4 }, []]);
  node.receive(2, {
    type: "append",
    term: 5,
    previous: { index: 3, term: 1 },
    commit: 4,
    entries: entriesOf([4, 5], 4),
  });
  assert.deepEqual(node.core.status().last, { index: 5, term: 5 });
});

test("a state that is no newer than what is applied changes nothing", () => {
  const node = follower([1, 1, 2, 2, 5], 4);
  const before = node.core.status();
  const effects = node.effects.length;
  node.install({ index: 4, term: 2 }, 5);
  node.install({ index: 2, term: 1 }, 5);
  node.install({ index: 1, term: 1 }, 9);
  assert.deepEqual(node.core.status(), before);
  assert.equal(node.effects.length, effects);
});

test("a state within what is committed and not applied yet spares the applying, and no more", () => {
  const node = follower([1, 1, 2, 2, 5, 5], 5, { manualApply: true });
  assert.equal(node.committed.length, 5, "handed over, and not applied");
  node.install({ index: 4, term: 2 }, 5);
  assert.deepEqual([node.core.status().appliedIndex, node.core.status().last.index], [4, 6]);
  node.core.applied(node.now, 5);
  assert.equal(node.core.status().appliedIndex, 5);
});

test("completions of writes from before say nothing about the log that began anew", () => {
  const node = follower([1, 1], 1, { manualDisk: true });
  node.receive(2, {
    type: "append",
    term: 5,
    previous: { index: 2, term: 1 },
    commit: 1,
    entries: entriesOf([5, 5], 3),
  });
  node.install({ index: 30, term: 5 }, 5);
  node.receive(2, {
    type: "append",
    term: 5,
    previous: { index: 30, term: 5 },
    commit: 31,
    entries: entriesOf([5], 31),
  });
  node.completePersists(1);
  assert.equal(node.core.status().durableIndex, 30);
  assert.deepEqual(
    node.committed.map(({ index }) => index),
    [1],
  );
  node.completePersists();
  assert.deepEqual(
    node.take("append-accepted").map(({ message }) => message.match),
    [4, 30, 31],
  );
});

test("an append of what the state holds already is acknowledged no earlier than the state", () => {
  const node = follower([1, 1], 1, { manualDisk: true });
  node.install({ index: 30, term: 5 }, 5);
  node.receive(2, { type: "append", term: 5, previous: { index: 30, term: 5 }, commit: 30, entries: [] });
  assert.deepEqual(node.take("append-accepted"), []);
  node.completePersists();
  assert.deepEqual(
    node.take("append-accepted").map(({ message }) => message.match),
    [30],
  );
});

test("the configuration at the state's end is in force from then on, and what the lost entries said is not", () => {
  const node = follower([1, 1], 1);
  node.install({ index: 30, term: 5 }, 5, [2, 3, 4]);
  assert.deepEqual(node.core.status().configuration.voters, [2, 3, 4]);
  const announced = node.effects.findLast((effect) => effect.type === "configuration");
  assert.deepEqual(announced?.configuration.voters, [2, 3, 4]);
  node.now += 10_000;
  node.expire();
  assert.equal(node.role, "follower", "no voter any more: it does not stand");
});

test("a state of a later term's leader brings the term with it, before a leader of an older one is heard again", () => {
  const node = follower([1, 1], 1);
  node.install({ index: 30, term: 3 }, 7);
  assert.deepEqual([node.term, node.core.status().leader], [7, 0]);
  node.receive(2, { type: "append", term: 5, previous: { index: 2, term: 1 }, commit: 1, entries: entriesOf([5], 3) });
  assert.deepEqual(node.core.status().last, { index: 30, term: 3 });
  assert.equal(node.hardState?.term, 7);
});

test("a candidate that gets a state goes on from it, and a leader's state is never older than its log", () => {
  const candidate = new Node({ log: [1], hardState: { term: 1, vote: 0, commit: 0 } });
  candidate.expire();
  candidate.receive(2, { type: "pre-vote-response", term: 1, electionTerm: 2, granted: true });
  assert.equal(candidate.role, "candidate");
  candidate.install({ index: 9, term: 1 }, 1);
  assert.deepEqual([candidate.role, candidate.last], ["candidate", { index: 9, term: 1 }]);
  const leader = new Node({ log: [1, 1, 1], hardState: { term: 1, vote: 0, commit: 0 }, manualApply: true }).lead();
  leader.install({ index: 2, term: 1 }, 2);
  assert.deepEqual([leader.role, leader.core.status().appliedIndex], ["leader", 2]);
  assert.throws(() => leader.install({ index: 90, term: 2 }, 2), /a leader's log holds everything that is committed/);
});

test("a crash before the log agrees finds both as they were, or the log begun anew: the same follower either way", () => {
  for (const isFinished of [false, true]) {
    const before = follower([1, 1, 2], 2, { manualDisk: true });
    before.install({ index: 50, term: 4 }, 5);
    if (isFinished) before.completePersists();
    // What the host does for a state that was switched: the intent finishes the log's part (packages/wal).
    const base = { index: 50, term: 4 };
    const after = new Node({ base, hardState: { term: 5, vote: 0, commit: 50 }, incarnation: 2 });
    after.receive(2, { type: "append", term: 5, previous: base, commit: 51, entries: entriesOf([5], 51) });
    assert.equal(after.take("append-accepted")[0]?.message.match, 51);
  }
});

test("a quarantined member that is sent the state has a voice once its log agrees", () => {
  const node = follower([1], 0, { quarantined: true, manualDisk: true });
  const [asked] = node.effects.flatMap((effect) =>
    effect.type === "send" && effect.message.type === "read-index-request" ? [effect.message] : [],
  );
  node.receive(2, { type: "read-index-response", term: 5, id: asked?.id ?? 0, index: 40 });
  node.install({ index: 50, term: 4 }, 5);
  assert.equal(node.core.status().quarantined, true);
  node.completePersists();
  assert.equal(node.core.status().quarantined, false);
});
