/** What a message means depends on the role of who hears it, and on who says it (Raft Figure 4). */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Message } from "@quorate/raft";
import { Node } from "./support/node.ts";

const first = { index: 0, term: 0 };

function follower(): Node {
  const node = new Node();
  node.receive(2, { type: "heartbeat", term: 1, commit: 0, round: 1 });
  return node.clear();
}

function preCandidate(): Node {
  const node = new Node();
  node.expire();
  return node.clear();
}

function candidate(): Node {
  const node = preCandidate();
  node.receive(2, { type: "pre-vote-response", term: 0, electionTerm: 1, granted: true });
  return node.clear();
}

const leader = (): Node => new Node().lead();

const makers = { follower, "pre-candidate": preCandidate, candidate, leader } as const;
type Role = keyof typeof makers;

/** Answers, and the roles that asked for them. */
const answers: readonly { readonly message: (term: number) => Message; readonly heardBy: readonly Role[] }[] = [
  {
    message: (term) => ({ type: "pre-vote-response", term, electionTerm: term + 1, granted: true }),
    heardBy: ["pre-candidate"],
  },
  { message: (term) => ({ type: "vote-response", term, granted: true }), heardBy: ["candidate"] },
  { message: (term) => ({ type: "append-accepted", term, match: 1 }), heardBy: ["leader"] },
  {
    message: (term) => ({ type: "append-rejected", term, rejected: 1, conflict: { ...first, firstIndex: 0 } }),
    heardBy: ["leader"],
  },
  { message: (term) => ({ type: "heartbeat-response", term, round: 1 }), heardBy: ["leader"] },
];

for (const { message, heardBy } of answers) {
  for (const role of Object.keys(makers) as Role[]) {
    if (heardBy.includes(role)) continue;
    test(`a ${message(1).type} means nothing to a ${role}, whatever its term`, () => {
      for (const ahead of [0, 5]) {
        const node = makers[role]();
        assert.equal(node.role, role);
        const before = JSON.stringify([node.core.status(), node.core.deadline(), node.hardState]);
        node.receive(3, message(node.term + ahead));
        assert.equal(JSON.stringify([node.core.status(), node.core.deadline(), node.hardState]), before);
        assert.deepEqual(node.sent, []);
      }
    });
  }
}

test("the answers of a stranger, and its term, move no leader", () => {
  const conflict = { index: 0, term: 0, firstIndex: 0 };
  for (const ahead of [0, 50]) {
    const node = leader();
    const term = node.term + ahead;
    const before = JSON.stringify(node.core.status());
    node.receive(99, { type: "heartbeat-response", term, round: 1 });
    node.receive(99, { type: "append-accepted", term, match: 1 });
    node.receive(99, { type: "append-rejected", term, rejected: 1, conflict });
    assert.equal(JSON.stringify(node.core.status()), before);
  }
});

test("what claims to come from ourselves is dropped", () => {
  const node = leader();
  node.receive(1, { type: "heartbeat", term: node.term + 1, commit: 0, round: 1 });
  assert.equal(node.role, "leader");
});

test("a pre-candidate's round is decided by its own answers: those of an earlier term are not counted", () => {
  const node = new Node({ hardState: { term: 3, vote: 0, commit: 0 } });
  node.expire();
  node.receive(2, { type: "pre-vote-response", term: 3, electionTerm: 3, granted: true });
  assert.equal(node.role, "pre-candidate");
  node.receive(2, { type: "pre-vote-response", term: 3, electionTerm: 5, granted: true });
  assert.equal(node.role, "pre-candidate");
  node.receive(2, { type: "pre-vote-response", term: 3, electionTerm: 4, granted: true });
  assert.equal(node.role, "candidate");
});

test("a leader refuses the vote of its own term, and stays", () => {
  const node = leader();
  node.receive(3, { type: "vote-request", term: node.term, last: { index: 9, term: 9 }, transfer: true });
  assert.deepEqual(
    node.take("vote-response").map(({ message }) => message.granted),
    [false],
  );
  assert.equal(node.role, "leader");
});

test("a voter of the outgoing configuration alone stands and leads while it is in force (§6)", () => {
  const node = new Node({ id: 4, voters: [1, 2, 3], outgoing: [1, 2, 4] }).lead({ commitNoop: false });
  node.expire();
  node.answer(node.takeRound(), 1, 2, 3);
  node.receive(3, { type: "heartbeat-response", term: node.term + 5, round: 0 });
  assert.equal(node.role, "candidate");
});

test("the leader's own election to take a member back is one term later, and no transfer", () => {
  const node = leader();
  const { term } = node;
  node.expire();
  node.answer(node.takeRound(), 2);
  node.receive(3, { type: "append-rejected", term: term + 5, rejected: 0, conflict: { ...first, firstIndex: 0 } });
  assert.deepEqual(
    node.take("vote-request").map(({ to, message }) => [to, message.term, message.transfer]),
    [
      [2, term + 6, false],
      [3, term + 6, false],
    ],
  );
});

test("a leader of an older term learns ours by an answer of the kind that it asked for", () => {
  const node = new Node({ hardState: { term: 5, vote: 0, commit: 0 } });
  node.receive(2, { type: "heartbeat", term: 4, commit: 0, round: 9 });
  node.receive(2, { type: "append", term: 4, previous: first, commit: 0, entries: [] });
  assert.deepEqual(
    node.sent.map(({ message }) => message),
    [
      { type: "heartbeat-response", term: 5, round: 0 },
      { type: "append-rejected", term: 5, rejected: 0, conflict: { ...first, firstIndex: 0 } },
    ],
  );
});
