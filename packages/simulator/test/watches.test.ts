import assert from "node:assert/strict";
import { test } from "node:test";
import { simulateWatches } from "../src/index.ts";

/** QUORATE_SEEDS asks for so many times a larger budget (`npm run verify`). */
const asked = process.env["QUORATE_SEEDS"];
const seeds = asked === undefined ? 4 : 10 * Number(asked);

test(`watches are told what the log says, whatever happens to members, in ${seeds} seeds`, (context) => {
  const total = { told: 0, connections: 0, endings: 0 };
  let statesTaken = 0;
  for (let seed = 1; seed <= seeds; seed++) {
    const run = simulateWatches({ seed });
    assert.equal(run.violation, undefined, `seed ${seed}: ${run.violation?.message}`);
    total.told += run.told;
    total.connections += run.connections;
    total.endings += run.endings;
    statesTaken += run.statesTaken;
  }
  context.diagnostic(JSON.stringify({ ...total, statesTaken }));
  for (const [what, count] of Object.entries(total)) assert.ok(count > 0, `${what}: none, so this has shown little`);
  assert.ok(statesTaken > 0 || seeds < 20, "no state was taken while it was watched, so this has shown little");
});

test("a seed gives the same run each time", () => {
  assert.equal(simulateWatches({ seed: 2 }).hash, simulateWatches({ seed: 2 }).hash);
});
