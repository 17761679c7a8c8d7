import assert from "node:assert/strict";
import { test } from "node:test";
import { defaultLimits, entryKinds, initialHardState, makeEntry } from "@quorate/raft";
import type { Entry, HardState, Message } from "@quorate/raft";
import { allCheckers, SafetyViolation } from "../src/index.ts";
import type { Checker, ObservedStatus } from "../src/index.ts";
import { CommittedLog } from "../src/checkers/committed-log.ts";
import { LogView } from "../src/log-view.ts";
import { quietStatus } from "./quiet-status.ts";

/** A made-up member: whatever a test says about it. */
function member(id: number, entries: readonly Entry[] = [], hardState: HardState = initialHardState) {
  const log = new LogView();
  for (const entry of entries) log.append(entry);
  return { id, incarnation: 1, log, durable: { view: log, hardState, last: log.last } };
}

const entry = (index: number, term: number, text = "x"): Entry =>
  makeEntry(
    index,
    term,
    entryKinds.command,
    Uint8Array.from(text, (letter) => letter.charCodeAt(0)),
  );

const status = (change: Partial<ObservedStatus>): ObservedStatus => ({
  ...quietStatus,
  last: { index: 100, term: 1 },
  durableIndex: 100,
  ...change,
});

const limits = { ...defaultLimits, maxInflightAppends: 2, maxPendingReads: 3 };

interface Scene {
  readonly committed: CommittedLog;
  readonly checkers: ReadonlyMap<string, Checker>;
}

/** All checkers over a cluster of three; `disks` are what quorum durability counts. */
function scene(disks: readonly ReturnType<typeof member>[] = []): Scene {
  const committed = new CommittedLog();
  const cluster = {
    committed,
    diskOf: (id: number) => disks.find((disk) => disk.id === id)?.durable,
    appliedAtStart: () => 0,
    limits,
    largestBatchBytes: 100,
  };
  return { committed, checkers: new Map(allCheckers(cluster).map((checker) => [checker.name, checker])) };
}

function checkerOf({ checkers }: Scene, name: string): Checker {
  const checker = checkers.get(name);
  assert.ok(checker, `there is a checker of ${name}`);
  return checker;
}

function falls(name: string, act: () => void, message: RegExp): void {
  assert.throws(act, (error) => {
    assert.ok(error instanceof SafetyViolation);
    assert.equal(error.checker, name);
    assert.match(error.message, message);
    return true;
  });
}

test("election safety: two leaders in one term, also one after the other, also the same member started anew", () => {
  const checker = checkerOf(scene(), "election safety");
  const leads = status({ role: "leader", term: 3 });
  checker.changed?.(member(1), status({}), leads);
  checker.changed?.(member(1), leads, leads);
  checker.changed?.(member(2), status({}), status({ role: "leader", term: 4 }));
  falls(checker.name, () => checker.changed?.(member(2), status({}), leads), /both lead in term 3/);
  falls(checker.name, () => checker.changed?.({ ...member(1), incarnation: 2 }, status({}), leads), /both lead/);
});

test("leader append-only: a leader cuts its own log", () => {
  const checker = checkerOf(scene(), "leader append-only");
  checker.truncated?.(member(1), 5, false);
  falls(checker.name, () => checker.truncated?.(member(1), 5, true), /leader 1 cut its own log at 5/);
});

test("log matching: another entry, or another one before it, under the same index and term", () => {
  const checker = checkerOf(scene(), "log matching");
  checker.appended?.(member(1), entry(5, 2), 1);
  checker.appended?.(member(2), entry(5, 2), 1);
  checker.appended?.(member(2), entry(5, 3), 2);
  falls(checker.name, () => checker.appended?.(member(3), entry(5, 2, "y"), 1), /another entry 5/);
  falls(checker.name, () => checker.appended?.(member(3), entry(5, 2), 2), /behind an entry of term 2/);
  const append: Message = {
    type: "append",
    term: 9,
    previous: { index: 4, term: 7 },
    commit: 0,
    entries: [entry(5, 3)],
  };
  falls(checker.name, () => checker.sent?.(member(3), 1, append), /an append of member 3/);
});

