import assert from "node:assert/strict";
import { test } from "node:test";
import { directedDeviations, directedVariants, runDirected } from "../../src/index.ts";
import type { DirectedScenario } from "../../src/index.ts";

/** `QUORATE_SEEDS` multiplies how many are run of each scenario. */
const scale = Number(process.env["QUORATE_SEEDS"] ?? 1);
const seeds = Math.ceil(4 * scale);
const brokenSeeds = Math.ceil(3 * scale);

/** A test of each scenario with the real rules, and of each of its broken variants: every seed comes to what is stated. */
export function testEachOutcome(scenarios: readonly DirectedScenario[]): void {
  for (const scenario of scenarios) {
    test(`${scenario.name}: ${scenario.title}`, () => {
      for (let seed = 1; seed <= seeds; seed++) {
        const { outcome } = runDirected(scenario, { seed });
        assert.deepEqual(directedDeviations(outcome, scenario.expects), [], `seed ${seed}: ${JSON.stringify(outcome)}`);
      }
    });
    for (const broken of directedVariants(scenario)) {
      test(`${scenario.name} shows it when ${broken.what}`, () => {
        for (let seed = 1; seed <= brokenSeeds; seed++) {
          const { outcome } = runDirected(scenario, { seed, broken });
          const told = `seed ${seed}: ${JSON.stringify(outcome)}`;
          assert.deepEqual(directedDeviations(outcome, broken.expects), [], told);
          assert.notDeepEqual(directedDeviations(outcome, scenario.expects), [], `as with the real rules, ${told}`);
        }
      });
    }
  }
}

/** @throws when there is no scenario of that name */
export function scenarioNamed(name: string, scenarios: readonly DirectedScenario[]): DirectedScenario {
  const found = scenarios.find((scenario) => scenario.name === name);
  assert.ok(found, name);
  return found;
}
