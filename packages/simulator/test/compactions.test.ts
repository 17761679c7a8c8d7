import assert from "node:assert/strict";
import { test } from "node:test";
import { simulateCompaction, type CompactionRun } from "../src/index.ts";

/** More of them: `npm run verify`. */
const seeds = 2 * Number(process.env["QUORATE_SEEDS"] ?? 1);

test(`members that compact show what a plain model shows, and have equal hashes, in ${seeds} seeds`, (context) => {
  const total: Record<string, number> = {};
  for (let seed = 1; seed <= seeds; seed++) {
    const { violation, counts } = simulateCompaction({ seed });
    assert.equal(violation, undefined, `seed ${seed}: ${violation?.message}`);
    for (const [name, count] of Object.entries(counts)) total[name] = (total[name] ?? 0) + count;
  }
  context.diagnostic(JSON.stringify(total));
  const named: (keyof CompactionRun["counts"])[] = [
    "compactions",
    "reads",
    "refusedReads",
    "hashes",
    "scrubs",
    "removals",
  ];
  for (const name of named) assert.ok((total[name] ?? 0) > 2, `${name}: ${total[name]}, so this has shown little`);
});

test("a seed gives the same run each time", () => {
  assert.equal(simulateCompaction({ seed: 2 }).hash, simulateCompaction({ seed: 2 }).hash);
});
