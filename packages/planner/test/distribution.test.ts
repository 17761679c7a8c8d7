import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  bucketedTimes,
  fixedTime,
  measuredTimes,
  medianAndTail,
  normalCdf,
  normalQuantile,
  orderStatistic,
  PlannerError,
  scaled,
  shiftedExponential,
  sumOf,
  type Distribution,
} from "../src/index.ts";
import { close, quantileOf, seededRandom } from "./random.ts";

test("the normal distribution at values that tables give", () => {
  for (const [z, p] of [
    [0, 0.5],
    [-1, 0.158655253931457],
    [1.959963984540054, 0.975],
    [-2.326347874040841, 0.01],
    [-3.090232306167814, 0.001],
    [-6, 9.865876450377e-10],
  ] as const) {
    close(normalCdf(z), p, 1e-11, `Φ(${z})`);
    if (z !== 0) close(normalQuantile(p), z, 1e-11, `quantile of ${p}`);
  }
});

const kinds: readonly (readonly [string, Distribution])[] = [
  ["a median and a tail", medianAndTail(10, 40)],
  ["an exponential", shiftedExponential(5, 20)],
  ["measured times", measuredTimes([3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8])],
  [
    "buckets",
    bucketedTimes([
      { upTo: 1, count: 10 },
      { upTo: 2, count: 60 },
      { upTo: 8, count: 100 },
    ]),
  ],
  ["a fixed time", fixedTime(7)],
  ["a sum", sumOf(medianAndTail(10, 40), measuredTimes([1, 2, 30]))],
  ["a scaled one", scaled(medianAndTail(10, 40), 0.5)],
  ["the second of three", orderStatistic(2, [medianAndTail(10, 40), shiftedExponential(5, 20), fixedTime(9)])],
];

for (const [name, distribution] of kinds) {
  test(`the quantile of ${name} is the least time that its distribution function reaches, and the function rises`, () => {
    let before = 0;
    for (let ms = 0; ms < 200; ms += 0.5) {
      const now = distribution.cdf(ms);
      assert.ok(now >= before - 1e-12 && now <= 1 + 1e-12);
      before = now;
    }
    for (const p of [0.001, 0.1, 0.5, 0.9, 0.99, 0.999]) {
      const at = distribution.quantile(p);
      assert.ok(distribution.cdf(at * (1 + 1e-9)) >= p - 1e-9, `${p}`);
      assert.ok(at === 0 || distribution.cdf(at * (1 - 1e-6)) <= p + 1e-9, `${p}`);
    }
  });
}

test("a median and a p99 are what was given", () => {
  const both = medianAndTail(10, 40);
  close(both.quantile(0.5), 10, 1e-12);
  close(both.quantile(0.99), 40, 1e-12);
  assert.equal(medianAndTail(10, 10).fixed, 10);
});

test("the smallest, the largest and the middle of exponentials in closed form", () => {
  const times = [10, 20, 40].map((meanMs) => shiftedExponential(0, meanMs));
  const rate = 1 / 10 + 1 / 20 + 1 / 40;
  const [first, second, third] = [1, 2, 3].map((k) => orderStatistic(k, times));
  for (const ms of [1, 5, 20, 60, 200]) {
    const F = times.map(({ cdf }) => cdf(ms)) as [number, number, number];
    close(first?.cdf(ms) ?? 0, 1 - Math.exp(-rate * ms), 1e-12);
    close(third?.cdf(ms) ?? 0, F[0] * F[1] * F[2], 1e-12);
    close(second?.cdf(ms) ?? 0, F[0] * F[1] + F[0] * F[2] + F[1] * F[2] - 2 * F[0] * F[1] * F[2], 1e-12);
  }
  close(first?.quantile(0.99) ?? 0, -Math.log(0.01) / rate, 1e-9);
});

test("the k-th of measured times is what trying every combination of the samples gives", () => {
  const samples = fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(fc.array(samples, { minLength: 1, maxLength: 4 }), fc.nat(), (all, draw) => {
      const k = 1 + (draw % all.length);
      const combinations = all.reduce<readonly (readonly number[])[]>(
        (lists, one) => lists.flatMap((list) => one.map((value) => list.concat(value))),
        [[]],
      );
      const kth = combinations.map((list) => [...list].sort((a, b) => a - b)[k - 1] as number);
      const exact = orderStatistic(
        k,
        all.map((one) => measuredTimes(one)),
      );
      for (let ms = 0; ms < 10; ms += 1) {
        const tried = kth.filter((value) => value <= ms).length / kth.length;
        assert.ok(Math.abs(exact.cdf(ms) - tried) < 1e-12);
      }
    }),
    { numRuns: 60 },
  );
});

test("sums: exact where one is measured, and two exponentials in closed form to 0.1 %", () => {
  const measured = sumOf(measuredTimes([1, 2, 4]), measuredTimes([10, 20]));
  for (const [ms, parts] of [
    [10, 0],
    [11, 1],
    [13.9, 2],
    [14, 3],
    [21, 4],
    [24, 6],
  ] as const) {
    close(measured.cdf(ms) + 1, parts / 6 + 1, 1e-12);
  }
  assert.equal(sumOf(fixedTime(3), fixedTime(4)).fixed, 7);
  close(sumOf(medianAndTail(10, 40), fixedTime(5)).quantile(0.99), 45, 1e-9);
  // Mean 10 each: the sum has 1 - e^-t (1 + t).
  const erlang = sumOf(shiftedExponential(0, 10), shiftedExponential(0, 10));
  for (const t of [0.5, 1, 3, 6, 9]) close(1 - erlang.cdf(10 * t), Math.exp(-t) * (1 + t), 1e-3, `beyond ${t}`);
});

test("sums and order statistics of different times agree with ten thousand draws", () => {
  const random = seededRandom(11);
  const members = [medianAndTail(2, 8), shiftedExponential(3, 4), medianAndTail(9, 12), measuredTimes([1, 2, 3, 50])];
  const syncs = [medianAndTail(1, 10), fixedTime(1), shiftedExponential(0.5, 1), medianAndTail(1, 3)];
  const exact = orderStatistic(
    3,
    members.map((member, at) => sumOf(member, syncs[at] as Distribution)),
  );
  const draw = (of: Distribution): number => of.quantile(random());
  const drawn = Array.from({ length: 10_000 }, () => {
    const times = members.map((member, at) => draw(member) + draw(syncs[at] as Distribution));
    return times.sort((a, b) => a - b)[2] as number;
  });
  for (const [p, tolerance] of [
    [0.5, 0.02],
    [0.9, 0.03],
    [0.99, 0.07],
  ] as const) {
    close(exact.quantile(p), quantileOf(drawn, p), tolerance, `p${p * 100}`);
  }
});

test("what is no distribution is refused", () => {
  const wrong: readonly (readonly [() => unknown, RegExp])[] = [
    [() => fixedTime(-1), /from 0 on, not -1/],
    [() => fixedTime(Number.NaN), /not NaN/],
    [() => measuredTimes([]), /At least one/],
    [() => medianAndTail(40, 10), /give the median first/],
    [() => bucketedTimes([{ upTo: 5, count: 0 }]), /empty/],
    [
      () =>
        bucketedTimes([
          { upTo: 5, count: 3 },
          { upTo: 4, count: 9 },
        ]),
      /do not ascend/,
    ],
    [() => orderStatistic(2, [fixedTime(1), undefined]), /from 1 to 1, not 2/],
  ];
  for (const [call, says] of wrong) {
    assert.throws(call, (error) => error instanceof PlannerError && says.test(error.message));
  }
});
