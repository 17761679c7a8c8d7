import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  binomialTail,
  electionTime,
  leastTimeoutMs,
  majority,
  PlannerError,
  rivalProbability,
  simulateElection,
  splitVoteProbability,
  suggestTiming,
  windowForSplitVote,
  windowOf,
  type Election,
} from "../src/index.ts";
import { close, mean, seededRandom } from "./random.ts";

interface Case extends Election {
  /** The order of messages at the same time matters: the formula is a bound. */
  readonly isBound?: boolean;
}

const base: Case = {
  voters: 5,
  live: 4,
  windowMs: 150,
  oneWayMs: 5,
  syncMs: 0,
  timeoutMs: 150,
  heartbeatMs: 15,
  preVote: false,
};

function simulated(election: Election, runs: number, seed: number) {
  const random = seededRandom(seed);
  return Array.from({ length: runs }, () => simulateElection(election, random));
}

test("a round trip of 10 ms gives timers from 150 to 300 ms", () => {
  const { timeoutMs, windowMs, because } = suggestTiming({ roundTripMs: 10, tailMs: 0 });
  assert.deepEqual([timeoutMs, timeoutMs + windowMs, because], [150, 300, "floor"]);
});

test("T is never below 150 ms, ten round trips or three tails, and rises with each", () => {
  const ms = fc.double({ min: 0, max: 1000, noNaN: true });
  fc.assert(
    fc.property(ms, ms, (roundTripMs, tailMs) => {
      const { timeoutMs, windowMs, heartbeatMs } = suggestTiming({ roundTripMs, tailMs });
      assert.ok(timeoutMs >= leastTimeoutMs && timeoutMs >= 10 * roundTripMs - 1e-6 && timeoutMs >= 3 * tailMs - 1e-6);
      assert.ok(timeoutMs < Math.max(leastTimeoutMs, 10 * roundTripMs, 3 * tailMs) + 10);
      assert.equal(windowMs, windowOf(timeoutMs, roundTripMs));
      assert.equal(heartbeatMs * 10, timeoutMs);
    }),
  );
  assert.equal(suggestTiming({ roundTripMs: 100, tailMs: 500 }).timeoutMs, 1500);
  assert.equal(suggestTiming({ roundTripMs: 100, tailMs: 500 }).because, "tail");
  assert.equal(suggestTiming({ roundTripMs: 70_000, tailMs: 0 }).timeoutMs, 50_000);
});

test("a split vote in closed form: three voters 1 - (1 - x)^2, and five by both of two rivals", () => {
  const x = 5 / 150;
  const three = { ...base, voters: 3, live: 2 };
  close(splitVoteProbability(three), 1 - (1 - x) ** 2, 1e-12);
  // Of four timers, two others must fire with the first: not "none or one of four within x".
  close(splitVoteProbability(base), 1 - (1 - x) ** 4 - 4 * x * (1 - x) ** 3, 1e-12);
  close(rivalProbability(base), 1 - (1 - x) ** 4, 1e-12);
  assert.equal(splitVoteProbability({ ...base, voters: 1, live: 1 }), 0);
  // An even number has a smaller margin: with three of four left, one rival is enough.
  assert.ok(splitVoteProbability({ ...base, voters: 4, live: 3 }) > splitVoteProbability(three));
});

test("the closed form is what drawing the timers a hundred thousand times gives", () => {
  const random = seededRandom(3);
  for (const [voters, live, x] of [
    [3, 2, 0.1],
    [4, 3, 0.05],
    [5, 4, 0.2],
    [7, 5, 0.1],
    [9, 9, 0.5],
  ] as const) {
    const needed = live - majority(voters) + 1;
    let split = 0;
    const runs = 100_000;
    for (let run = 0; run < runs; run += 1) {
      const timers = Array.from({ length: live }, () => random());
      const first = Math.min(...timers);
      if (timers.filter((timer) => timer < first + x).length - 1 >= needed) split += 1;
    }
    const exact = splitVoteProbability({ voters, live, windowMs: 1, oneWayMs: x, syncMs: 0, preVote: false });
    // Four standard deviations of a counted share.
    assert.ok(Math.abs(split / runs - exact) < 4 * Math.sqrt((exact * (1 - exact)) / runs), `${voters}: ${exact}`);
  }
});

