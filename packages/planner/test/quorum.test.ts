import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { countSplits, jointFacts, majority, PlannerError, quorumFacts } from "../src/index.ts";

function size(set: number): number {
  return set.toString(2).replaceAll("0", "").length;
}

test("the majority is the smallest quorum any two of which share a member, by trying every pair", () => {
  for (let n = 1; n <= 8; n += 1) {
    const sets = Array.from({ length: 1 << n }, (_, set) => set);
    for (let q = 1; q <= n; q += 1) {
      const quorums = sets.filter((set) => size(set) === q);
      const least = Math.min(...quorums.flatMap((one) => quorums.map((other) => size(one & other))));
      const facts = quorumFacts(n, q);
      assert.equal(facts.shared, least);
      assert.equal(facts.isSafe, least > 0);
      assert.equal(facts.isSafe, q >= majority(n));
    }
  }
});

test("five members decide with three and do without two; a sixth adds to the quorum and to nothing else", () => {
  assert.deepEqual(quorumFacts(5), { voters: 5, quorum: 3, isSafe: true, shared: 1, tolerates: 2, blocks: 3 });
  assert.deepEqual(quorumFacts(6), { voters: 6, quorum: 4, isSafe: true, shared: 2, tolerates: 2, blocks: 3 });
  assert.equal(quorumFacts(1).tolerates, 0);
});

test("six members with a quorum of three: 20 of 62 splits leave two leaders, 32.3 %", () => {
  const splits = countSplits(6, 3);
  assert.deepEqual([splits.two, splits.all], [20n, 62n]);
  assert.equal((splits.twoPart * 100).toFixed(1), "32.3");
  const safe = countSplits(6, 4);
  assert.deepEqual([safe.two, safe.one, safe.none], [0n, 42n, 20n]);
});

test("splits are counted as trying each one counts them", () => {
  for (let n = 1; n <= 10; n += 1) {
    for (let q = 1; q <= n; q += 1) {
      const counts = [0n, 0n, 0n];
      for (let side = 1; side < (1 << n) - 1; side += 1) {
        const quorums = (size(side) >= q ? 1 : 0) + (n - size(side) >= q ? 1 : 0);
        counts[quorums] = (counts[quorums] as bigint) + 1n;
      }
      const { none, one, two, all } = countSplits(n, q);
      assert.deepEqual([none, one, two], counts);
      assert.equal(all, 2n ** BigInt(n) - 2n);
    }
  }
});

test("two leaders are possible exactly when the quorum is not safe, for up to a thousand members", () => {
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 1000 }), fc.double({ min: 0, max: 1, noNaN: true }), (n, share) => {
      const q = 1 + Math.floor(share * (n - 1));
      const splits = countSplits(n, q);
      assert.equal(splits.all, 2n ** BigInt(n) - 2n);
      assert.equal(splits.two > 0n, !quorumFacts(n, q).isSafe);
    }),
    { numRuns: 60 },
  );
});

test("while joint, the smallest quorum and what may fail are as trying every set says", () => {
  for (let before = 1; before <= 4; before += 1) {
    for (let after = 1; after <= 5; after += 1) {
      for (let both = 0; both <= Math.min(before, after); both += 1) {
        const voters = before + after - both;
        const old = (1 << before) - 1;
        const next = ((1 << after) - 1) << (before - both);
        const decides = (set: number): boolean =>
          size(set & old) >= majority(before) && size(set & next) >= majority(after);
        const sets = Array.from({ length: 1 << voters }, (_, set) => set);
        const smallest = Math.min(...sets.filter((set) => decides(set)).map((set) => size(set)));
        const everyone = (1 << voters) - 1;
        const fatal = Math.min(...sets.filter((set) => !decides(everyone ^ set)).map((set) => size(set)));
        const facts = jointFacts({ old: before, new: after, both });
        assert.deepEqual(
          [facts.voters, facts.smallestQuorum, facts.tolerates, facts.toleratesAtBest],
          [voters, smallest, fatal - 1, voters - smallest],
        );
      }
    }
  }
});

test("from three to five while all of the three stay: three decide, one may fail", () => {
  const { smallestQuorum, tolerates, toleratesAtBest } = jointFacts({ old: 3, new: 5, both: 3 });
  assert.deepEqual([smallestQuorum, tolerates, toleratesAtBest], [3, 1, 2]);
});

test("what is no cluster is refused, and the refusal says what one is", () => {
  const wrong: readonly (readonly [() => unknown, RegExp])[] = [
    [() => quorumFacts(0), /number of voters is a whole number from 1 to 1000, not 0/],
    [() => quorumFacts(5, 6), /quorum of 5 voters is a whole number from 1 to 5, not 6/],
    [() => quorumFacts(5, 0), /from 1 to 5/],
    [() => majority(2.5), /not 2.5/],
    [() => countSplits(Number.NaN, 1), /not NaN/],
    [() => jointFacts({ old: 3, new: 5, both: 4 }), /that stay is a whole number from 0 to 3/],
  ];
  for (const [call, says] of wrong) {
    assert.throws(call, (error) => error instanceof PlannerError && says.test(error.message));
  }
});
