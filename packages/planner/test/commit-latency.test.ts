import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  commitLatency,
  compareLeaders,
  fixedTime,
  majority,
  measuredTimes,
  medianAndTail,
  percentilesOf,
  PlannerError,
  slowMembers,
  uniformTopology,
  type Distribution,
  type Topology,
} from "../src/index.ts";
import { close, quantileOf, seededRandom } from "./random.ts";

/** A table of fixed round trips, and disks of `syncMs`. */
function fixedTopology(table: readonly (readonly number[])[], syncMs = 0): Topology {
  const n = table.length;
  return {
    ...uniformTopology(n, fixedTime(0), fixedTime(syncMs), majority(n)),
    roundTrips: table.map((row) => row.map((ms) => fixedTime(ms))),
  };
}

test("five members: the median decides, the leader counted", () => {
  const row = [0, 10, 20, 30, 40];
  const topology = fixedTopology(
    row.map((_, from) => row.map((_unused, to) => (from === 0 ? (row[to] as number) : 100))),
  );
  assert.equal(commitLatency(topology, 0).fixed, 20);
  assert.equal(commitLatency(topology, 1).fixed, 100);
});

test("the leader's own disk overlaps the others, and counts when it is the slowest that is needed", () => {
  const topology = uniformTopology(3, fixedTime(1), fixedTime(2), 2);
  assert.equal(commitLatency(topology, 0).fixed, 3);
  // With two followers at once, it is not needed at all; alone it is all.
  const slowDisk = { ...topology, syncs: [fixedTime(50), fixedTime(2), fixedTime(2)] };
  assert.equal(commitLatency(slowDisk, 0).fixed, 3);
  assert.equal(commitLatency(uniformTopology(1, fixedTime(1), fixedTime(7), 1), 0).fixed, 7);
});

test("two slow members of five move nothing where times are fixed, and with a tail no more than the other two can", () => {
  const fixed = slowMembers(uniformTopology(5, fixedTime(10), fixedTime(1), 3), 0, 3);
  assert.deepEqual(
    fixed.map(({ latency }) => latency?.p99),
    [11, 11, 11, undefined],
  );
  const tailed = slowMembers(uniformTopology(5, medianAndTail(10, 20), fixedTime(1), 3), 0, 2);
  const [none, , two] = tailed.map(({ latency }) => latency?.p99 ?? 0);
  // None slow: the second of four; two slow: both of two, each with at most half of 1 %.
  close(two ?? 0, 1 + medianAndTail(10, 20).quantile(Math.sqrt(0.99)), 1e-9);
  assert.ok((none ?? 0) < (two ?? 0));
});

test("every leader is compared: the one in the middle is the best, and a learner is none", () => {
  const at = [0, 30, 100, 130, 500];
  const topology = fixedTopology(at.map((one) => at.map((other) => Math.abs(one - other))));
  // From 0: 30, 100; from 30: 30, 70; from 100: 30, 70; from 130: 30, 100; from 500: 370, 400.
  assert.deepEqual(
    compareLeaders(topology).map(({ leader, p50 }) => [leader, p50]),
    [
      [1, 70],
      [2, 70],
      [0, 100],
      [3, 100],
      [4, 400],
    ],
  );
  const withLearner: Topology = { ...topology, sets: [1, 0, 1, 1, 0], quorums: [2] };
  assert.deepEqual(
    compareLeaders(withLearner).map(({ leader, p50 }) => [leader, p50]),
    [
      [2, 30],
      [3, 30],
      [0, 100],
    ],
  );
});

test("fixed times: the quorum-th of the sorted times, whatever the table; while joint, the larger of both sets'", () => {
  const table = fc.integer({ min: 1, max: 6 }).chain((n) =>
    fc.record({
      table: fc.array(fc.array(fc.nat({ max: 99 }), { minLength: n, maxLength: n }), { minLength: n, maxLength: n }),
      syncs: fc.array(fc.nat({ max: 20 }), { minLength: n, maxLength: n }),
      sets: fc.array(fc.constantFrom(1 as const, 2 as const, 3 as const), { minLength: n, maxLength: n }),
    }),
  );
  fc.assert(
    fc.property(table, ({ table, syncs, sets }) => {
      const n = table.length;
      const timed = table.map(
        (row, to) => (row[to], (to === 0 ? 0 : (table[0]?.[to] as number)) + (syncs[to] as number)),
      );
      const kth = (set: number): number => {
        const times = timed.filter((_, to) => ((sets[to] as number) & set) !== 0).sort((a, b) => a - b);
        return times[majority(Math.max(1, times.length)) - 1] ?? 0;
      };
      const base = { ...fixedTopology(table), syncs: syncs.map((ms) => fixedTime(ms)) };
      const all = [...timed].sort((a, b) => a - b)[majority(n) - 1];
      assert.equal(commitLatency(base, 0).fixed, all);
      const sizes = [1, 2].map((set) => sets.filter((of) => (of & set) !== 0).length) as [number, number];
      if (sizes.includes(0)) return;
      const joint: Topology = { ...base, sets, quorums: [majority(sizes[0]), majority(sizes[1])] };
      assert.equal(commitLatency(joint, 0).fixed, Math.max(kth(1), kth(2)));
    }),
  );
});

