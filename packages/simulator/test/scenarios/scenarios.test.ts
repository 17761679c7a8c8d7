import assert from "node:assert/strict";
import { test } from "node:test";
import { brokenVariants, connectivityScenarios, deviations, runScenario } from "../../src/index.ts";

const seeds = 10;

for (const scenario of connectivityScenarios) {
  test(`${scenario.name}: ${scenario.title}`, () => {
    for (let seed = 1; seed <= seeds; seed++) {
      const style = seed % 2 === 0 ? "stream" : "datagrams";
      const outcome = runScenario(scenario, { seed, style });
      assert.deepEqual(deviations(outcome, scenario.expects), [], `seed ${seed}: ${JSON.stringify(outcome)}`);
    }
  });
  for (const { what, rules, expects } of brokenVariants(scenario)) {
    test(`${scenario.name} shows it when ${what}`, () => {
      for (let seed = 1; seed <= seeds; seed++) {
        const outcome = runScenario(scenario, { seed, rules });
        assert.deepEqual(deviations(outcome, expects), [], `seed ${seed}: ${JSON.stringify(outcome)}`);
        assert.notDeepEqual(deviations(outcome, scenario.expects), [], `seed ${seed}: as with the real rules`);
      }
    });
  }
}
