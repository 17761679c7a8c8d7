import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { defaultTiming } from "@quorate/raft";
import {
  connectivityScenarios,
  coreScenarios,
  ElectionHistory,
  electionScenarios,
  leaseScenarios,
  logScenarios,
  jointScenarios,
  membershipScenarios,
  memberScenarios,
  readScenarios,
  runDirected,
  runMemberScenario,
  stateScenarios,
} from "../../src/index.ts";
import type { DirectedScenario, DirectedVariant, MemberScenario } from "../../src/index.ts";
import { scenarioNamed } from "./each-outcome.ts";
import { partOf, scenarioTable } from "./scenario-table.ts";

test("across all scenarios terms move only with elections that a quorum supported, and a return changes no leader", () => {
  let returns = 0;
  for (const scenario of coreScenarios) {
    const { outcome, history } = runDirected(scenario, { seed: 1 });
    assert.equal(outcome.violation, undefined, scenario.name);
    assert.deepEqual(history.unsupportedTerms(), [], scenario.name);
    assert.deepEqual(history.deposedAtReturn(), [], scenario.name);
    returns += history.returnsWatched();
  }
  assert.ok(returns >= 10, `only ${returns} returns beside a followed leader`);
});

test("the same holds across all scenarios of whole members", () => {
  for (const scenario of memberScenarios) {
    let history: ElectionHistory | undefined;
    runMemberScenario(scenario, {
      seed: 1,
      carrier: "messages",
      history: (world) => {
        const { electionTimeoutMs } = defaultTiming;
        history = new ElectionHistory(world, { voters: scenario.members, electionTimeoutMs });
        return history;
      },
    });
    assert.deepEqual(history?.unsupportedTerms(), [], scenario.name);
    assert.deepEqual(history?.deposedAtReturn(), [], scenario.name);
  }
});

/** In how many of six runs of a scenario each is seen when these rules are broken. */
function seenIn(name: string, rules: DirectedVariant["rules"] & object): { terms: number; leaders: number } {
  const scenario = scenarioNamed(name, coreScenarios);
  const seen = { terms: 0, leaders: 0 };
  for (let seed = 1; seed <= 6; seed++) {
    const { history } = runDirected(scenario, { seed, broken: { what: "broken", rules, expects: {} } });
    if (history.unsupportedTerms().length > 0) seen.terms++;
    if (history.deposedAtReturn().length > 0) seen.leaders++;
  }
  return seen;
}

test("that is seen to fall without Pre-Vote: whoever is cut off takes terms that no quorum supports", () => {
  for (const name of ["rejoin-after-isolation", "half-way-back"]) {
    assert.equal(seenIn(name, { mayStandForElection: () => true }).terms, 6, name);
    assert.deepEqual(seenIn(name, {}), { terms: 0, leaders: 0 }, name);
  }
});

test("that is seen to fall without Pre-Vote and stickiness: whoever comes back deposes a leader that all follow", () => {
  const { leaders } = seenIn("half-way-back", { mayStandForElection: () => true, mayHearVote: () => true });
  assert.equal(leaders, 6);
});

test("each scenario has a name of its own", () => {
  const names = [...coreScenarios, ...memberScenarios].map(({ name }) => name);
  assert.equal(new Set(names).size, names.length);
});

const documentUrl = new URL("../../../../docs/scenarios.md", import.meta.url);

const parts: readonly (readonly [string, readonly (DirectedScenario | MemberScenario)[]])[] = [
  ["connectivity", connectivityScenarios],
  ["elections", electionScenarios],
  ["logs", logScenarios],
  ["reads", readScenarios],
  ["leases", leaseScenarios],
  ["membership", membershipScenarios],
  ["joint", jointScenarios],
  ["states", stateScenarios],
  ["members", memberScenarios],
];

test("docs/scenarios.md says of every scenario what it is and comes to (UPDATE_DOCS=1 writes it anew)", () => {
  for (const [name, scenarios] of parts) {
    const { before, text, after } = partOf(readFileSync(documentUrl, "utf8"), name);
    const table = scenarioTable(scenarios);
    if (process.env["UPDATE_DOCS"] === "1") writeFileSync(documentUrl, before + table + after);
    else assert.equal(text, table, name);
  }
  assert.equal(
    parts.reduce((count, [, scenarios]) => count + scenarios.length, 0),
    coreScenarios.length + memberScenarios.length,
  );
});