for (const [name, election] of [
  ["three, without Pre-Vote", { ...base, voters: 3, live: 2, oneWayMs: 10 }],
  ["five, without Pre-Vote, slow disks", { ...base, oneWayMs: 10, syncMs: 20 }],
  ["three, with Pre-Vote", { ...base, voters: 3, live: 2, preVote: true, oneWayMs: 5, syncMs: 4 }],
  ["five, with Pre-Vote, slow disks", { ...base, preVote: true, oneWayMs: 6, syncMs: 18, isBound: true }],
  ["five, with Pre-Vote", { ...base, preVote: true, oneWayMs: 15 }],
  [
    "seven of which five are left, a wide window",
    { ...base, voters: 7, live: 5, windowMs: 1000, timeoutMs: 1000, heartbeatMs: 100, oneWayMs: 40, preVote: true },
  ],
] as readonly (readonly [string, Case])[]) {
  test(`elections message by message split, and last, as the formulas say: ${name}`, () => {
    const runs = simulated(election, 8000, 17);
    const { isBound = false } = election;
    const exact = electionTime(election);
    const split = splitVoteProbability(election);
    close(exact.splitProbability, split, 2e-3, "split on the grid");
    const seen = runs.filter(({ firstWasSplit }) => firstWasSplit).length / runs.length;
    const deviations = 4 * Math.sqrt((split * (1 - split)) / runs.length);
    const least = isBound
      ? binomialTail(
          election.live,
          election.oneWayMs / election.windowMs,
          election.live - majority(election.voters) + 1,
        )
      : split;
    assert.ok(seen > least - deviations && seen < split + deviations, `${seen} for ${split}`);
    const times = runs.map(({ ms }) => ms);
    close(exact.meanMs, mean(times), isBound ? 0.05 : 0.025, "mean");
    // Between rounds hardly any election ends, so that quantiles jump there: shares are compared.
    for (const [p, ms] of [
      [0.5, exact.p50Ms],
      [0.99, exact.p99Ms],
    ] as const) {
      const share = times.filter((time) => time <= ms).length / times.length;
      const off = p === 0.5 ? 0.03 : 0.005;
      assert.ok(share > p - off && (isBound || share < p + off), `${share} instead of ${p} within ${ms} ms`);
    }
  });
}

test("with delays that differ, a split vote is no likelier than a rival within the longest of them", () => {
  const election = { ...base, voters: 3, live: 2, oneWayMs: 20 };
  const random = seededRandom(23);
  const runs = Array.from({ length: 4000 }, () =>
    simulateElection({ ...election, drawOneWayMs: (draw) => 20 * draw() }, random),
  );
  const seen = runs.filter(({ firstWasSplit }) => firstWasSplit).length / runs.length;
  assert.ok(seen > 0 && seen < rivalProbability(election));
});

test("the same draws give the same election", () => {
  assert.deepEqual(simulated(base, 50, 9), simulated(base, 50, 9));
});

test("a cluster of one waits for its timer, and for nobody", () => {
  const alone = { ...base, voters: 1, live: 1, heartbeatMs: 0, oneWayMs: 0 };
  close(electionTime(alone).meanMs, 150 + 75, 2e-3);
  assert.equal(electionTime(alone).meanRounds, 1);
});

test("the window for a wanted probability is the smallest that gives it", () => {
  const electorate = { voters: 5, live: 4, oneWayMs: 25, syncMs: 5, preVote: true };
  for (const p of [0.5, 0.1, 0.01, 0.001]) {
    const windowMs = windowForSplitVote(electorate, p);
    assert.ok(splitVoteProbability({ ...electorate, windowMs }) <= p);
    assert.ok(splitVoteProbability({ ...electorate, windowMs: windowMs - 1 }) > p);
  }
  assert.equal(windowForSplitVote({ ...electorate, oneWayMs: 0, syncMs: 0 }, 0.01), 1);
});

test("a wider window splits less and takes longer; more live voters are quicker", () => {
  const wide = electionTime({ ...base, windowMs: 600 });
  const narrow = electionTime(base);
  assert.ok(wide.splitProbability < narrow.splitProbability && wide.p50Ms > narrow.p50Ms);
  assert.ok(electionTime({ ...base, live: 3 }).meanMs > narrow.meanMs);
});

test("an election that cannot be won, or hardly, is refused", () => {
  const wrong: readonly (readonly [() => unknown, RegExp])[] = [
    [() => electionTime({ ...base, live: 2 }), /2 of 5 voters are up, but 3 must vote/],
    [() => splitVoteProbability({ ...base, live: 6 }), /from 1 to 5, not 6/],
    [() => electionTime({ ...base, oneWayMs: 149 }), /Widen the window/],
    [() => electionTime({ ...base, heartbeatMs: 151 }), /heartbeats in ms is a number from 0 to 150/],
    [() => windowForSplitVote(base, 0), /not 0/],
    [() => suggestTiming({ roundTripMs: -1, tailMs: 0 }), /not -1/],
  ];
  for (const [call, says] of wrong) {
    assert.throws(call, (error) => error instanceof PlannerError && says.test(error.message));
  }
});
