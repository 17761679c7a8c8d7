/**
 * What each rule of membership prevents: directed schedules that end in the disaster with the broken rule, and do not with
 * the real one.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { realRules, type Rules } from "@quorate/raft";
import { Cluster } from "./support/cluster.ts";
import { configurationEntry, configurationOf, entriesOf, toVoters, withLearners } from "./support/fixtures.ts";
import { Node } from "./support/node.ts";

/** Indexes at which two members have committed different entries. */
function contradictions(cluster: Cluster): number[] {
  const found = new Map<number, number>();
  const wrong = new Set<number>();
  for (const node of cluster.nodes.values()) {
    for (const { index, term } of node.committed) {
      if ((found.get(index) ?? term) !== term) wrong.add(index);
      found.set(index, term);
    }
  }
  return [...wrong];
}

/** 3 to 5: the new configuration reaches the leader and both newcomers, and then the old voters are cut off from them. */
function splitWhileGrowing(rules: Rules): { contradictions: number[]; leaders: number } {
  const cluster = new Cluster([1, 2, 3], () => ({ rules }));
  cluster.run(3000);
  for (const id of [4, 5]) cluster.add(id);
  const { leader } = cluster;
  leader.change(withLearners([1, 2, 3], 4, 5));
  cluster.run(1000);
  const others = [1, 2, 3].filter((id) => id !== leader.id);
  cluster.split([leader.id, 4, 5], others);
  leader.change(toVoters(1, 2, 3, 4, 5));
  leader.propose("three of five");
  cluster.settle();
  for (let step = 0; step < 40; step++) {
    cluster.run(100);
    for (const one of cluster.leaders) one.propose("x");
  }
  return { contradictions: contradictions(cluster), leaders: cluster.leaders.length };
}

test("a change of several voters in one step: 3 of the new 5 and 2 of the old 3 each have a leader (MISSION row 9)", () => {
  const broken = splitWhileGrowing({ ...realRules, needsJoint: () => false });
  assert.equal(broken.leaders, 2);
  assert.ok(broken.contradictions.length > 0);
  const real = splitWhileGrowing(realRules);
  assert.equal(real.leaders, 1, "the leader that began the change has stepped down");
  assert.deepEqual(real.contradictions, []);
});

test("the union of both sets in place of both majorities decides without either of them", () => {
  const union = (a: readonly number[], b: readonly number[]): number[] => [...new Set([...a, ...b])];
  const rules: Rules = {
    ...realRules,
    decided: ({ voters, outgoing }, of) => realRules.decided({ voters: union(voters, outgoing), outgoing: [] }, of),
    electionOutcome: ({ voters, outgoing }, of) =>
      realRules.electionOutcome({ voters: union(voters, outgoing), outgoing: [] }, of),
  };
  const commits = (rules: Rules): number => {
    const node = new Node({ voters: [1, 2, 3], learners: [4, 5, 6, 7], rules }).lead();
    for (const id of [4, 5, 6, 7]) node.acknowledge(id);
    node.change({ voters: [1, 2, 3, 4, 5, 6, 7] });
    for (const id of [4, 5, 6]) node.acknowledge(id);
    return node.core.status().commitIndex;
  };
  assert.equal(commits(rules), 2, "with one of the three old voters: the other two elect another leader");
  assert.equal(commits(realRules), 1);
});

/** The schedule of 2015: two leaders, two changes by one member each, both from the same four voters. */
function twoOneStepChanges(rules: Rules): { kept: boolean; refused: boolean } {
  const voters = [1, 2, 3, 4];
  const old = new Node({ id: 1, voters, rules }).lead();
  for (const id of [2, 3, 4]) old.acknowledge(id);
  const entries = old.stored.slice();
  old.change({ voters: [1, 2, 3, 4, 5], members: configurationOf([1, 2, 3, 4, 5]).members });
  const stray = old.stored.slice();
  // Members 3 and 4 elect member 2, which removes member 1. Its entries reach member 3 alone.
  const hardState = { term: 1, vote: 1, commit: 1 };
  const next = new Node({ id: 2, voters, rules, entries, hardState });
  next.lead({ commitNoop: false });
  const refused = !next.change({ voters: [2, 3, 4] }).ok;
  next.acknowledge(3);
  const { commitIndex } = next.core.status();
  // Member 1 is back: member 4 has none of that, and member 5 has what member 1 sent it.
  const back = new Node({ id: 1, voters, rules, entries: stray, hardState: { term: 2, vote: 0, commit: 1 } });
  back.expire();
  back.expire();
  for (const id of [4, 5]) {
    back.receive(id, { type: "pre-vote-response", term: back.term, electionTerm: back.term + 1, granted: true });
  }
  for (const id of [4, 5]) back.receive(id, { type: "vote-response", term: back.term, granted: true });
  const overwrites = back.role === "leader" && commitIndex > entries.length;
  return { kept: !overwrites, refused };
}

test("a change before the leader's own term has committed, in one step: what was committed is led without (B71)", () => {
  const broken: Rules = {
    ...realRules,
    needsJoint: () => false,
    mayChangeConfiguration: ({ isUnfinished }) => !isUnfinished,
  };
  assert.deepEqual(twoOneStepChanges(broken), { kept: false, refused: false });
  const corrected: Rules = { ...realRules, needsJoint: () => false };
  assert.deepEqual(twoOneStepChanges(corrected), { kept: true, refused: true });
});

/**
 * The joint configuration of 1, 2, 3 and 4, 5, 6 is committed. Its leader's next entry, the new configuration, reached
 * member 4 alone. Member 2 leads next, and reaches the old voters alone.
 */
