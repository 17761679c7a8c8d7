/**
 * The rules at their edges, and two that random faults alone do not show broken (docs/simulation.md): directed schedules
 * that end in the disaster with the broken rule, and do not with the real one.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { realRules, type PreBallot, type Rules } from "@quorate/raft";
import { Cluster } from "./support/cluster.ts";
import { entriesOf, textOf } from "./support/fixtures.ts";
import { Node } from "./support/node.ts";

/** A leader is stopped like a process under SIGSTOP, another one leads and commits, and the first one wakes to a read. */
function readAfterAPause(rules: Rules): { served: number[]; committedElsewhere: number } {
  const cluster = new Cluster([1, 2, 3], () => ({ rules }));
  cluster.run(3000);
  const old = cluster.leader;
  old.propose("seen by all");
  cluster.settle();
  cluster.isolate(old.id);
  const others = [...cluster.nodes.values()].filter((node) => node !== old);
  for (let step = 0; step < 500; step++) {
    cluster.now += 10;
    for (const node of others) {
      node.now = cluster.now;
      if (node.core.deadline() <= node.now) node.advance(0);
    }
    cluster.settle();
  }
  const leader = others.find((node) => node.role === "leader");
  assert.ok(leader, "another member leads by now");
  leader.propose("not known to the old leader");
  cluster.settle();
  old.now = cluster.now;
  old.read(1);
  return { served: old.reads.map(({ index }) => index), committedElsewhere: leader.core.status().commitIndex };
}

test("a read without a round of heartbeats after it: a leader that was paused serves what is long overwritten", () => {
  const broken = readAfterAPause({ ...realRules, mayServeRead: ({ committedInOwnTerm }) => committedInOwnTerm });
  assert.equal(broken.served.length, 1);
  assert.ok((broken.served[0] ?? 0) < broken.committedElsewhere, "stale");
  assert.deepEqual(readAfterAPause(realRules).served, []);
});

/** A follower whose tail came from a leader that lost it hears how far the new leader has committed. */
function tailThatIsNotTheLeaders(rules: Rules): string[] {
  const node = new Node({ rules, log: [1, 1, 2, 2], hardState: { term: 2, vote: 0, commit: 0 } });
  node.receive(3, { type: "heartbeat", term: 3, commit: 4, round: 1 });
  return node.committed.map(textOf);
}

test("a commit index taken over before the log is verified: a follower applies entries that nobody committed", () => {
  const broken: Rules = { ...realRules, followerCommit: (commit, leaderCommit) => Math.max(commit, leaderCommit) };
  assert.deepEqual(tailThatIsNotTheLeaders(broken), ["1@1", "2@1", "3@2", "4@2"]);
  assert.deepEqual(tailThatIsNotTheLeaders(realRules), []);
});

test("a commit index that follows the leader's back: a new leader that knows of less stops a follower", () => {
  const hearLess = (rules: Rules): number => {
    const node = new Node({ rules, log: [1, 1, 1], hardState: { term: 1, vote: 0, commit: 3 } });
    node.receive(2, { type: "heartbeat", term: 2, commit: 0, round: 1 });
    return node.core.status().commitIndex;
  };
  assert.equal(hearLess(realRules), 3);
  const broken: Rules = {
    ...realRules,
    followerCommit: (_commit, leaderCommit, verified) => Math.min(leaderCommit, verified),
  };
  assert.throws(() => hearLess(broken), /the commit index only rises/);
});

