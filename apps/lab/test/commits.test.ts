import assert from "node:assert/strict";
import { test } from "node:test";
import { predictCommit, decisionOf, quantileOf } from "../src/arithmetic/commit-times.ts";
import { pairAt, readInputs, tripMatrix, writeInputs } from "../src/arithmetic/inputs.ts";
import { downText, upText } from "../src/arithmetic/up-text.ts";
import { measureCommits, type CommitSetup } from "../src/world/measure-commits.ts";

const worlds = 8;
const commits = 50;

/** Round trips of members on a line. */
function onLine(places: readonly number[]): readonly (readonly number[])[] {
  return places.map((one) => places.map((other) => Math.abs(one - other)));
}

function measured(setup: CommitSetup): readonly number[] {
  const seeds = Array.from({ length: worlds }, (_, at) => at + 1);
  return seeds.flatMap((seed) => measureCommits(seed, setup, commits)).sort((one, other) => one - other);
}

/**
 * Between two quantiles near the one that is meant lies the measured one, but for one time in thousands: the number of
 * samples below a quantile is binomial. What a world rounds to (microseconds) and heartbeats cost is the tenth of a ms.
 */
function assertQuantile(times: readonly number[], setup: CommitSetup, p: number): void {
  const { quantile } = predictCommit(setup);
  const deviation = 4 * Math.sqrt((p * (1 - p)) / times.length);
  const found = quantileOf(times, p) as number;
  const [least, most] = [quantile(Math.max(0, p - deviation)) - 0.1, quantile(Math.min(0.9999, p + deviation)) + 0.1];
  assert.ok(found >= least && found <= most, `p${100 * p}: ${found} ms, and not ${least} to ${most} ms`);
}

const roundTrips = onLine([0, 1, 12, 70, 150]);
for (const leader of roundTrips.keys()) {
  test(`commits under leader ${leader + 1} of five take as long in the shipped core as is predicted`, () => {
    const setup = { quorum: 3, leader, roundTrips, syncMs: 2 };
    const times = measured(setup);
    assert.equal(times.length, worlds * commits);
    for (const p of [0.1, 0.5, 0.9]) assertQuantile(times, setup, p);
  });
}

test("the quorum that is set decides: three of six are as fast as the third, four as the fourth", () => {
  const six = onLine([0, 10, 30, 80, 120, 200]);
  for (const [quorum, third] of [
    [3, 30],
    [4, 80],
  ] as const) {
    const setup = { quorum, leader: 0, roundTrips: six, syncMs: 1 };
    assert.equal(decisionOf(setup).decider, quorum - 1);
    const times = measured(setup);
    assertQuantile(times, setup, 0.5);
    assert.ok((quantileOf(times, 0.5) as number) > third && (quantileOf(times, 0.5) as number) < third + 5);
  }
});

test("a member alone commits with its own sync; fifteen are measured like five", () => {
  const alone = { quorum: 1, leader: 0, roundTrips: [[0]], syncMs: 4 };
  assertQuantile(measured(alone), alone, 0.5);
  const many = { quorum: 8, leader: 14, roundTrips: onLine(Array.from({ length: 15 }, (_, at) => 10 * at)), syncMs: 2 };
  assertQuantile(
    measureCommits(1, many, commits).toSorted((one, other) => one - other),
    many,
    0.5,
  );
});

test("a link carries the round trips of all pairs, and one from before them is members on a line", () => {
  const inputs = readInputs("members=4&leader=3&roundTrips=1,2,3,4,5,6");
  assert.deepEqual(tripMatrix(inputs), [
    [0, 1, 2, 3],
    [1, 0, 4, 5],
    [2, 4, 0, 6],
    [3, 5, 6, 0],
  ]);
  assert.deepEqual(readInputs(writeInputs(inputs)), inputs);
  assert.equal(pairAt(4, 3, 2), 5);
  assert.deepEqual(tripMatrix(readInputs("members=3&roundTrips=5,20"))[1], [5, 0, 15]);
  assert.equal(readInputs("members=3&leader=9").leader, 3);
});

test("what is down now and then is never said to be up all the time", () => {
  assert.equal(upText(0.01), "99.00 %");
  assert.equal(upText(3e-9), "99.99999970 %");
  for (let digits = 1; digits < 18; digits++) assert.doesNotMatch(upText(9.99 * 10 ** -digits), /^100/);
  assert.equal(downText(0.1 / 3600), "100 ms");
  assert.equal(downText(2), "2.0 h");
});
