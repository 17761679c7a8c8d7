import assert from "node:assert/strict";
import { test } from "node:test";
import { fuzz, surfaces, type SurfaceName } from "./fuzz.ts";
import { Random } from "./random.ts";
import { Target } from "./target.ts";

test("whatever bytes come on whichever surface, the member answers or ends the connection, and stays well", async (context) => {
  const target = await Target.start();
  context.after(() => target.close());
  for (const surface of Object.keys(surfaces) as SurfaceName[]) {
    assert.equal(await fuzz(target, { surface, seed: 1, goOn: (cases) => cases < 100 }), 100);
  }
});

test("a finding says how to see it again", async () => {
  const broken = {
    check: () => Promise.reject(new Error("it is not well")),
    send: () => Promise.resolve(Buffer.alloc(0)),
  };
  const run = fuzz(broken as never, { surface: "http", seed: 7, goOn: (cases) => cases < 100 });
  await assert.rejects(run, /it is not well\nAgain: npm run fuzz -- --surface http --seed 7 --cases 100/);
});

test("the same seed draws the same", () => {
  const draw = (seed: number) => {
    const random = new Random(seed);
    return Array.from({ length: 10 }, () => random.next());
  };
  assert.deepEqual(draw(5), draw(5));
  assert.notDeepEqual(draw(5), draw(6));
});