function goingBackTooEarly(rules: Rules): { abandoned: boolean; contradictions: number[] } {
  const joint = configurationEntry(1, 1, configurationOf([4, 5, 6], [1, 2, 3]));
  const left = configurationEntry(2, 1, {
    ...configurationOf([4, 5, 6]),
    members: configurationOf([1, 2, 3, 4, 5, 6]).members,
  });
  const cluster = new Cluster([1, 2, 3, 4, 5, 6], (id) => ({
    rules,
    voters: [1, 2, 3],
    entries: id === 4 ? [joint, left] : [joint],
    hardState: { term: 1, vote: 0, commit: 1 },
    random: () => (id === 2 ? 0 : 0.99),
  }));
  cluster.split([2, 3, 5, 6]);
  // The votes of the new voters arrive, the entries to them do not.
  cluster.loses = (from, to, { type }) => from === 2 && to >= 5 && type === "append";
  for (let step = 0; step < 400 && cluster.node(2).role !== "leader"; step++) cluster.run(10);
  assert.equal(cluster.node(2).role, "leader");
  const abandoned = cluster.node(2).abandon().ok;
  cluster.node(2).propose("under the old voters");
  cluster.settle();
  cluster.split([2, 3], [4, 5, 6]);
  for (let step = 0; step < 60; step++) {
    cluster.run(100);
    for (const one of cluster.leaders) one.propose("x");
  }
  return { abandoned, contradictions: contradictions(cluster) };
}

test("going back before the own term has committed under both majorities: a stray new configuration decides alone", () => {
  const broken: Rules = { ...realRules, mayAbandonChange: ({ isJoint }) => isJoint };
  const { abandoned, contradictions } = goingBackTooEarly(broken);
  assert.equal(abandoned, true);
  assert.ok(contradictions.length > 0);
  assert.deepEqual(goingBackTooEarly(realRules), { abandoned: false, contradictions: [] });
});

test("leaving a joint configuration that is not committed is a change in one step", () => {
  const grow = (rules: Rules): string => {
    const node = new Node({ voters: [1, 2, 3], learners: [4, 5], rules }).lead();
    for (const id of [4, 5]) node.acknowledge(id);
    node.change({ voters: [1, 2, 3, 4, 5] });
    for (const id of [4, 5]) node.acknowledge(id);
    return node.deciders;
  };
  assert.equal(grow({ ...realRules, mayLeaveJoint: ({ isJoint }) => isJoint }), "1 2 3 4 5");
  assert.equal(grow(realRules), "1 2 3 4 5 and 1 2 3", "no majority of the old voters has it");
});

test("a configuration that outlives its entry: a member counts with voters that nobody agreed on (B72)", () => {
  const after = (rules: Rules): string => {
    const node = new Node({ rules });
    const previous = { index: 0, term: 0 };
    const joint = configurationEntry(1, 1, configurationOf([7, 8, 9], [1, 2, 3]));
    node.receive(2, { type: "append", term: 1, previous, commit: 0, entries: [joint] });
    node.receive(3, { type: "append", term: 2, previous, commit: 0, entries: entriesOf([2]) });
    return node.deciders;
  };
  assert.equal(after({ ...realRules, staysInForce: () => true }), "7 8 9 and 1 2 3");
  assert.equal(after(realRules), "1 2 3");
});

test("the rules of membership at their edges", () => {
  const { needsJoint, mayChangeConfiguration, mayLeaveJoint, mayAbandonChange, mayPromote, mayTransfer } = realRules;
  assert.equal(needsJoint([1, 2, 3], [1, 2, 3]), false);
  assert.equal(needsJoint([1, 2, 3], [1, 2, 4]), true);
  assert.equal(needsJoint([1, 2, 3], [1, 2]), true);
  assert.equal(needsJoint([1, 2], [1, 2, 3]), true);
  const change = { committedInOwnTerm: true, isUnfinished: false, voters: 4, ready: 3 };
  assert.equal(mayChangeConfiguration(change), true);
  assert.equal(mayChangeConfiguration({ ...change, ready: 2 }), false, "two of four are no majority");
  assert.equal(mayChangeConfiguration({ ...change, committedInOwnTerm: false }), false);
  assert.equal(mayChangeConfiguration({ ...change, isUnfinished: true }), false);
  const joint = { isJoint: true, isCommitted: true, isOwn: false, committedInOwnTerm: true };
  assert.equal(mayLeaveJoint(joint), true);
  for (const without of ["isJoint", "isCommitted", "committedInOwnTerm"]) {
    assert.equal(mayLeaveJoint({ ...joint, [without]: false }), false, without);
  }
  assert.equal(mayAbandonChange({ ...joint, isCommitted: false }), true);
  assert.equal(mayAbandonChange({ ...joint, committedInOwnTerm: false }), false);
  assert.equal(mayAbandonChange({ ...joint, isOwn: true, committedInOwnTerm: false }), true);
  assert.equal(mayAbandonChange({ ...joint, isJoint: false, isOwn: true }), false);
  assert.deepEqual(
    [4, 5, 6].map((match) => mayPromote({ match, goal: 5, heardLately: true })),
    [false, true, true],
  );
  assert.equal(mayPromote({ match: 9, goal: 5, heardLately: false }), false);
  assert.deepEqual(
    [4, 5].map((match) => mayTransfer({ isVoter: true, match, last: 5 })),
    [false, true],
  );
  assert.equal(mayTransfer({ isVoter: false, match: 5, last: 5 }), false);
});
