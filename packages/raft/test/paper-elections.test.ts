/**
 * The Raft paper (Ongaro and Ousterhout, extended version), §5.1, §5.2 and the matching rules of Figure 2: one test for
 * each sentence that states a rule. Pre-Vote (dissertation §9.6) stands before each election here.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Cluster } from "./support/cluster.ts";
import { entriesOf } from "./support/fixtures.ts";
import { Node } from "./support/node.ts";

const first = { index: 0, term: 0 };

test("§5.1: at any given time each server is in one of the states; when servers start up, they begin as followers", () => {
  assert.equal(new Node().role, "follower");
  assert.equal(new Node({ log: [1, 2], hardState: { term: 3, vote: 1, commit: 1 } }).role, "follower");
});

test("§5.1: followers issue no requests on their own", () => {
  const node = new Node();
  node.advance(500);
  node.receive(2, { type: "append", term: 1, previous: first, commit: 0, entries: entriesOf([1]) });
  assert.deepEqual(
    node.sent.map(({ message }) => message.type),
    ["append-accepted"],
  );
});

test("§5.1: current terms are exchanged whenever servers communicate", () => {
  const node = new Node({ hardState: { term: 4, vote: 0, commit: 0 } }).clear();
  node.receive(2, { type: "heartbeat", term: 4, commit: 0, round: 1 });
  node.advance(3000);
  assert.ok(node.sent.length > 0);
  for (const { message } of node.sent) assert.equal(message.term, 4);
});

test("§5.1: if one server's current term is smaller than the other's, it updates its term to the larger value", () => {
  const node = new Node({ hardState: { term: 4, vote: 1, commit: 0 } });
  node.receive(2, { type: "append", term: 9, previous: first, commit: 0, entries: [] });
  assert.equal(node.term, 9);
  assert.equal(node.hardState?.term, 9);
});

test("§5.1: a candidate that discovers that its term is out of date reverts to follower", () => {
  const node = candidate();
  node.receive(2, { type: "vote-response", term: node.term + 3, granted: false });
  assert.equal(node.role, "follower");
});

test("§5.1: a leader that discovers that its term is out of date reverts to follower", () => {
  const node = new Node().lead();
  node.receive(2, { type: "heartbeat", term: node.term + 1, commit: 0, round: 1 });
  assert.equal(node.role, "follower");
  assert.equal(node.core.status().leader, 2);
});

test("§5.1: a request with a stale term number is rejected", () => {
  const node = new Node({ hardState: { term: 5, vote: 0, commit: 0 } });
  node.now = 5000;
  node.receive(2, { type: "vote-request", term: 4, last: { index: 9, term: 4 }, transfer: false });
  assert.deepEqual(
    node.take("vote-response").map(({ message }) => message),
    [{ type: "vote-response", term: 5, granted: false }],
  );
  node.receive(2, { type: "append", term: 4, previous: first, commit: 0, entries: entriesOf([4]) });
  const [rejected] = node.take("append-rejected");
  assert.equal(rejected?.message.term, 5);
  assert.equal(node.last.index, 0, "and its entries are not taken");
});

test("§5.2: a server remains in follower state as long as it receives valid messages from a leader", () => {
  const node = new Node();
  for (let beat = 1; beat <= 100; beat++) {
    node.advance(900);
    assert.equal(node.role, "follower");
    node.receive(2, { type: "heartbeat", term: 1, commit: 0, round: beat });
  }
});

test("§5.2: leaders send periodic heartbeats to all followers in order to maintain their authority", () => {
  const node = new Node().lead();
  for (let beat = 0; beat < 5; beat++) {
    node.expire();
    assert.deepEqual(
      node.take("heartbeat").map(({ to }) => to),
      [2, 3],
    );
    for (const id of [2, 3]) node.receive(id, { type: "heartbeat-response", term: node.term, round: beat });
  }
  assert.equal(node.now < 3000, true, "five beats take about half an election timeout");
});

test("§5.2: a follower that receives no communication over the election timeout begins an election", () => {
  const node = new Node();
  node.receive(2, { type: "heartbeat", term: 1, commit: 0, round: 1 });
  node.advance(999);
  assert.equal(node.role, "follower");
  node.expire();
  assert.equal(node.role, "pre-candidate");
  node.receive(3, { type: "pre-vote-response", term: 1, electionTerm: 2, granted: true });
  assert.equal(node.role, "candidate");
});

test("§5.2: to begin an election, it increments its term, votes for itself and asks each of the other servers", () => {
  const node = candidate({ log: [1, 1, 2], hardState: { term: 2, vote: 0, commit: 0 } });
  assert.equal(node.term, 3);
  assert.deepEqual(node.hardState, { term: 3, vote: 1, commit: 0 });
  const requests = node.take("vote-request");
  assert.deepEqual(
    requests.map(({ to }) => to),
    [2, 3],
  );
  assert.deepEqual(requests[0]?.message.last, { index: 3, term: 2 });
});

test("§5.2: a candidate wins if it receives votes from a majority of the full cluster for the same term", () => {
  for (const [size, needed] of [
    [1, 0],
    [2, 1],
    [3, 1],
    [4, 2],
    [5, 2],
    [7, 3],
  ] as const) {
    const voters = Array.from({ length: size }, (_, at) => at + 1);
    const node = candidate({ voters });
    for (let id = 2; id <= needed + 1; id++) {
      assert.equal(node.role, "candidate", `${size} voters, ${id - 1} votes`);
      node.receive(id, { type: "vote-response", term: node.term, granted: true });
    }
    assert.equal(node.role, "leader", `${size} voters`);
  }
});

test("§5.2: votes of another term, and second votes of the same server, do not count", () => {
  const node = candidate({ voters: [1, 2, 3, 4, 5] });
  node.receive(2, { type: "vote-response", term: node.term - 1, granted: true });
  node.receive(3, { type: "vote-response", term: node.term, granted: true });
  node.receive(3, { type: "vote-response", term: node.term, granted: true });
  assert.equal(node.role, "candidate");
  node.receive(9, { type: "vote-response", term: node.term, granted: true });
  assert.equal(node.role, "candidate", "nor the vote of a stranger");
});

test("§5.2: each server votes for at most one candidate in a given term, on a first-come-first-served basis", () => {
  const node = new Node();
  for (const [from, granted] of [
    [2, true],
    [3, false],
    [2, true],
  ] as const) {
    node.receive(from, { type: "vote-request", term: 7, last: first, transfer: false });
    assert.equal(node.take("vote-response")[0]?.message.granted, granted, `member ${from}`);
  }
});

test("§5.2: and so it does after a restart, since the vote is on its disk", () => {
  const node = new Node();
  node.receive(2, { type: "vote-request", term: 7, last: first, transfer: false });
  const again = new Node({ hardState: node.hardState as NonNullable<Node["hardState"]>, incarnation: 2 });
  again.now = 1900;
  again.receive(3, { type: "vote-request", term: 7, last: first, transfer: false });
  assert.equal(again.take("vote-response")[0]?.message.granted, false);
  again.receive(2, { type: "vote-request", term: 7, last: first, transfer: false });
  assert.equal(again.take("vote-response")[0]?.message.granted, true);
});

test("§5.2: once a candidate wins, it becomes leader and sends heartbeats to all of the other servers at once", () => {
  const node = candidate();
  node.clear();
  node.receive(3, { type: "vote-response", term: node.term, granted: true });
  assert.deepEqual(
    node.take("heartbeat").map(({ to }) => to),
    [2, 3],
  );
});

test("§5.2: a candidate that hears a leader whose term is at least as large as its own returns to follower state", () => {
  for (const ahead of [0, 5]) {
    const node = candidate();
    node.receive(2, { type: "heartbeat", term: node.term + ahead, commit: 0, round: 1 });
    assert.equal(node.role, "follower");
    assert.equal(node.core.status().leader, 2);
  }
});

test("§5.2: if the term is smaller than the candidate's, it rejects the message and continues in candidate state", () => {
  const node = candidate({ hardState: { term: 5, vote: 0, commit: 0 } });
  node.receive(2, { type: "append", term: 5, previous: first, commit: 0, entries: entriesOf([5]) });
  assert.equal(node.role, "candidate");
  assert.equal(node.take("append-rejected")[0]?.message.term, 6);
});

test("§5.2: with a split vote, each candidate times out and starts a new election in a new term", () => {
  const node = candidate({ voters: [1, 2, 3, 4] });
  node.receive(2, { type: "vote-response", term: node.term, granted: true });
  node.receive(3, { type: "vote-response", term: node.term, granted: false });
  assert.equal(node.role, "candidate");
  const { term } = node;
  node.expire();
  for (const id of [2, 3]) {
    node.receive(id, { type: "pre-vote-response", term, electionTerm: term + 1, granted: true });
  }
  assert.equal(node.role, "candidate");
  assert.equal(node.term, term + 1);
});

test("§5.2: election timeouts are chosen randomly from a fixed interval: T to 2T here", () => {
  const deadlines = [0, 0.25, 0.999].map((jitter) => new Node({ random: () => jitter }).core.deadline());
  assert.deepEqual(deadlines, [1000, 1250, 1999]);
});

test("§5.2: each candidate restarts its randomised election timeout at the start of an election", () => {
  const node = candidate();
  assert.equal(node.core.deadline() >= node.now + 1000, true);
});

test("§5.2: of three members started together, one leads after a few timeouts, whatever the jitter", () => {
  for (let seed = 1; seed <= 50; seed++) {
    let state = seed;
    const random = (): number => {
      state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
      return state / 2_147_483_648;
    };
    const cluster = new Cluster([1, 2, 3], () => ({ random }));
    cluster.run(6000);
    assert.equal(cluster.leaders.length, 1, `seed ${seed}`);
  }
});

test("Figure 2: if the election timeout elapses without granting a vote to a candidate, convert to candidate", () => {
  const node = new Node();
  node.advance(1400);
  node.receive(2, { type: "vote-request", term: 2, last: first, transfer: false });
  node.advance(200);
  assert.equal(node.role, "follower", "the vote that it granted gave the candidate time");
});

test("Figure 2: a vote is on stable storage before it is spoken", () => {
  const node = new Node({ manualDisk: true });
  node.receive(2, { type: "vote-request", term: 2, last: first, transfer: false });
  assert.deepEqual(node.sent, []);
  node.completePersists();
  assert.equal(node.take("vote-response")[0]?.message.granted, true);
});

test("Figure 2: a candidate's own vote is on stable storage before it asks for others', and before it counts", () => {
  const node = new Node({ manualDisk: true });
  node.expire();
  node.receive(2, { type: "pre-vote-response", term: 0, electionTerm: 1, granted: true });
  assert.equal(node.role, "candidate");
  assert.deepEqual(node.take("vote-request"), []);
  node.receive(2, { type: "vote-response", term: 1, granted: true });
  assert.equal(node.role, "candidate", "one vote of three, for its own is not written");
  node.completePersists();
  assert.equal(node.role, "leader");
});

test("Figure 4: a leader never starts an election against itself", () => {
  const node = new Node().lead();
  const { term } = node;
  for (let step = 0; step < 30; step++) {
    node.expire();
    for (const id of [2, 3]) node.receive(id, { type: "heartbeat-response", term, round: step });
  }
  assert.equal(node.role, "leader");
  assert.equal(node.term, term);
});

test("§6: a vote needs a majority of both configurations while joint", () => {
  const node = new Node({ voters: [1, 2, 3], outgoing: [1, 4, 5] });
  node.expire();
  for (const id of [2, 3, 4]) {
    node.receive(id, { type: "pre-vote-response", term: 0, electionTerm: 1, granted: true });
  }
  assert.equal(node.role, "candidate");
  node.receive(2, { type: "vote-response", term: 1, granted: true });
  node.receive(3, { type: "vote-response", term: 1, granted: true });
  assert.equal(node.role, "candidate");
  node.receive(5, { type: "vote-response", term: 1, granted: true });
  assert.equal(node.role, "leader");
});

/** A member that has passed its pre-vote and stands for election. */
function candidate(options: ConstructorParameters<typeof Node>[0] = {}): Node {
  const node = new Node(options);
  node.expire();
  const { voters } = node.core.status().configuration;
  for (const id of voters) {
    if (id === 1 || node.role !== "pre-candidate") continue;
    node.receive(id, { type: "pre-vote-response", term: node.term, electionTerm: node.term + 1, granted: true });
  }
  return node;
}
