import assert from "node:assert/strict";
import { test } from "node:test";
import { simulatePermissions } from "../src/index.ts";

/** More of them: `npm run verify`. */
const seeds = Number(process.env["QUORATE_PERMISSION_SEEDS"] ?? 3);

test(`commands on behalf of users come out the same everywhere, and as a plain model has it, in ${seeds} seeds`, (context) => {
  const total = new Map<string, number>();
  for (let seed = 1; seed <= seeds; seed++) {
    const { violation, outcomes } = simulatePermissions({ seed });
    assert.equal(violation, undefined, `seed ${seed}: ${violation?.message}`);
    for (const [outcome, count] of outcomes) total.set(outcome, (total.get(outcome) ?? 0) + count);
  }
  context.diagnostic(JSON.stringify(Object.fromEntries(total)));
  for (const outcome of ["ok", "permission-denied", "no-user", "auth-revision-old", "invalid-auth-management"]) {
    assert.ok((total.get(outcome) ?? 0) > 0, `${outcome}: none, so this has shown little`);
  }
});

test("a seed gives the same run each time", () => {
  assert.equal(simulatePermissions({ seed: 2 }).hash, simulatePermissions({ seed: 2 }).hash);
});
