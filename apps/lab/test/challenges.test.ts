import assert from "node:assert/strict";
import { test } from "node:test";
import { counted, refusal, runOfChallenge, standingOf, type Challenge } from "../src/challenges/challenge.ts";
import { challenges } from "../src/challenges/library.ts";
import { stories } from "../src/stories/library.ts";
import type { TimedAction } from "../src/world/lab-action.ts";
import { readLabRun } from "../src/world/lab-run.ts";
import { LabWorld } from "../src/world/lab-world.ts";

/** The world of a challenge at its end, with these actions. */
function played(challenge: Challenge, actions: readonly TimedAction[]): LabWorld {
  const world = new LabWorld(readLabRun(runOfChallenge(challenge, actions)));
  world.advance(challenge.until * challenge.setup.electionTimeoutMs * 1000);
  return world;
}

test("there are at least eight challenges, some of them with the rules that ship, and each leads on", () => {
  assert.ok(challenges.length >= 8, `${challenges.length}`);
  assert.equal(new Set(challenges.map(({ name }) => name)).size, challenges.length);
  assert.ok(challenges.filter(({ setup }) => setup.broken.length === 0).length >= 2);
  for (const { name, story, hints, setup } of challenges) {
    assert.ok(story === undefined || stories.some((one) => one.name === story), name);
    assert.ok(hints.length >= 2, name);
    assert.ok(setup.broken.length <= 1, name);
  }
});

for (const challenge of challenges) {
  const { name, title, solution, limit } = challenge;
  test(`"${title}" has a solution of ${limit} actions, and is not solved by waiting`, () => {
    const solved = standingOf(challenge, solution, played(challenge, solution).tape);
    assert.ok(solved.solvedAt !== undefined, name);
    assert.equal(solved.used, limit, `${name}: as many as it may take`);
    assert.equal(standingOf(challenge, [], played(challenge, []).tape).solvedAt, undefined, name);
  });

  test(`"${title}": no action of its solution is there for nothing`, () => {
    for (const left of solution.filter((one) => counted([one]) === 1)) {
      const others = solution.filter((one) => one !== left);
      assert.equal(
        standingOf(challenge, others, played(challenge, others).tape).solvedAt,
        undefined,
        `without ${JSON.stringify(left)}`,
      );
    }
  });
}

test("with the rules that ship, the solutions to broken rules break nothing", () => {
  for (const challenge of challenges.filter(({ setup, goal }) => setup.broken.length > 0 && goal.text !== "")) {
    const real = { ...challenge, setup: { ...challenge.setup, broken: [] } };
    const world = played(real, challenge.solution);
    assert.equal(standingOf(real, challenge.solution, world.tape).solvedAt, undefined, challenge.name);
    assert.deepEqual([world.tape.violations, world.end], [[], undefined], challenge.name);
  }
});

test("what is done beyond the limit, or is not allowed, or touches all links at once, is refused and does not count", () => {
  const challenge = challenges.find(({ name }) => name === "three-cuts");
  assert.ok(challenge !== undefined);
  const { solution } = challenge;
  const cut = { do: "block", from: 2, to: 1 } as const;
  assert.equal(refusal(challenge, solution.slice(0, 2), cut), undefined);
  assert.match(refusal(challenge, solution, cut) ?? "", /All 3 actions are used/);
  assert.equal(refusal(challenge, solution, { do: "read", from: 1 }), undefined, "what clients ask for is free");
  assert.match(refusal(challenge, [], { do: "crash", who: 1 }) ?? "", /not among what/);
  assert.match(refusal(challenge, [], { do: "block", from: 1, to: 0 }) ?? "", /One link at a time/);
  const killed: readonly TimedAction[] = [1, 2].map((who) => ({ at: 4_000_000, action: { do: "crash", who } }));
  assert.equal(standingOf(challenge, killed, played(challenge, killed).tape).solvedAt, undefined);
});

test("what comes too late is no solution", () => {
  const challenge = challenges.find(({ name }) => name === "three-cuts");
  assert.ok(challenge !== undefined);
  const late = challenge.solution.map(({ action }) => ({ at: 25_000_000, action }));
  const world = new LabWorld(runOfChallenge(challenge, late));
  world.advance(60_000_000);
  assert.equal(standingOf(challenge, late, world.tape).solvedAt, undefined);
});
