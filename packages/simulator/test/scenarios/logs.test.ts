import assert from "node:assert/strict";
import { test } from "node:test";
import { directedDeviations, directedVariants, logScenarios, readScenarios, runDirected } from "../../src/index.ts";
import type { DirectedScenario, DirectedVariant, Role, TermCount } from "../../src/index.ts";
import { scenarioNamed, testEachOutcome } from "./each-outcome.ts";

testEachOutcome(logScenarios);
testEachOutcome(readScenarios);

const diverged = scenarioNamed("long-diverged-follower", logScenarios);

/** The same with other logs: a common entry, then so many terms of so many entries, the leader's odd, a's even. */
function withLogs(terms: number, count: number): DirectedScenario {
  const own = (first: number): TermCount[] => [
    { term: 1, count: 1 },
    ...Array.from({ length: terms }, (_, at) => ({ term: first + 2 * at, count })),
  ];
  const logs: Partial<Record<Role, TermCount[]>> = { leader: own(3), a: own(2), b: own(3) };
  return { ...diverged, setting: { ...diverged.setting, logs } };
}

function rejectionsOf(scenario: DirectedScenario, broken?: DirectedVariant): number {
  return runDirected(scenario, { seed: 1, broken }).outcome.rejections;
}

test("backtracking costs round trips by the terms in which logs differ, not by the entries", () => {
  const [linear] = directedVariants(diverged);
  for (const terms of [1, 3, 8]) {
    const few = rejectionsOf(withLogs(terms, 10));
    assert.equal(rejectionsOf(withLogs(terms, 300)), few, `${terms} terms`);
    assert.ok(few >= 1 && few <= terms + 1, `${few} for ${terms} terms`);
    assert.ok(rejectionsOf(withLogs(terms, 300), linear) >= terms * 300, "one by one");
  }
});

test("an outcome with another number of rejections is told from what is expected", () => {
  const { outcome } = runDirected(diverged, { seed: 1 });
  assert.deepEqual(directedDeviations(outcome, diverged.expects), []);
  const found = directedDeviations({ ...outcome, rejections: 5000 }, diverged.expects);
  assert.equal(found.length, 1);
  assert.match(found[0] ?? "", /^rejections is 5000, not /);
});
