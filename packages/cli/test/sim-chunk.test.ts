import assert from "node:assert/strict";
import { test } from "node:test";
import { recordSeed, runSeed } from "@quorate/simulator";
import { runChunk } from "../src/sim/sim-chunk.ts";

const data = { worlds: ["core"], stopAtFirst: false, quorate: { version: "0" } } as const;

test("an error of the simulator itself is told with its seed, and the seeds after it are still run", () => {
  const run: typeof runSeed = (options) => {
    if (options.seed === 8) throw new TypeError("nothing is no function");
    return runSeed(options);
  };
  const result = runChunk({ from: 7, count: 3 }, data, undefined, { run, record: recordSeed });
  assert.equal(result.seeds, 3);
  assert.equal(result.runs, 3);
  const [failure, ...others] = result.failures;
  assert.deepEqual(others, []);
  assert.equal(failure?.seed, 8);
  assert.equal(failure.property, "error");
  assert.equal(failure.message, "error: TypeError: nothing is no function");
});