test("leader completeness: what an earlier term committed is missing; what a later one did may be", () => {
  const three = scene();
  const checker = checkerOf(three, "leader completeness");
  const elected = (term: number): ObservedStatus => status({ role: "leader", term });
  three.committed.add(2, 2, member(1, [entry(1, 1), entry(2, 2)]).log);
  checker.changed?.(member(2, [entry(1, 1), entry(2, 2)]), status({}), elected(3));
  // A leader of term 2 or before, elected late, need not have it.
  checker.changed?.(member(3, [entry(1, 1)]), status({}), elected(2));
  falls(
    checker.name,
    () => checker.changed?.(member(3, [entry(1, 1)]), status({}), elected(3)),
    /without entry 2 of term 2/,
  );
});

test("leader completeness: a commit of an older term that comes to light after the election of a later one", () => {
  const three = scene();
  const checker = checkerOf(three, "leader completeness");
  checker.changed?.(member(3, [entry(1, 1)]), status({}), status({ role: "leader", term: 3 }));
  const before = status({ role: "leader", term: 2, commitIndex: 1 });
  const old = member(1, [entry(1, 1), entry(2, 2)]);
  three.committed.add(2, 2, old.log);
  falls(checker.name, () => checker.changed?.(old, before, { ...before, commitIndex: 2 }), /member 3 leads in term 3/);
});

test("state machine safety: another entry, a gap, twice, before it is durable, or beyond what is committed", () => {
  const three = scene();
  const checker = checkerOf(three, "state machine safety");
  const [one, two] = [entry(1, 1), entry(2, 1)];
  const good = member(1, [one, two]);
  three.committed.add(1, 2, good.log);
  checker.started?.(good, status({}));
  checker.changed?.(good, status({}), status({ commitIndex: 2 }));
  falls(checker.name, () => checker.applied?.(good, two), /applies entry 2, not 1/);
  checker.applied?.(good, one);
  falls(checker.name, () => checker.applied?.(good, one), /applies entry 1, not 2/);
  checker.applied?.(good, two);
  const other = member(2, [one, entry(2, 2)]);
  falls(
    checker.name,
    () => checker.changed?.(other, status({}), status({ commitIndex: 2 })),
    /commits entry 2 of term 2/,
  );
  falls(checker.name, () => checker.changed?.(good, status({}), status({ commitIndex: 3 })), /beyond 2/);
  const undurable = { ...member(3, [one, two]), durable: member(3).durable };
  falls(checker.name, () => checker.handedOut?.(undurable, one), /before its disk has it/);
  checker.installed?.(good, { index: 3, term: 1 });
  falls(checker.name, () => checker.installed?.(good, { index: 3, term: 1 }), /from entry 3 to entry 3/);
});

test("one vote a term: two candidates, across restarts, and a leader's vote for itself", () => {
  const checker = checkerOf(scene(), "one vote a term");
  const granted: Message = { type: "vote-response", term: 2, granted: true };
  checker.sent?.(member(1), 2, granted);
  checker.sent?.(member(1), 2, granted);
  checker.sent?.(member(1), 3, { ...granted, granted: false });
  falls(
    checker.name,
    () => checker.sent?.({ ...member(1), incarnation: 2 }, 3, granted),
    /voted for 2 and for 3 in term 2/,
  );
  const elected = status({ role: "leader", term: 2 });
  falls(checker.name, () => checker.changed?.(member(1), status({}), elected), /voted for 2 and for 1/);
});

test("monotonic state: term, commit index and match index never fall, but for a follower that started anew", () => {
  const checker = checkerOf(scene(), "monotonic state");
  const followers = (match: number) => [
    { id: 2, state: "probing" as const, match, next: 50, inflightAppends: 0, inflightBytes: 0, heardAt: 0 },
  ];
  const leads = (match: number): ObservedStatus => status({ role: "leader", followers: followers(match) });
  falls(checker.name, () => checker.changed?.(member(1), status({ term: 2 }), status({})), /from term 2 to 1/);
  falls(checker.name, () => checker.changed?.(member(1), status({ commitIndex: 2 }), status({})), /back from 2 to 0/);
  falls(checker.name, () => checker.changed?.(member(1), status({}), status({ commitIndex: 101 })), /log ends at 100/);
  falls(checker.name, () => checker.changed?.(member(1), leads(1), leads(50)), /which holds 50/);
  checker.started?.(member(2), status({}));
  falls(checker.name, () => checker.changed?.(member(1), leads(9), leads(3)), /match index of 2 back from 9 to 3/);
  checker.started?.(member(2), status({}));
  checker.changed?.(member(1), leads(9), leads(0));
  falls(checker.name, () => checker.changed?.(member(1), leads(9), leads(0)), /back from 9 to 0/);
  checker.sent?.(member(3), 1, { type: "heartbeat-response", term: 7, round: 1 });
  falls(
    checker.name,
    () => checker.started?.(member(3), status({ term: 6 })),
    /starts in term 6 after it answered in term 7/,
  );
});