test("the real rules at their edges", () => {
  const rules = realRules;
  const terms = [0, 1, 1, 2];
  const termAt = (index: number): number | undefined => terms[index];
  assert.equal(rules.firstConflict(termAt, entriesOf([1, 2], 2)), undefined, "the same entries");
  assert.equal(rules.firstConflict(termAt, entriesOf([1, 3], 2)), 3, "another term at 3");
  assert.equal(rules.firstConflict(termAt, entriesOf([1, 2, 2], 2)), undefined, "beyond the end nothing conflicts");
  assert.equal(rules.previousMatches(undefined, 0), false, "an entry that is not there has no term, not even 0");
  assert.deepEqual(
    [4, 5, 6].map((index) => rules.mayCommit({ index, term: 2 }, 5, 2)),
    [false, false, true],
  );
  assert.equal(rules.mayCommit({ index: 6, term: 1 }, 5, 2), false);
  assert.deepEqual(
    [0, 4, 9].map((leaderCommit) => rules.followerCommit(3, leaderCommit, 6)),
    [3, 4, 6],
  );
  assert.deepEqual(
    [4, 5, 6].map((promise) => rules.mayPromise(promise, 5)),
    [true, true, false],
  );
  assert.deepEqual(
    [1, 2, 3].map((confirmedRound) => rules.mayServeRead({ committedInOwnTerm: true, confirmedRound, readRound: 2 })),
    [false, true, true],
  );
  assert.equal(rules.mayServeRead({ committedInOwnTerm: true, confirmedRound: 9, readRound: undefined }), false);
  assert.deepEqual(
    (["lost", "pending", "won"] as const).map((preVotes) => rules.mayStandForElection(preVotes)),
    [false, false, true],
  );
  assert.equal(rules.leadsUntil(500, 100), 600);
  assert.equal(rules.leadsUntil(Number.POSITIVE_INFINITY, 100), Number.POSITIVE_INFINITY, "a leader that needs nobody");
});

test("a leader whose rule lets it lead without a quorum does, and is not woken for nothing", () => {
  const silentFor = (rules: Rules): { role: string; wakes: number } => {
    const node = new Node({ rules }).lead();
    let wakes = 0;
    for (const begun = node.now; node.now < begun + 5000; wakes++) node.expire();
    return { role: node.role, wakes };
  };
  assert.notEqual(silentFor(realRules).role, "leader");
  const forEver = silentFor({ ...realRules, leadsUntil: () => Number.POSITIVE_INFINITY });
  assert.equal(forEver.role, "leader");
  assert.ok(forEver.wakes < 100, `${forEver.wakes} wakes`);
});

test("a pre-vote is granted for a later term alone, without a leader in sight, and to a log that is up to date", () => {
  const contact = { heardLeader: false, restartedLately: false, transfer: false };
  const ballot = { electionTerm: 5, ourTerm: 4, contact, upToDate: true };
  const grants = (change: Partial<PreBallot>): boolean => realRules.mayGrantPreVote({ ...ballot, ...change });
  assert.equal(grants({}), true);
  assert.equal(grants({ ourTerm: 5 }), false);
  assert.equal(grants({ upToDate: false }), false);
  assert.equal(grants({ contact: { ...contact, heardLeader: true } }), false);
  assert.equal(grants({ contact: { ...contact, restartedLately: true } }), false);
});

test("a member that asks nobody first raises its term with every timeout; one that asks keeps it", () => {
  const termsOfTheLonely = (rules: Rules): number => {
    const node = new Node({ rules });
    for (let timeouts = 0; timeouts < 10; timeouts++) node.expire();
    return node.term;
  };
  assert.equal(termsOfTheLonely(realRules), 0);
  assert.ok(termsOfTheLonely({ ...realRules, mayStandForElection: () => true }) >= 9);
});

test("a vote request is heard without a leader in sight and after the silence, or when the leader asked for it", () => {
  const heard = (heardLeader: boolean, restartedLately: boolean, transfer: boolean): boolean =>
    realRules.mayHearVote({ heardLeader, restartedLately, transfer });
  assert.equal(heard(false, false, false), true);
  assert.equal(heard(true, false, false), false);
  assert.equal(heard(false, true, false), false);
  for (const contact of [true, false]) assert.equal(heard(contact, !contact, true), true);
});

test("a vote goes once a term to one candidate, to an up-to-date log, and to nobody once the leader is known", () => {
  const grants = (vote: number, knownLeader: number, upToDate = true): boolean =>
    realRules.mayGrantVote({ candidate: 2, vote, knownLeader, upToDate });
  assert.equal(grants(0, 0), true);
  assert.equal(grants(2, 0), true);
  assert.equal(grants(3, 0), false);
  assert.equal(grants(0, 3), false);
  assert.equal(grants(0, 0, false), false);
  assert.equal(grants(2, 0, false), false);
});
