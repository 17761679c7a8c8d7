import assert from "node:assert/strict";
import { test } from "node:test";
import { splitVoteProbability } from "@quorate/planner";
import { measureElection } from "../src/world/measure-elections.ts";

const worlds = 100;

/** How many of the worlds in which the leader died needed more than one term for the next one. */
function splitShare(windowMs: number): number {
  let [measured, split] = [0, 0];
  for (let seed = 1; seed <= worlds; seed++) {
    const setup = { members: 5, electionTimeoutMs: 1000, delayMs: 5, timerSpread: windowMs / 1000 };
    const found = measureElection(seed, setup);
    if (found === undefined) continue;
    measured++;
    if (found.terms > 1) split++;
  }
  assert.ok(measured > worlds / 2, `${measured} worlds`);
  return split / measured;
}

for (const windowMs of [1000, 100, 20]) {
  test(`five members that draw their timers from ${windowMs} ms split their votes as often as is predicted`, () => {
    const electorate = { voters: 5, live: 4, windowMs, oneWayMs: 5, syncMs: 0.1, preVote: true };
    const predicted = splitVoteProbability(electorate);
    const deviation = Math.sqrt((predicted * (1 - predicted)) / worlds);
    const measured = splitShare(windowMs);
    assert.ok(Math.abs(measured - predicted) < 3 * deviation + 0.01, `${measured}, and not ${predicted}`);
  });
}
