import assert from "node:assert/strict";
import { test } from "node:test";
import { memberScenarios, runMemberScenario } from "../../src/index.ts";
import { aroundCore } from "../../src/planted-bugs/around.ts";
import { memberMachineScenarios } from "../../src/scenarios/member-machines.ts";
import { testOutcomes } from "./member-outcomes.ts";

testOutcomes(memberMachineScenarios);

test("a leader that is not told that its machine slept costs its successor an election, more often than not", () => {
  const scenario = memberScenarios.find(({ name }) => name === "leader-machine-sleeps");
  assert.ok(scenario);
  const parts = { createCore: aroundCore(() => ({ dropLease: () => {} })) };
  const elections = [1, 2, 3].map((seed) => runMemberScenario(scenario, { seed, parts }).leaderChanges);
  assert.ok(elections.filter((count) => count > 1).length >= 2, `${elections.join(", ")} elections`);
});
