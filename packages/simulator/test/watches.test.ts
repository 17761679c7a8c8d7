import assert from "node:assert/strict";
import { test } from "node:test";
import { simulateWatches, watchBugs } from "../src/index.ts";

/** QUORATE_SEEDS asks for so many times a larger budget (`npm run verify`). */
const asked = process.env["QUORATE_SEEDS"];
const seeds = asked === undefined ? 4 : 25 * Number(asked);

test(`watches are told what the log says, whatever happens to members, in ${seeds} seeds`, (context) => {
  const total = { told: 0, connections: 0, endings: 0, statesTaken: 0 };
  for (let seed = 1; seed <= seeds; seed++) {
    const run = simulateWatches({ seed });
    assert.equal(run.violation, undefined, `seed ${seed}: ${run.violation?.message}`);
    total.told += run.told;
    total.connections += run.connections;
    total.endings += run.endings;
    total.statesTaken += run.statesTaken;
  }
  context.diagnostic(JSON.stringify(total));
  for (const [what, count] of Object.entries(total)) assert.ok(count > 0, `${what}: none, so this has shown little`);
});

test("a seed gives the same run each time", () => {
  assert.equal(simulateWatches({ seed: 2 }).hash, simulateWatches({ seed: 2 }).hash);
});

for (const { name, caughtBy, seeds, ...broken } of watchBugs) {
  test(`a planted bug is caught within ${seeds} seeds: ${name}`, (context) => {
    for (let seed = 1; seed <= seeds; seed++) {
      const { violation } = simulateWatches({ seed, broken });
      if (violation === undefined) continue;
      context.diagnostic(`seed ${seed}: ${violation.message}`);
      assert.ok(caughtBy.includes(violation.property), `caught by "${violation.property}": ${violation.message}`);
      return;
    }
    assert.fail(`nothing noticed in ${seeds} seeds`);
  });
}
