/**
 * Two rules that random faults alone do not show broken (docs/simulation.md): directed schedules that end in the disaster
 * with the broken rule, and do not with the real one.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { realRules, type Rules } from "@quorate/raft";
import { Cluster, Node, textOf } from "./harness.ts";

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