test("promise durability: a vote, an entry or a term that is spoken before the disk has it", () => {
  const checker = checkerOf(scene(), "promise durability");
  const durable = { term: 2, vote: 3, commit: 0 };
  const one = member(1, [entry(1, 1)], durable);
  checker.sent?.(one, 3, { type: "vote-response", term: 2, granted: true });
  checker.sent?.(one, 2, { type: "append-accepted", term: 2, match: 1 });
  falls(
    checker.name,
    () => checker.sent?.(one, 2, { type: "vote-response", term: 2, granted: true }),
    /its disk says 3/,
  );
  falls(
    checker.name,
    () => checker.sent?.(one, 2, { type: "append-accepted", term: 2, match: 2 }),
    /disk ends at entry 1/,
  );
  falls(
    checker.name,
    () => checker.sent?.(one, 2, { type: "heartbeat-response", term: 3, round: 1 }),
    /disk says term 2/,
  );
});

test("quorum durability: a commit that a minority of disks holds, and a committed entry that is cut", () => {
  const entries = [entry(1, 1), entry(2, 1)];
  const [one, two, three] = [member(1, entries), member(2, entries.slice(0, 1)), member(3)];
  const all = scene([one, two, three]);
  const checker = checkerOf(all, "quorum durability");
  const leads = (commitIndex: number): ObservedStatus => status({ role: "leader", commitIndex });
  all.committed.add(1, 1, one.log);
  checker.changed?.(one, leads(0), leads(1));
  falls(checker.name, () => checker.truncated?.(two, 1, false), /cuts entry 1, which is committed/);
  checker.truncated?.(one, 2, false);
  all.committed.add(1, 2, one.log);
  falls(checker.name, () => checker.changed?.(one, leads(1), leads(2)), /only 1 of 3 disks hold/);
});

test("quiet handover: a leader takes a command while it hands over", () => {
  const checker = checkerOf(scene(), "quiet handover");
  const leader = member(1);
  const handsOver = (to: number): ObservedStatus => status({ role: "leader", term: 1, transferringTo: to });
  checker.appended?.(leader, entry(1, 1), 0);
  checker.changed?.(leader, handsOver(0), handsOver(2));
  checker.changed?.(leader, handsOver(2), handsOver(2));
  checker.appended?.(leader, entry(2, 1), 1);
  falls(
    checker.name,
    () => checker.changed?.(leader, handsOver(2), handsOver(2)),
    /entry 2 while it handed over to member 2/,
  );
  checker.appended?.(leader, entry(3, 1), 1);
  checker.changed?.(leader, handsOver(2), handsOver(0));
});

test("commit in own term: a leader counts for an entry of an older term", () => {
  const checker = checkerOf(scene(), "commit in own term");
  const leader = member(1, [entry(1, 1), entry(2, 2)]);
  const leads = (commitIndex: number): ObservedStatus => status({ role: "leader", term: 2, commitIndex });
  checker.changed?.(leader, leads(0), leads(2));
  falls(checker.name, () => checker.changed?.(leader, leads(0), leads(1)), /up to entry 1 of term 1/);
});

test("read freshness: an index below what was committed when the read was asked", () => {
  const three = scene();
  const checker = checkerOf(three, "read freshness");
  const one = member(1, [entry(1, 1), entry(2, 1)]);
  checker.readAsked?.(one, 1);
  three.committed.add(1, 2, one.log);
  checker.readAsked?.(one, 2);
  checker.readReady?.(one, 1, 0);
  falls(checker.name, () => checker.readReady?.(one, 2, 1), /at index 1; 2 was committed/);
  falls(checker.name, () => checker.readReady?.(one, 3, 9), /which nobody asked/);
});

