import assert from "node:assert/strict";
import { test } from "node:test";
import { runInPool } from "../src/sim/sim-pool.ts";
import type { SimChunk, SimFailure } from "../src/sim/sim-request.ts";

const module = new URL("support/stuck-sim-worker.ts", import.meta.url);

for (const stopAtFirst of [false, true]) {
  test(`a run that never ends is ended and named by its seed (${stopAtFirst ? "the first failure ends it" : "the others go on"})`, async () => {
    const chunks: SimChunk[] = [{ from: 1, count: 5 }];
    const failures: SimFailure[] = [];
    const seeds: number[] = [];
    await runInPool({
      workers: 1,
      data: { worlds: ["core"], bug: undefined, stopAtFirst, quorate: { version: "0" } },
      next: () => (failures.length > 0 && stopAtFirst ? undefined : chunks.shift()),
      done: (result) => {
        failures.push(...result.failures);
        for (let seed = result.from; seed < result.from + result.seeds; seed++) seeds.push(seed);
      },
      module,
      mostSeconds: 1,
    });
    assert.deepEqual(
      failures.map(({ world, seed, property }) => ({ world, seed, property })),
      [{ world: "core", seed: 3, property: "stuck" }],
    );
    assert.match(failures[0]?.message ?? "", /the run had not ended after 1 s/);
    assert.deepEqual(seeds, stopAtFirst ? [3] : [3, 1, 2, 4, 5], "the rest of its chunk is run by another worker");
  });
}
