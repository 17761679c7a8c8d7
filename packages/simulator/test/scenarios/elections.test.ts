import assert from "node:assert/strict";
import { test } from "node:test";
import { realRules } from "@quorate/raft";
import { directedDeviations, electionScenarios, runDirected } from "../../src/index.ts";
import type { DirectedOutcome, DirectedScenario } from "../../src/index.ts";
import { scenarioNamed, testEachOutcome } from "./each-outcome.ts";

testEachOutcome(electionScenarios);

test("a step that waits for what never comes ends the run, and says what it waited for", () => {
  const scenario: DirectedScenario = {
    ...scenarioNamed("stale-log-candidate", electionScenarios),
    steps: [{ at: 0, once: { leads: "b" }, do: "heal" }],
  };
  const { outcome } = runDirected(scenario, { seed: 1 });
  assert.equal(outcome.violation, 'course: nothing came of waiting for {"leads":"b"}');
  assert.notDeepEqual(directedDeviations(outcome, scenario.expects), []);
});

test("the same seed of a directed scenario gives the same outcome, another seed another history", () => {
  const scenario = scenarioNamed("votes-of-an-older-term", electionScenarios);
  const run = (seed: number): DirectedOutcome => runDirected(scenario, { seed }).outcome;
  assert.deepEqual(run(2), run(2));
  assert.notEqual(run(2).bytesSent, run(3).bytesSent);
});

test("a variant that breaks nothing comes to what the real rules come to, in every directed scenario", () => {
  for (const scenario of electionScenarios) {
    const broken = { what: "nothing is broken", rules: realRules, expects: scenario.expects };
    const { outcome } = runDirected(scenario, { seed: 1, broken });
    assert.deepEqual(directedDeviations(outcome, scenario.expects), [], scenario.name);
  }
});