test("a joint commit with tails agrees with ten thousand draws", () => {
  const random = seededRandom(5);
  const trips = [2, 5, 9, 20, 30].map((p50) => medianAndTail(p50, 4 * p50));
  const sync = measuredTimes([1, 1, 1, 2, 6]);
  const sets = [3, 3, 1, 2, 2] as const;
  const topology: Topology = {
    ...uniformTopology(5, fixedTime(0), sync, 2),
    roundTrips: trips.map(() => trips),
    sets,
    quorums: [2, 3],
  };
  const drawn = Array.from({ length: 10_000 }, () => {
    const times = trips.map((trip, to) => (to === 0 ? 0 : trip.quantile(random())) + sync.quantile(random()));
    const kth = (set: number, quorum: number): number =>
      times.filter((_, to) => ((sets[to] as number) & set) !== 0).sort((a, b) => a - b)[quorum - 1] as number;
    return Math.max(kth(1, 2), kth(2, 3));
  });
  const exact = commitLatency(topology, 0);
  for (const [p, tolerance] of [
    [0.5, 0.02],
    [0.9, 0.03],
    [0.99, 0.08],
  ] as const) {
    close(exact.quantile(p), quantileOf(drawn, p), tolerance, `p${p * 100}`);
  }
});

test("a tail: p50, p99 and p99.9 of three equal members are those of the faster of two followers", () => {
  const trip = medianAndTail(10, 50);
  const { p50, p99, p999 } = percentilesOf(commitLatency(uniformTopology(3, trip, fixedTime(0), 2), 0));
  const fasterOfTwo = (p: number): number => trip.quantile(1 - Math.sqrt(1 - p));
  close(p50, fasterOfTwo(0.5), 1e-9);
  close(p99, fasterOfTwo(0.99), 1e-9);
  close(p999, fasterOfTwo(0.999), 1e-9);
});

test("one more follower that answers never makes a commit later, and one more that must never earlier", () => {
  const time = fc.tuple(fc.double({ min: 0.1, max: 50, noNaN: true }), fc.double({ min: 1.1, max: 9, noNaN: true }));
  fc.assert(
    fc.property(fc.array(time, { minLength: 2, maxLength: 5 }), (times) => {
      const n = times.length + 1;
      const trips: readonly Distribution[] = [
        fixedTime(0),
        ...times.map(([p50, more]) => medianAndTail(p50, p50 * more)),
      ];
      const topology: Topology = {
        ...uniformTopology(n, fixedTime(0), fixedTime(0), 1),
        roundTrips: trips.map(() => trips),
      };
      let before = 0;
      for (let q = 1; q <= n; q += 1) {
        const { p99 } = percentilesOf(commitLatency({ ...topology, quorums: [q] }, 0));
        assert.ok(p99 >= before);
        before = p99;
        if (q < n) assert.ok(percentilesOf(commitLatency({ ...topology, quorums: [q] }, 0, [n - 1])).p99 >= p99 - 1e-9);
      }
    }),
    { numRuns: 25 },
  );
});

test("a table that is none, and a quorum that cannot answer, are refused", () => {
  const topology = uniformTopology(3, fixedTime(1), fixedTime(1), 2);
  const wrong: readonly (readonly [() => unknown, RegExp])[] = [
    [() => commitLatency(topology, 3), /leader's number is a whole number from 0 to 2/],
    [() => commitLatency(topology, 0, [1, 2]), /1 members answer, but 2 must/],
    [() => commitLatency({ ...topology, syncs: [] }, 0), /3 members, but 0 disks/],
    [() => commitLatency({ ...topology, roundTrips: [] }, 0), /3 rows of 3/],
    [() => commitLatency({ ...topology, quorums: [4] }, 0), /quorum of 3 voters/],
    [() => commitLatency(uniformTopology(16, fixedTime(1), fixedTime(1), 9), 0), /from 1 to 15/],
  ];
  for (const [call, says] of wrong) {
    assert.throws(call, (error) => error instanceof PlannerError && says.test(error.message));
  }
});
