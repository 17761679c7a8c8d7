import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { JsonValues } from "../src/gateway/json-values.ts";

/** The values that are found in some pieces, as text. */
function valuesIn(pieces: readonly Uint8Array[], maxBytes = 1_000_000): string[] {
  const values = new JsonValues(maxBytes);
  const found: string[] = [];
  const take = (value: Uint8Array | undefined): boolean => {
    if (value !== undefined) found.push(Buffer.from(value).toString());
    return value !== undefined;
  };
  for (const piece of pieces) {
    values.add(piece);
    while (take(values.next()));
  }
  take(values.end());
  return found;
}

function cut(bytes: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const at = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return at.slice(1).map((end, index) => bytes.subarray(at[index], end));
}

test("values that follow each other are found again, wherever the bytes are cut", () => {
  const object = fc.jsonValue({ maxDepth: 4 }).map((value) => JSON.stringify(value));
  const space = fc.stringMatching(/^[ \t\r\n]{1,3}$/);
  fc.assert(
    fc.property(fc.array(fc.tuple(object, space)), fc.array(fc.nat()), (texts, cuts) => {
      const bytes = Buffer.from(texts.map(([text, after]) => text + after).join(""));
      assert.deepEqual(
        valuesIn(cut(bytes, cuts)),
        texts.map(([text]) => text),
      );
    }),
    { numRuns: 300 },
  );
});

test("values need nothing between them where they end by themselves", () => {
  const found = valuesIn([Buffer.from('{"a":"}\\"{"}[1]"x"{}7 null{}')]);
  assert.deepEqual(found, ['{"a":"}\\"{"}', "[1]", '"x"', "{}", "7", "null", "{}"]);
});

test("whatever comes, it is cut or refused, and no byte is in two values", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.array(fc.nat()), (bytes, cuts) => {
      let found: string[] = [];
      try {
        found = valuesIn(cut(Buffer.from(Buffer.from(bytes).toString("latin1"), "latin1"), cuts));
      } catch {
        return;
      }
      assert.ok(found.join("").length <= bytes.length);
    }),
    { numRuns: 300 },
  );
});

test("half a value, one that is too large, and one that is nested too deep are refused", () => {
  assert.throws(() => valuesIn([Buffer.from('{"a":')]), { message: "unexpected EOF", kind: "malformed" });
  assert.throws(() => valuesIn([Buffer.from('"half')]), { kind: "malformed" });
  const large = Buffer.from(`{"a":"${"x".repeat(100)}"}`);
  assert.throws(() => valuesIn([large], 50), { message: "grpc: received message larger than max (108 vs. 50)" });
  assert.throws(() => valuesIn(cut(large, [10, 20, 60]), 50), { kind: "too-large" });
  assert.deepEqual(valuesIn([large, large], 108).length, 2);
  assert.throws(() => valuesIn([Buffer.from("[".repeat(201))]), { kind: "malformed" });
  assert.equal(valuesIn([Buffer.from("[".repeat(200) + "]".repeat(200))]).length, 1);
});
