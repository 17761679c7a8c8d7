import assert from "node:assert/strict";
import { test } from "node:test";
import { drawSwarm, World } from "../../src/index.ts";
import type { RunPlan } from "../../src/index.ts";
import { worldSimplifications } from "../../src/reproduction/simplify.ts";

test("where nobody joins, nothing is done to those who might have", () => {
  const drawn = drawSwarm(new World(1).streams.stream("swarm"));
  const plan: RunPlan = {
    world: "core",
    seed: 1,
    safetyOnly: true,
    swarm: { ...drawn, members: 3, clockRates: [1, 1, 1], operators: { spareClockRates: [1] } },
    events: [
      { id: "both", atMicros: 1, calls: [2, 4].map((id) => ({ do: "crash", with: [id, "kill"] })) },
      { id: "spare", atMicros: 2, calls: [{ do: "start", with: [4] }] },
    ],
  };
  const nobodyJoins = worldSimplifications.find(({ name }) => name === "nobody joins");
  const simpler = nobodyJoins?.apply(plan);
  assert.equal(simpler?.swarm.operators, undefined);
  assert.deepEqual(simpler?.events, [{ id: "both", atMicros: 1, calls: [{ do: "crash", with: [2, "kill"] }] }]);
  assert.ok(simpler && nobodyJoins?.apply(simpler) === undefined);
});
