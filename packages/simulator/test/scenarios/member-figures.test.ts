import assert from "node:assert/strict";
import { test } from "node:test";
import { memberDeviations, memberScenarios, runMemberScenario } from "../../src/index.ts";
import type { MemberExpectation, MemberOutcome } from "../../src/index.ts";

function scenarioNamed(name: string) {
  const found = memberScenarios.find((scenario) => scenario.name === name);
  assert.ok(found, name);
  return found;
}

test("each scenario of whole members has a name of its own", () => {
  assert.equal(new Set(memberScenarios.map(({ name }) => name)).size, memberScenarios.length);
});

test("the same seed gives the same outcome, and any figure changed is told from what is expected", () => {
  const scenario = scenarioNamed("leader-disk-stalls");
  const outcome = runMemberScenario(scenario, { seed: 1 });
  assert.deepEqual(runMemberScenario(scenario, { seed: 1 }), outcome);
  assert.deepEqual(memberDeviations(outcome, scenario.expects), []);
  const changes: Partial<MemberOutcome>[] = [
    { leaderChanges: 0 },
    { termGrowth: 0 },
    { longestOutage: 0.6 },
    { rivalLeaders: 0.1 },
    { staleReads: 1 },
    { serves: false },
    { finalLeader: "leader" },
    { violation: "clients: command 7 was acknowledged and is lost" },
    { linearizable: false },
    { stoppedByDisk: 1 },
    { quarantined: 1 },
    { healed: 1 },
    { longestWrite: { ...outcome.longestWrite, leader: 0 } },
    { longestWrite: { ...outcome.longestWrite, a: 1 } },
    { longestRead: { ...outcome.longestRead, leader: 9 } },
  ];
  for (const change of changes) {
    const found = memberDeviations({ ...outcome, ...change }, scenario.expects);
    assert.equal(found.length, 1, `${JSON.stringify(change)}: ${found.join("; ")}`);
  }
  const either: MemberExpectation = { ...scenario.expects, violation: ["durable log", "member"] };
  assert.deepEqual(memberDeviations({ ...outcome, violation: "member: x" }, either), []);
  assert.equal(memberDeviations({ ...outcome, violation: "clients: x" }, either).length, 1);
});

test("a scenario whose members do not get along again in the end is a violation, whatever was seen before", () => {
  const scenario = { ...scenarioNamed("wiped-member"), gone: [] };
  const { violation } = runMemberScenario(scenario, { seed: 1 });
  assert.match(violation ?? "", /^liveness: does not get along again when all is healed/);
});

test("what members are asked, and what they send, is counted", () => {
  const outcome = runMemberScenario(scenarioNamed("wall-clocks-jump"), { seed: 1 });
  assert.ok(outcome.acknowledged > 400, `${outcome.acknowledged} acknowledged`);
  assert.ok(outcome.readsAnswered > 400, `${outcome.readsAnswered} answered`);
  assert.ok(outcome.bytesSent > 20 * outcome.messagesSent && outcome.messagesSent > 1000, `${outcome.bytesSent} bytes`);
});
