import assert from "node:assert/strict";
import { test } from "node:test";
import { brokenVariants, connectivityScenarios, deviations, runScenario } from "../../src/index.ts";
import type { Expectation, Outcome } from "../../src/index.ts";

/** `QUORATE_SEEDS` multiplies how many are run of each scenario. */
const scale = Number(process.env["QUORATE_SEEDS"] ?? 1);
const seeds = Math.ceil(4 * scale);
const brokenSeeds = Math.ceil(2 * scale);

for (const scenario of connectivityScenarios) {
  test(`${scenario.name}: ${scenario.title}`, () => {
    for (let seed = 1; seed <= seeds; seed++) {
      const style = seed % 2 === 0 ? "stream" : "datagrams";
      const outcome = runScenario(scenario, { seed, style });
      assert.deepEqual(deviations(outcome, scenario.expects), [], `seed ${seed}: ${JSON.stringify(outcome)}`);
    }
  });
  for (const { what, expects, ...broken } of brokenVariants(scenario)) {
    test(`${scenario.name} shows it when ${what}`, () => {
      for (let seed = 1; seed <= brokenSeeds; seed++) {
        const outcome = runScenario(scenario, { seed, ...broken });
        assert.deepEqual(deviations(outcome, expects), [], `seed ${seed}: ${JSON.stringify(outcome)}`);
        assert.notDeepEqual(deviations(outcome, scenario.expects), [], `seed ${seed}: as with the real rules`);
      }
    });
  }
}

function scenarioNamed(name: string) {
  const found = connectivityScenarios.find((scenario) => scenario.name === name);
  assert.ok(found, name);
  return found;
}

test("each scenario has a name of its own", () => {
  assert.equal(new Set(connectivityScenarios.map(({ name }) => name)).size, connectivityScenarios.length);
});

test("the same seed of a scenario gives the same outcome, bytes and reads included", () => {
  const scenario = scenarioNamed("quorum-loss");
  const run = (seed: number): Outcome => runScenario(scenario, { seed });
  assert.deepEqual(run(3), run(3));
  assert.ok(run(3).bytesSent > run(3).messagesSent && run(3).messagesSent > 0);
});

test("terms that no quorum supported are seen in every scenario: the checker that a broken variant leaves out finds them", () => {
  const scenario = scenarioNamed("rejoin-after-isolation");
  const [naive] = brokenVariants(scenario);
  assert.ok(naive);
  const outcome = runScenario(scenario, { seed: 1, rules: naive.rules });
  assert.match(outcome.violation ?? "", /^supported elections: .* with the support of 1 of 3/);
});

test("an outcome with any figure changed is told from what is expected", () => {
  const scenario = scenarioNamed("leader-cut-off");
  const outcome = runScenario(scenario, { seed: 1 });
  assert.deepEqual(deviations(outcome, scenario.expects), []);
  const changes: Partial<Outcome>[] = [
    { leaderChanges: 0 },
    { leaderChanges: 2 },
    { termGrowth: 0 },
    { longestOutage: 0 },
    { longestOutage: 20 },
    { rivalLeaders: 0.1 },
    { staleReads: 1 },
    { serves: false },
    { finalLeader: "leader" },
    { finalLeader: undefined },
    { violation: "log matching: whatever" },
  ];
  for (const change of changes) {
    const found = deviations({ ...outcome, ...change }, scenario.expects);
    assert.equal(found.length, 1, `${JSON.stringify(change)}: ${found.join("; ")}`);
  }
  const violated: Expectation = { violation: "leader completeness" };
  assert.deepEqual(deviations({ ...outcome, violation: "leader completeness: x" }, violated), []);
  assert.equal(deviations({ ...outcome, violation: "log matching: x" }, violated).length, 1);
  assert.equal(deviations(outcome, violated).length, 1);
  assert.equal(deviations(outcome, { finalLeader: [] }).length, 1, "nobody should lead");
});

test("stale reads are counted, so that two rule sets can be compared", () => {
  const scenario = scenarioNamed("leader-cut-off");
  const fencing = brokenVariants(scenario).find(({ what }) => what.includes("reads ask no quorum"));
  assert.ok(fencing);
  const real = runScenario(scenario, { seed: 1 });
  const broken = runScenario(scenario, { seed: 1, rules: fencing.rules });
  assert.equal(real.staleReads, 0);
  assert.ok(real.readsAnswered > 100);
  assert.ok(broken.staleReads > 50, `${broken.staleReads} of ${broken.readsAnswered}`);
  assert.ok(broken.rivalLeaders > real.rivalLeaders);
});
