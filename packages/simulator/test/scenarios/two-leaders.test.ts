import assert from "node:assert/strict";
import { test } from "node:test";
import {
  coreScenarios,
  Course,
  directedCluster,
  directedVariants,
  ElectionHistory,
  idsOf,
  rolesOf,
  World,
} from "../../src/index.ts";
import type { Checker, DirectedVariant } from "../../src/index.ts";
import { scenarioNamed } from "./each-outcome.ts";

const scenario = scenarioNamed("two-leaders-in-one-term", coreScenarios);

/** A leader of the second term, and what it rested on. */
interface Reign {
  readonly id: number;
  /** The voters that it went by when it was elected, and those of them that had voted for it. */
  readonly voters: readonly number[];
  readonly votes: readonly number[];
  /** Entries of its own term that it has committed. */
  committed: number;
}

/** The course of events without a checker that would end it: who led the second term until the network was whole again. */
function reigns(seed: number, broken: DirectedVariant | undefined): readonly Reign[] {
  const world = new World(seed);
  const { electionTimeoutMs = 100 } = scenario.setting ?? {};
  const setting = scenario.setting ?? {};
  const history = new ElectionHistory(world, { voters: scenario.members, electionTimeoutMs });
  const found: Reign[] = [];
  const watch: Checker = {
    name: "reigns",
    changed(member, before, after) {
      if (after.role !== "leader" || after.term !== 2) return;
      if (before.role !== "leader") {
        const { voters } = after.configuration;
        const votes = voters.filter((id) => {
          const status = cluster.member(id).status;
          return id === member.id || (status?.term === 2 && status.vote === member.id);
        });
        found.push({ id: member.id, voters, votes, committed: 0 });
      }
      const reign = found.find(({ id }) => id === member.id) as Reign;
      reign.committed = Math.max(reign.committed, after.commitIndex - member.log.terms().indexOf(2) + 1);
    },
  };
  const { cluster, patience } = directedCluster(world, {
    members: scenario.members,
    electionTimeoutMs,
    setting,
    broken,
    checkers: () => [watch, history],
  });
  for (const id of cluster.ids) cluster.start(id);
  world.runUntil(() => cluster.hasConverged(), 50 * electionTimeoutMs);
  const course = new Course(world, cluster, { setting, patience, electionTimeoutMs, history });
  const split = scenario.steps.filter(({ do: what }) => what !== "heal");
  course.follow(split, 9, idsOf(rolesOf(cluster)));
  return found;
}

test("all members at once: two leaders of one term, one with 2 of the old 3 votes, one with 3 of the new 5, both commit", () => {
  for (let seed = 1; seed <= 10; seed++) {
    const found = reigns(seed, directedVariants(scenario)[0]);
    const told = `seed ${seed}: ${JSON.stringify(found)}`;
    assert.equal(found.length, 2, told);
    const [few, many] = found.toSorted((one, other) => one.voters.length - other.voters.length) as [Reign, Reign];
    assert.deepEqual(
      [few.voters, many.voters],
      [
        [1, 2, 3],
        [1, 2, 3, 4, 5],
      ],
      told,
    );
    assert.deepEqual([few.votes.length, many.votes.length], [2, 3], told);
    assert.ok(!few.votes.some((id) => many.votes.includes(id)), `nobody voted for both: ${told}`);
    assert.ok(few.committed > 10 && many.committed > 10, told);
  }
});

test("with a joint configuration the same course elects one, by the voters that never heard of the change", () => {
  for (let seed = 1; seed <= 10; seed++) {
    const found = reigns(seed, undefined);
    const told = `seed ${seed}: ${JSON.stringify(found)}`;
    assert.equal(found.length, 1, told);
    assert.deepEqual(found[0]?.voters, [1, 2, 3], told);
    assert.equal(found[0]?.votes.length, 2, told);
  }
});
