import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Span } from "../src/span.ts";
import { SpanTree } from "../src/watch/span-tree.ts";

const key = fc.string({ unit: fc.constantFrom("a", "b", "c", "d"), maxLength: 3 });
const span: fc.Arbitrary<Span> = fc.record({ from: key, to: fc.option(key, { nil: undefined }) });
const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ add: fc.constant(true), span, which: fc.nat() }) },
  { weight: 2, arbitrary: fc.record({ add: fc.constant(false), span, which: fc.nat() }) },
);

test("a tree of spans finds those that hold a key, as looking at each of them does", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 120 }), fc.array(key, { minLength: 1, maxLength: 10 }), (steps, keys) => {
      const tree = new SpanTree<number>();
      const plain: { readonly span: Span; readonly item: number }[] = [];
      for (const [item, { add, span, which }] of steps.entries()) {
        if (add) {
          tree.add(span, item);
          plain.push({ span, item });
        } else {
          const [removed] = plain.splice(which % Math.max(1, plain.length), 1);
          if (removed !== undefined) tree.delete(removed.span, removed.item);
        }
      }
      for (const key of keys) {
        const found: number[] = [];
        tree.forEachAt(key, (item) => found.push(item));
        const holds = ({ from, to }: Span): boolean => from <= key && (to === undefined || key < to);
        const expected = plain.filter(({ span }) => holds(span)).map(({ item }) => item);
        assert.deepEqual(new Set(found), new Set(expected));
        assert.equal(found.length, expected.length);
        for (const item of steps.keys()) {
          assert.equal(
            tree.someAt(key, (one) => one === item),
            expected.includes(item),
          );
        }
      }
    }),
  );
});

test("twenty thousand spans in order make no deep tree", () => {
  const tree = new SpanTree<number>();
  const name = (at: number): string => String(at).padStart(6, "0");
  for (let at = 0; at < 20_000; at++) tree.add({ from: name(at), to: name(at + 1) }, at);
  const began = performance.now();
  for (let at = 0; at < 20_000; at += 2) {
    tree.forEachAt(name(at), (item) => assert.equal(item, at));
  }
  const each = (performance.now() - began) / 10_000;
  assert.ok(each < 1, `${each} ms for each key: every span must have been looked at`);
});
