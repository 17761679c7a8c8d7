import assert from "node:assert/strict";
import { test } from "node:test";
import { memberDeviations, runMemberScenario } from "../../src/index.ts";
import type { MemberScenario } from "../../src/index.ts";

/** `QUORATE_SEEDS` multiplies how many are run of each scenario; half of them with messages instead of the transport. */
const scale = Number(process.env["QUORATE_SEEDS"] ?? 1);
const seeds = Math.ceil(2 * scale);
const brokenSeeds = Math.ceil(scale);

/** Each scenario must come to what it states, with the production code as it is and with what is broken in its variants. */
export function testOutcomes(scenarios: readonly MemberScenario[]): void {
  for (const scenario of scenarios) {
    test(`${scenario.name}: ${scenario.title}`, () => {
      for (let seed = 1; seed <= seeds; seed++) {
        const carrier = seed % 2 === 0 ? "messages" : "transport";
        const outcome = runMemberScenario(scenario, { seed, carrier });
        assert.deepEqual(memberDeviations(outcome, scenario.expects), [], `seed ${seed}: ${JSON.stringify(outcome)}`);
      }
    });
    for (const { what, expects, ...broken } of scenario.broken ?? []) {
      test(`${scenario.name} shows it when ${what}`, () => {
        for (let seed = 1; seed <= brokenSeeds; seed++) {
          const outcome = runMemberScenario(scenario, { seed, ...broken });
          assert.deepEqual(memberDeviations(outcome, expects), [], `seed ${seed}: ${JSON.stringify(outcome)}`);
          assert.notDeepEqual(memberDeviations(outcome, scenario.expects), [], `seed ${seed}: as with the real code`);
        }
      });
    }
  }
}
