import assert from "node:assert/strict";
import { test } from "node:test";
import { majority, realRules } from "@quorate/raft";
import type { ElectionOutcome, LogPosition, MemberId, VoterSets } from "@quorate/raft";
import { boundedQueues } from "../src/checkers/bounded-queues.ts";
import { stateAgreement } from "../src/checkers/state-agreement.ts";
import { supportedElections } from "../src/checkers/supported-elections.ts";
import { checkReplay, killPlantedBug, plantedBugs, simulateCore, simulateReplicas } from "../src/index.ts";
import type { ReplicaSimulationOptions, SwarmOptions, WatchedCluster } from "../src/index.ts";

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
  {
    name: "one member's state machine makes something else of a command, with nobody but the states' checker watching",
    stateBug: (member, number) => (member === 2 && number % 50 === 0 ? number + 1 : number),
    checkers: () => [stateAgreement()],
    caughtBy: /state agreement: member \d makes another state/,
    seeds: 5,
  },
  {
    name: "reads do not ask a quorum, with nobody but the clients watching",
    rules: { ...realRules, mayServeRead: () => true },
    checkers: () => [],
    safetyOnly: true,
    adjust: (swarm) => withRegisters(withPartitions(swarm)),
    caughtBy: /linearizability: register \d: No order has a place/,
    seeds: 200,
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

/** Checkers that other checkers are quicker than: each alone catches a bug that breaks what it watches over. */
const alone = [
  {
    name: "supported elections falls when one vote less than a majority elects",
    checkers: () => [supportedElections(() => 3)],
    rules: {
      ...realRules,
      electionOutcome: ({ voters }: VoterSets, voteOf: (id: MemberId) => boolean | undefined): ElectionOutcome =>
        voters.filter((id) => voteOf(id) === true).length >= majority(voters.length) - 1 ? "won" : "pending",
    },
  },
  {
    name: "bounded queues falls when members keep more in flight than they should",
    checkers: ({ limits }: WatchedCluster) => [boundedQueues({ ...limits, maxInflightAppends: 1 }, 8192)],
    rules: realRules,
  },
];

for (const { name, checkers, rules } of alone) {
  test(`${name}, with nobody else watching`, () => {
    for (let seed = 1; seed <= 50; seed++) {
      const { violation } = simulateCore({ seed, rules, checkers, safetyOnly: true });
      if (violation === undefined || !name.startsWith(violation.property)) continue;
      return;
    }
    assert.fail("it stood for 50 seeds");
  });
}

test("a node that is not deterministic is reported as such, with the place where two runs of its seed part", () => {
  let asked = 0;
  const rules = {
    ...realRules,
    // It remembers what happened in another run: as a clock, a hash order or a cache would.
    isUpToDate: (candidate: LogPosition, ours: LogPosition) =>
      realRules.isUpToDate(candidate, ours) && ++asked % 3 !== 0,
  };
  const violation = checkReplay(() => simulateCore({ seed: 3, rules }));
  assert.equal(violation?.property, "determinism");
  assert.match(violation?.message ?? "", /seed 3 was run twice.*the two part after event \d+/);
  assert.equal(
    checkReplay(() => simulateCore({ seed: 3 })),
    undefined,
  );
  assert.equal(
    checkReplay(() => simulateReplicas({ seed: 3 })),
    undefined,
  );
});

function withPartitions(swarm: SwarmOptions): SwarmOptions {
  const t = swarm.timing.electionTimeoutMs;
  return { ...swarm, faults: { ...swarm.faults, partition: { everyMs: 2 * t, lastsMs: 3 * t } } };
}

function withRegisters(swarm: SwarmOptions): SwarmOptions {
  const t = swarm.timing.electionTimeoutMs;
  return { ...swarm, registers: { processes: 6, keys: 1, everyMs: t / 40, giveUpMs: 2 * t, again: 0 } };
}