test("own vote durability: a leader whose own vote is not on its disk", () => {
  const checker = checkerOf(scene(), "own vote durability");
  const leads = status({ role: "leader", term: 2 });
  checker.changed?.(member(1, [], { term: 2, vote: 1, commit: 0 }), status({}), leads);
  falls(
    checker.name,
    () => checker.changed?.(member(1, [], { term: 2, vote: 0, commit: 0 }), status({}), leads),
    /its disk does not hold its own vote/,
  );
});

test("vote never taken back: within its term, for another or for nobody", () => {
  const checker = checkerOf(scene(), "vote never taken back");
  checker.changed?.(member(1), status({ vote: 2 }), status({ term: 2, vote: 3 }));
  falls(checker.name, () => checker.changed?.(member(1), status({ vote: 2 }), status({ vote: 3 })), /vote for 2/);
});

test("supported elections: a candidate that no majority would elect, in that very term", () => {
  const checker = checkerOf(scene([member(1), member(2), member(3)]), "supported elections");
  const stands = (term: number): ObservedStatus => status({ role: "candidate", term, vote: 1 });
  const supports = (electionTerm: number): Message => ({
    type: "pre-vote-response",
    term: 1,
    electionTerm,
    granted: true,
  });
  falls(checker.name, () => checker.changed?.(member(1), status({}), stands(2)), /support of 1 of 3/);
  checker.sent?.(member(2), 1, supports(2));
  // A term that it was never in durably, before a restart, takes nothing away.
  checker.sent?.(member(3), 1, supports(5));
  checker.changed?.(member(1), status({}), stands(2));
  falls(checker.name, () => checker.changed?.(member(1), status({ term: 2 }), stands(3)), /in term 3/);
  // A vote for another, and a leader that takes back a member in a later term.
  checker.changed?.(member(1), status({}), status({ term: 9, vote: 3 }));
  checker.changed?.(member(1), status({ role: "leader" }), stands(4));
});

test("bounded queues: reads, appends in flight and bytes beyond their bounds", () => {
  const checker = checkerOf(scene(), "bounded queues");
  const follower = { id: 2, state: "replicating" as const, match: 0, next: 9, inflightBytes: 0, heardAt: 0 };
  const leads = (inflightAppends: number): ObservedStatus =>
    status({ role: "leader", followers: [{ ...follower, inflightAppends }] });
  checker.changed?.(member(1), status({}), leads(2));
  falls(checker.name, () => checker.changed?.(member(1), status({}), leads(3)), /3 appends in flight to 2/);
  falls(checker.name, () => checker.changed?.(member(1), status({}), status({ pendingReads: 4 })), /4 reads/);
  const caches = (cachedBytes: number): ObservedStatus => status({ cachedBytes, unappliedBytes: 1_000 });
  checker.changed?.(member(1), status({}), caches(limits.logCacheBytes + 1_000));
  falls(
    checker.name,
    () => checker.changed?.(member(1), status({}), caches(limits.logCacheBytes + 1_001)),
    /bytes of applied entries in memory/,
  );
});

test("state agreement: two members make different states of the same commands", () => {
  const checker = checkerOf(scene(), "state agreement");
  checker.stateReached?.(1, 1, 77);
  checker.stateReached?.(2, 1, 77);
  checker.stateReached?.(2, 2, 78);
  falls(checker.name, () => checker.stateReached?.(3, 2, 79), /member 3 makes another state of the first 2/);
});

test("known starts: a peer is heard before its start is on the disk", () => {
  const known = new Map([[2, 70]]);
  const checker = allCheckers({
    committed: new CommittedLog(),
    diskOf: () => undefined,
    appliedAtStart: () => 0,
    limits,
    largestBatchBytes: 100,
    knownStartOf: (_, peer) => known.get(peer) ?? 0,
  }).find(({ name }) => name === "known starts");
  assert.ok(checker);
  checker.heard?.(member(1), 2, 70);
  falls(
    checker.name,
    () => checker.heard?.(member(1), 2, 71),
    /takes in a message of start 71 of member 2.*knows start 70/,
  );
  falls(checker.name, () => checker.heard?.(member(1), 3, 5), /knows start 0/);
});
