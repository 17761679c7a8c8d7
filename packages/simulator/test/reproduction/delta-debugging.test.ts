import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { minimize } from "../../src/index.ts";

const forEver = (): boolean => true;

test("what is needed stays, in its order, and nothing else does", () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(200), { maxLength: 8 }), fc.integer({ min: 1, max: 200 }), (needed, length) => {
      const items = Array.from({ length }, (_, at) => at);
      const wanted = needed.filter((item) => item < length);
      const kept = minimize(items, (some) => wanted.every((item) => some.includes(item)), forEver);
      assert.deepEqual(
        kept,
        wanted.toSorted((a, b) => a - b),
      );
    }),
  );
});

test("the result is 1-minimal even where items depend on each other in a way that no half shows", () => {
  // The property needs an even number of odd items, and item 3.
  const holds = (items: readonly number[]): boolean =>
    items.includes(3) && items.filter((item) => item % 2 === 1).length % 2 === 0;
  const kept = minimize([1, 2, 3, 4, 5, 6, 7], holds, forEver);
  assert.ok(holds(kept));
  for (const one of kept) assert.ok(!holds(kept.filter((item) => item !== one)));
});

test("it stops when it is told to, with what it has", () => {
  let asked = 0;
  const items = Array.from({ length: 100 }, (_, at) => at);
  const kept = minimize(
    items,
    (some) => some.includes(50) && some.includes(99),
    () => asked++ < 5,
  );
  assert.ok(kept.includes(50) && kept.includes(99));
  assert.ok(kept.length > 2);
});

test("an empty list stays empty, and a needless one becomes empty", () => {
  assert.deepEqual(
    minimize([], () => true, forEver),
    [],
  );
  assert.deepEqual(
    minimize([1, 2, 3], () => true, forEver),
    [],
  );
});
