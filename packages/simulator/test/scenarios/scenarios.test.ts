import assert from "node:assert/strict";
import { test } from "node:test";
import { connectivityScenarios, deviations, runScenario } from "../../src/index.ts";

const seeds = 10;

for (const scenario of connectivityScenarios) {
  test(`${scenario.name}: ${scenario.title}`, () => {
    for (let seed = 1; seed <= seeds; seed++) {
      const outcome = runScenario(scenario, { seed });
      assert.equal(outcome.violation, undefined, `seed ${seed}`);
      assert.deepEqual(deviations(outcome, scenario.expects), [], `seed ${seed}`);
    }
  });
  const { broken } = scenario;
  if (broken === undefined) continue;
  test(`${scenario.name} shows it when ${broken.what}`, () => {
    for (let seed = 1; seed <= seeds; seed++) {
      const outcome = runScenario(scenario, { seed, rules: broken.rules });
      assert.deepEqual(deviations(outcome, broken.expects), [], `seed ${seed}: ${JSON.stringify(outcome)}`);
      assert.notDeepEqual(deviations(outcome, scenario.expects), [], `seed ${seed}: as with the real rules`);
    }
  });
}
