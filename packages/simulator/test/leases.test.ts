import assert from "node:assert/strict";
import { test } from "node:test";
import type { Violation } from "../src/simulation.ts";
import { goesOnLeading, leaseKeepingBugs } from "../src/leases/lease-bugs.ts";
import { simulateLeases, type LeaseSimulationOptions } from "../src/leases/lease-simulation.ts";

// `npm run lease-sim` runs many more of both.
const cleanSeeds = [1, 2];

function clean(options: LeaseSimulationOptions): ReturnType<typeof simulateLeases> {
  const run = simulateLeases(options);
  assert.equal(run.violation, undefined, `seed ${options.seed}: ${run.violation?.message}`);
  return run;
}

test("leases keep what they promise under faults, end when nobody renews them, and by the log alone", () => {
  let expired = 0;
  let renewals = 0;
  for (const seed of cleanSeeds) {
    const run = clean({ seed });
    expired += run.expired;
    renewals += run.renewals;
  }
  assert.ok(
    expired > 10 && renewals > 100,
    `${expired} leases ran out, and ${renewals} renewals were answered: too tame`,
  );
});

test("the same seed is the same run", () => {
  assert.equal(clean({ seed: 4, safetyOnly: true }).hash, clean({ seed: 4, safetyOnly: true }).hash);
});

test("a deposed leader that goes on ending leases harms nobody, since what it says counts in its own term only", () => {
  clean({ seed: 1, broken: { parts: goesOnLeading } });
});

/** Those that few seeds show; the others are for `npm run lease-sim`. */
const quick = leaseKeepingBugs.filter(({ seeds }) => seeds <= 20);
assert.ok(quick.length >= 4);

for (const bug of quick) {
  test(`${bug.seeds} seeds show: ${bug.name}`, () => {
    let noticed: Violation | undefined;
    for (let seed = 1; seed <= bug.seeds && noticed === undefined; seed++) {
      noticed = simulateLeases({ seed, broken: bug, adjust: bug.adjust }).violation;
    }
    assert.ok(noticed !== undefined, "nothing was noticed");
    assert.ok(bug.caughtBy.includes(noticed.property), `${noticed.property}: ${noticed.message}`);
  });
}
