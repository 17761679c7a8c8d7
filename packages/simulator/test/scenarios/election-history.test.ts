import assert from "node:assert/strict";
import { test } from "node:test";
import type { MemberId, Message, RoleName, Term } from "@quorate/raft";
import { ElectionHistory, World } from "../../src/index.ts";
import { LogView } from "../../src/log-view.ts";
import { quietStatus } from "../quiet-status.ts";
import type { Observed, ObservedStatus } from "../../src/index.ts";

/** Three members, of which 1 leads term 1, followed by the other two. */
class Story {
  readonly world = new World(1);
  readonly history = new ElectionHistory(this.world, { voters: 3, electionTimeoutMs: 100 });

  constructor() {
    this.says(2, 1, { type: "pre-vote-response", term: 0, electionTerm: 1, granted: true });
    this.becomes(1, ["follower", 0], ["candidate", 1]);
    this.becomes(1, ["candidate", 1], ["leader", 1]);
    this.follow(1, 1);
  }

  says(from: MemberId, to: MemberId, message: Message): void {
    this.history.sent(member(from), to, message);
  }

  /** The others answer the leader of a term. */
  follow(leader: MemberId, term: Term): void {
    for (const id of [1, 2, 3])
      if (id !== leader) this.says(id, leader, { type: "heartbeat-response", term, round: 1 });
  }

  becomes(id: MemberId, before: readonly [RoleName, Term], after: readonly [RoleName, Term]): void {
    this.history.changed(member(id), status(id, before), status(id, after));
  }

  /** A member stands in a term, and wins. */
  wins(id: MemberId, term: Term): void {
    this.becomes(id, ["follower", term - 1], ["candidate", term]);
    this.becomes(id, ["candidate", term], ["leader", term]);
  }
}

function member(id: MemberId): Observed {
  const log = new LogView();
  return {
    id,
    incarnation: 1,
    log,
    durable: { view: log, hardState: { term: 0, vote: 0, commit: 0 }, last: log.last },
  };
}

/** Candidates and leaders have voted for themselves. */
function status(id: MemberId, [role, term]: readonly [RoleName, Term]): ObservedStatus {
  const vote = role === "candidate" || role === "leader" ? id : 0;
  return { ...quietStatus, role, term, vote, leader: role === "leader" ? id : 0 };
}

test("a term is supported by promised votes, and by nothing less", () => {
  const story = new Story();
  assert.deepEqual(story.history.unsupportedTerms(), []);
  story.becomes(2, ["follower", 1], ["candidate", 2]);
  story.becomes(3, ["follower", 1], ["follower", 2]);
  const found = story.history.unsupportedTerms();
  assert.equal(found.length, 2, "who stood, and who took the term over");
  assert.match(found[0] ?? "", /^member 2 took the term 2 /);
});

test("a leader that a quorum follows may take another term; one that nobody has followed lately may not", () => {
  const fresh = new Story();
  fresh.becomes(1, ["leader", 1], ["candidate", 9]);
  assert.deepEqual(fresh.history.unsupportedTerms(), []);
  const lonely = new Story();
  lonely.world.run(101);
  lonely.becomes(1, ["leader", 1], ["candidate", 9]);
  assert.equal(lonely.history.unsupportedTerms().length, 1);
});

test("a leader that is replaced after a return is told, unless it had lost its quorum or handed over", () => {
  const deposed = new Story();
  deposed.history.stepDone("heal", 1);
  deposed.world.run(10);
  deposed.becomes(1, ["leader", 1], ["follower", 2]);
  deposed.wins(3, 2);
  assert.match(
    deposed.history.deposedAtReturn().join(),
    /^member 3 replaced leader 1 at 10 ms, after a "heal" at 0 ms$/,
  );
  assert.equal(deposed.history.returnsWatched(), 1);

  const withoutQuorum = new Story();
  withoutQuorum.history.stepDone("heal", 1);
  withoutQuorum.world.run(150);
  withoutQuorum.becomes(1, ["leader", 1], ["follower", 1]);
  withoutQuorum.wins(3, 2);
  assert.deepEqual(withoutQuorum.history.deposedAtReturn(), []);

  const handedOver = new Story();
  handedOver.history.stepDone("heal", 1);
  handedOver.says(1, 3, { type: "timeout-now", term: 1 });
  handedOver.world.run(10);
  handedOver.wins(3, 2);
  handedOver.becomes(1, ["leader", 1], ["follower", 2]);
  assert.deepEqual(handedOver.history.deposedAtReturn(), []);
  assert.deepEqual(handedOver.history.unsupportedTerms(), []);
});

test("a return is judged until the next step only, and beside a followed leader only", () => {
  const later = new Story();
  later.history.stepDone("heal", 1);
  later.world.run(10);
  later.history.stepDone("crash", 0);
  later.world.run(10);
  later.wins(3, 2);
  assert.deepEqual(later.history.deposedAtReturn(), []);

  const unfollowed = new Story();
  unfollowed.world.run(200);
  unfollowed.history.stepDone("heal", 1);
  unfollowed.wins(3, 2);
  assert.deepEqual(unfollowed.history.deposedAtReturn(), []);
  assert.equal(unfollowed.history.returnsWatched(), 0);
});
