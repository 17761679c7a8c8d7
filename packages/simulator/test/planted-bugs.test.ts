import assert from "node:assert/strict";
import { test } from "node:test";
import { defaultLimits, realRules } from "@quorate/raft";
import { CommittedLog } from "../src/checkers/committed-log.ts";
import {
  allCheckers,
  checkReplay,
  coreScenarios,
  directedVariants,
  killPlantedBug,
  plantedBugs,
  properties,
  runSeed,
  simulateCore,
  simulateReplicas,
  workloadBugs,
} from "../src/index.ts";
import type { PlantedBug, ReplicaSimulationOptions } from "../src/index.ts";
import { aroundCore, aroundDisk, aroundReplica, aroundState } from "../src/planted-bugs/around.ts";

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

test("everything that is watched is what some planted bug is expected to fall to first", () => {
  const expected = new Set([...plantedBugs, ...workloadBugs].map(({ caughtBy }) => caughtBy[0]));
  assert.deepEqual(
    properties.filter((property) => !expected.has(property)),
    [],
    "no planted bug tells that these can fall",
  );
});

test("whatever a planted bug may fall to, and every checker, is on the list of what is watched", () => {
  const watched = {
    committed: new CommittedLog(),
    diskOf: () => undefined,
    appliedAtStart: () => 0,
    limits: defaultLimits,
    largestBatchBytes: 0,
  };
  const named = [
    ...[...plantedBugs, ...workloadBugs].flatMap(({ caughtBy }) => caughtBy),
    ...allCheckers(watched).map(({ name }) => name),
  ];
  assert.deepEqual(
    named.filter((name) => !properties.includes(name)),
    [],
  );
});

test("every rule is broken by a planted bug or in a scenario", () => {
  const broken = new Set<string>(plantedBugs.map(({ breaks }) => breaks));
  for (const scenario of coreScenarios) {
    for (const { rules = {} } of directedVariants(scenario)) for (const rule of Object.keys(rules)) broken.add(rule);
  }
  assert.deepEqual(
    Object.keys(realRules).filter((rule) => !broken.has(rule)),
    [],
  );
});

/** Each of the five properties of Figure 3 is told to fall by a bug that breaks what it rests on. */
const falls = [
  { property: "election safety", bug: "every candidate of a term gets a vote", seeds: 300 },
  { property: "leader append-only", bug: "a leader writes its uncommitted entries anew with every append", seeds: 20 },
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
  const all = [...plantedBugs, ...workloadBugs];
  assert.equal(new Set(all.map(({ name }) => name)).size, all.length);
});

test("the faults that a planted bug is given more of do no harm to the real code", () => {
  const given = new Map(
    plantedBugs.flatMap(({ name, world = "core" as const, adjust }) =>
      adjust === undefined ? [] : [[adjust, { name, world, adjust }] as const],
    ),
  );
  for (const { name, world, adjust } of given.values()) {
    for (let seed = 1; seed <= (world === "core" ? 30 : 5); seed++) {
      const { violation } = runSeed({ world, seed, bug: { ...nothing, adjust }, safetyOnly: true });
      assert.equal(violation, undefined, `${name}, seed ${seed}: ${violation?.message}`);
    }
  }
});

test("what a planted bug is wrapped in does no harm where nothing in it is broken", () => {
  const sound = {
    ...nothing,
    createCore: aroundCore(() => ({})),
    member: {
      state: aroundState(() => ({})),
      disk: aroundDisk({}),
      replica: aroundReplica(() => ({})),
    },
  };
  for (let seed = 1; seed <= 5; seed++) {
    for (const world of ["core", "replica"] as const) {
      assert.equal(runSeed({ world, seed, bug: sound }).hash, runSeed({ world, seed }).hash, `${world} seed ${seed}`);
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

test("a node that is not deterministic is reported as such, by the first event that differs", () => {
  const bug = plantedBugs.find(({ breaks, replayed }) => replayed === true && breaks === "isUpToDate");
  assert.ok(bug);
  const violation = checkReplay((trace) => runSeed({ world: "core", seed: 4, bug, trace }));
  assert.equal(violation?.property, "determinism");
  assert.match(
    violation.message,
    /seed 4 was run twice.*the first event that differs is on line \d+ of the trace: ".+", then ".+"$/,
  );
  for (const world of ["core", "replica"] as const) {
    assert.equal(
      checkReplay((trace) => runSeed({ world, seed: 3, trace })),
      undefined,
    );
  }
});

test("a run without a trace that is not deterministic is told by the stretch of events in which it parts", () => {
  const seeds = [3, 4];
  const violation = checkReplay(() => simulateCore({ seed: seeds.shift() as number }));
  assert.match(violation?.message ?? "", /the two part after event 0, at most 1024 later$/);
});

/** A planted bug that breaks nothing. */
const nothing: PlantedBug = { name: "nothing", breaks: "core", caughtBy: [], seeds: 1 };
