import assert from "node:assert/strict";
import { test } from "node:test";
import { realRules } from "@quorate/raft";
import { killPlantedBug, plantedBugs, simulateCore, simulateReplicas } from "../src/index.ts";
import type { ReplicaSimulationOptions } from "../src/index.ts";

/** Bugs that hide longer are for `npm run mutants`, which knows them all. */
const mostSeeds = 300;

for (const bug of plantedBugs.filter(({ seeds }) => seeds <= mostSeeds)) {
  test(`a planted bug is caught within ${bug.seeds} seeds: ${bug.name}`, (context) => {
    const kill = killPlantedBug(bug, { from: 1, count: bug.seeds });
    assert.ok(kill, `nothing noticed in ${bug.seeds} seeds that ${bug.name}`);
    context.diagnostic(`seed ${kill.seed}, ${kill.events} events in all: ${kill.message}`);
    assert.ok(
      bug.caughtBy.includes(kill.property),
      `caught by "${kill.property}", which nobody expected: ${kill.message}`,
    );
  });
}

/** Each of the five properties of Figure 3 is told to fall by a bug that breaks what it rests on. */
const falls = [
  { property: "election safety", bug: "every candidate of a term gets a vote", seeds: 300 },
  { property: "log matching", bug: "entries are spliced behind any entry of the right index", seeds: 300 },
  { property: "leader completeness", bug: "votes are given without a look at the log", seeds: 100 },
  { property: "state machine safety", bug: "the log says stored before the sync is done", seeds: 50 },
];

for (const { property, bug, seeds } of falls) {
  test(`${property} falls when ${bug}, with nobody but Figure 3's checkers watching`, () => {
    const planted = plantedBugs.find(({ name }) => name === bug);
    assert.ok(planted);
    for (let from = 1; ; ) {
      const kill = killPlantedBug(planted, { from, count: seeds - from + 1 }, true);
      assert.ok(kill, `${property} stood for ${seeds} seeds`);
      if (kill.property === property) break;
      from = kill.seed + 1;
    }
  });
}

test("there are at least thirty planted bugs, each with a name of its own", () => {
  assert.ok(plantedBugs.length >= 30);
  assert.equal(new Set(plantedBugs.map(({ name }) => name)).size, plantedBugs.length);
});

test("the faults that a planted bug is given more of do no harm to the real rules", () => {
  for (const { name, adjust } of plantedBugs) {
    if (adjust === undefined) continue;
    for (let seed = 1; seed <= 30; seed++) {
      const { violation } = simulateCore({ seed, adjust, safetyOnly: true });
      assert.equal(violation, undefined, `${name}, seed ${seed}: ${violation?.message}`);
    }
  }
});

const brokenMembers: readonly (Omit<ReplicaSimulationOptions, "seed"> & {
  name: string;
  caughtBy: RegExp;
  seeds: number;
})[] = [
  {
    name: "answers leave before the disk has what they promise",
    rules: { ...realRules, mayPromise: () => true },
    caughtBy: /promise durability/,
    seeds: 5,
  },
  {
    name: "votes are given without a look at the log",
    rules: { ...realRules, isUpToDate: () => true },
    caughtBy: /leader completeness|committed/,
    seeds: 100,
  },
  {
    name: "the disk says synced and is not",
    drive: { lostSyncProbability: 1 },
    caughtBy: /durable log|lost/,
    seeds: 20,
  },
];

for (const { name, caughtBy, seeds, ...broken } of brokenMembers) {
  test(`production members are caught within ${seeds} seeds when ${name}`, (context) => {
    for (let seed = 1; seed <= seeds; seed++) {
      const { violation } = simulateReplicas({ seed, ...broken });
      if (violation === undefined) continue;
      context.diagnostic(`seed ${seed}: ${violation.message}`);
      assert.match(violation.message, caughtBy);
      return;
    }
    assert.fail(`nothing noticed in ${seeds} seeds`);
  });
}
