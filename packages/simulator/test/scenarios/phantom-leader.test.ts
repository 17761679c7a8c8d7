import assert from "node:assert/strict";
import { test } from "node:test";
import { phantomVariants, runPhantomLeader } from "../../src/index.ts";

/** `QUORATE_SEEDS` multiplies it; the ledger has runs of ten thousand (docs/verification.md). */
const count = Math.ceil(100 * Number(process.env["QUORATE_SEEDS"] ?? 1));

test(`a phantom leader serves no stale read by its clock in ${count} drawn courses of events within the bound`, (context) => {
  const { staleSeeds, violations, byClock, reads } = runPhantomLeader({ from: 1, count });
  assert.deepEqual(staleSeeds, []);
  assert.deepEqual(violations, []);
  assert.ok(byClock >= count / 2, `only ${byClock} of ${reads} reads were answered by the clock`);
  context.diagnostic(`${byClock} of ${reads} reads by the clock`);
});

for (const variant of phantomVariants) {
  test(`a phantom leader serves stale reads, which are seen, where ${variant.what}`, (context) => {
    const { staleSeeds, stale } = runPhantomLeader({ from: 1, count: 50, variant });
    assert.ok(staleSeeds.length > 0, "no stale read in 50 seeds");
    context.diagnostic(`${stale} stale reads in ${staleSeeds.length} of 50 seeds`);
  });
}
